package loupe.loaders;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import loupe.reference.DType;

/**
 * Element types of GGUF files (ggml.h: {@code ggml_type}). A quantised tensor is stored as blocks
 * of {@link #blockElements} elements in {@link #blockBytes} bytes; what it means is float32.
 */
public enum GgmlType {
  F32(0, DType.F32),
  F16(1, DType.F16),
  Q4_0(2, 32, 18, GgmlBlocks::q4Zero),
  Q4_1(3, 32, 20, GgmlBlocks::q4One),
  Q5_0(6, 32, 22, GgmlBlocks::q5Zero),
  Q5_1(7, 32, 24, GgmlBlocks::q5One),
  Q8_0(8, 32, 34, GgmlBlocks::q8Zero),
  Q4_K(12, 256, 144, GgmlBlocks::q4K),
  Q5_K(13, 256, 176, GgmlBlocks::q5K),
  Q6_K(14, 256, 210, GgmlBlocks::q6K),
  I8(24, DType.I8),
  I16(25, DType.I16),
  I32(26, DType.I32),
  I64(27, DType.I64),
  F64(28, DType.F64),
  BF16(30, DType.BF16);

  /** Names of types that are not implemented, for messages. */
  private static final List<String> OTHERS =
      List.of(
          "9 Q8_1",
          "10 Q2_K",
          "11 Q3_K",
          "15 Q8_K",
          "16 IQ2_XXS",
          "17 IQ2_XS",
          "18 IQ3_XXS",
          "19 IQ1_S",
          "20 IQ4_NL",
          "21 IQ3_S",
          "22 IQ2_S",
          "23 IQ4_XS",
          "29 IQ1_M",
          "34 TQ1_0",
          "35 TQ2_0",
          "39 MXFP4",
          "40 NVFP4");

  /** Widens one block: from bytes at a place to float32 at a place. */
  interface Decoder {
    void decode(byte[] block, int at, float[] values, int valuesAt);
  }

  private final int code;
  private final DType dtype;
  private final int blockElements;
  private final int blockBytes;
  private final Decoder decoder;

  GgmlType(int code, DType dtype) {
    this(code, dtype, 1, dtype.bits() / Byte.SIZE, null);
  }

  GgmlType(int code, int blockElements, int blockBytes, Decoder decoder) {
    this(code, DType.F32, blockElements, blockBytes, decoder);
  }

  GgmlType(int code, DType dtype, int blockElements, int blockBytes, Decoder decoder) {
    this.code = code;
    this.dtype = dtype;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
    this.decoder = decoder;
  }

  /** Its number in a file. */
  public int code() {
    return code;
  }

  /** The type of its elements when they are read: F32 where it is quantised. */
  public DType dtype() {
    return dtype;
  }

  /** Elements of a block; rows are whole blocks. 1 where it is not quantised. */
  public int blockElements() {
    return blockElements;
  }

  /** Bytes of a block. */
  public int blockBytes() {
    return blockBytes;
  }

  /** Whether elements share scales. */
  public boolean isQuantized() {
    return decoder != null;
  }

  Decoder decoder() {
    return decoder;
  }

  /** The type of this number, or null. */
  static GgmlType of(int code) {
    for (GgmlType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    return null;
  }

  /** What a message calls a number that {@link #of} does not know. */
  static String unknown(int code) {
    String name =
        OTHERS.stream()
            .filter(other -> other.startsWith(code + " "))
            .map(other -> other.substring(other.indexOf(' ') + 1))
            .findFirst()
            .orElse("number " + Integer.toUnsignedString(code));
    String all = Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(", "));
    return name + " is not implemented; " + all + " are";
  }
}
