package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import loupe.reference.DType;
import loupe.reference.InputException;

/**
 * A GGUF file (llama.cpp's format), version 2 or 3: keys with values, and tensors under llama.cpp's
 * names. Header and places are checked against the file's size before anything is used; the tensors
 * stay in the file, memory-mapped. A quantised tensor reads as float32, with the bits of ggml's own
 * dequantisation. Safe for several threads; nothing to close.
 */
public final class GgufFile extends TensorTable {
  private final GgufMetadata metadata;
  private final Map<String, GgmlType> types;

  private GgufFile(Bytes bytes, GgufHeader header) {
    super(bytes.origin(), tensors(bytes, header));
    this.metadata = header.metadata();
    this.types = new LinkedHashMap<>();
    header.entries().forEach(entry -> types.put(entry.name(), entry.type()));
  }

  private static Map<String, FileTensor> tensors(Bytes bytes, GgufHeader header) {
    Map<String, FileTensor> tensors = new LinkedHashMap<>();
    for (GgufHeader.Entry entry : header.entries()) {
      tensors.put(entry.name(), tensor(bytes, entry));
    }
    return tensors;
  }

  private static FileTensor tensor(Bytes bytes, GgufHeader.Entry entry) {
    GgmlType type = entry.type();
    DType dtype = type.dtype();
    long count = FileTensor.product(entry.shape());
    return new FileTensor(
        bytes.origin(),
        entry.name(),
        dtype,
        entry.shape(),
        () ->
            type.isQuantized()
                ? new QuantizedElements(bytes, entry.begin(), type)
                : new WindowedElements(
                    bytes, entry.begin(), dtype, count, ByteOrder.LITTLE_ENDIAN));
  }

  /**
   * Maps and checks a file.
   *
   * @throws InputException if it cannot be read or is malformed, or is one part of several
   */
  public static GgufFile open(Path file) {
    return of(Bytes.map(file));
  }

  /**
   * The same over bytes in memory, such as a resource.
   *
   * @param bytes from position to limit; shared, not copied
   * @param origin names them in messages
   */
  public static GgufFile of(ByteBuffer bytes, String origin) {
    return of(Bytes.of(bytes, origin));
  }

  /** As {@link #open} for tests: windows of another size. */
  static GgufFile of(Bytes bytes) {
    GgufHeader header = GgufHeader.read(bytes);
    String parts = "split.count";
    if (header.metadata().has(parts) && header.metadata().integer(parts) > 1) {
      throw header
          .metadata()
          .failure(parts, "this is one part of several; join them with llama-gguf-split --merge");
    }
    return new GgufFile(bytes, header);
  }

  /** Keys and values. */
  public GgufMetadata metadata() {
    return metadata;
  }

  /**
   * The vocabulary in the file as a tokenizer, if there is one.
   *
   * @throws InputException if it is malformed, or not implemented
   */
  public Optional<Tokenizer> tokenizer() {
    return GgufTokenizer.read(this);
  }

  /** How a tensor is stored. */
  public GgmlType type(String name) {
    tensor(name);
    return types.get(name);
  }

  /** The number of tensors of each type that is there. */
  public Map<GgmlType, Integer> typeCounts() {
    Map<GgmlType, Integer> counts = new TreeMap<>();
    types.values().forEach(type -> counts.merge(type, 1, Integer::sum));
    return counts;
  }
}
