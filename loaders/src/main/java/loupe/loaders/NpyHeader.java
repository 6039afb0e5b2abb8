package loupe.loaders;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.util.Map;
import loupe.reference.DType;
import loupe.reference.MalformedFileException;

/**
 * The header of an npy array. Format: numpy/lib/_format_impl.py and NEP 1 of numpy: 6 bytes of
 * magic, version, length of the text (2 bytes in version 1, else 4), then a Python dictionary with
 * {@code descr}, {@code fortran_order} and {@code shape}, in Latin-1 or (version 3) UTF-8.
 *
 * @param order of the bytes of an element
 * @param columnMajor whether the first index runs fastest ("Fortran order")
 * @param byteSize of the header; the elements follow
 */
record NpyHeader(DType dtype, ByteOrder order, boolean columnMajor, long[] shape, long byteSize) {
  static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  /** Only structured types, which are refused, need more. */
  private static final int LONGEST_TEXT = 1 << 16;

  /** numpy's code of each element type that both sides have, without the byte order. */
  static final Map<String, DType> TYPES =
      Map.ofEntries(
          Map.entry("b1", DType.BOOL),
          Map.entry("i1", DType.I8),
          Map.entry("u1", DType.U8),
          Map.entry("i2", DType.I16),
          Map.entry("u2", DType.U16),
          Map.entry("f2", DType.F16),
          Map.entry("i4", DType.I32),
          Map.entry("u4", DType.U32),
          Map.entry("f4", DType.F32),
          Map.entry("i8", DType.I64),
          Map.entry("u8", DType.U64),
          Map.entry("f8", DType.F64),
          Map.entry("c8", DType.C64));

  /**
   * Reads the header at the start of {@code array} and checks that elements of that number and type
   * fill the rest.
   *
   * @param available bytes of the array, header included
   * @param place in the file, for messages
   */
  static NpyHeader read(InputStream array, long available, String file, String place)
      throws IOException {
    byte[] start = array.readNBytes(MAGIC.length + 2);
    boolean magic = start.length == MAGIC.length + 2;
    for (int i = 0; magic && i < MAGIC.length; i++) {
      magic = start[i] == MAGIC[i];
    }
    if (!magic) {
      throw new MalformedFileException(file, place, "not a numpy array: no npy header");
    }
    int version = start[MAGIC.length];
    if (version < 1 || version > 3 || start[MAGIC.length + 1] != 0) {
      throw new MalformedFileException(
          file, place, "npy version %d.%d is not known".formatted(version, start[7]));
    }
    byte[] lengthBytes = array.readNBytes(version == 1 ? 2 : 4);
    long length = 0;
    for (int i = lengthBytes.length - 1; i >= 0; i--) {
      length = length << Byte.SIZE | (lengthBytes[i] & 0xff);
    }
    if (length > LONGEST_TEXT) {
      throw new MalformedFileException(
          file, place, "an npy header of " + length + " bytes is not that of an array of numbers");
    }
    byte[] text = array.readNBytes((int) length);
    if (text.length < length) {
      throw new MalformedFileException(file, place, "ends within its npy header");
    }
    NpyDictionary fields = NpyDictionary.parse(text, version, file, place);
    long headerSize = (long) start.length + lengthBytes.length + length;
    NpyHeader header = of(fields, headerSize, file, place);
    header.requireFilled(available, file, place);
    return header;
  }

  private static NpyHeader of(NpyDictionary fields, long headerSize, String file, String place) {
    String descr = fields.descr();
    if (descr.length() > 1 && descr.charAt(1) == 'O') {
      throw new MalformedFileException(
          file, place, "holds pickled Python objects, which are never read; save plain numbers");
    }
    char order = descr.isEmpty() ? ' ' : descr.charAt(0);
    DType dtype = descr.isEmpty() ? null : TYPES.get(descr.substring(1));
    boolean known =
        dtype != null
            && switch (order) {
              case '<' -> true;
              // The two parts of a complex number are swapped each for itself.
              case '>' -> dtype != DType.C64;
              case '|' -> dtype.bits() == Byte.SIZE;
              default -> false;
            };
    if (!known) {
      throw new MalformedFileException(
          file,
          place,
          "element type %s cannot be read; save float32, float64, float16, bool or integers"
              .formatted(Printable.of(descr)));
    }
    return new NpyHeader(
        dtype,
        order == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
        fields.columnMajor(),
        fields.shape(),
        headerSize);
  }

  private void requireFilled(long available, String file, String place) {
    long needed;
    try {
      long elementBytes = dtype.bits() / Byte.SIZE;
      needed = Math.addExact(byteSize, Math.multiplyExact(FileTensor.product(shape), elementBytes));
    } catch (ArithmeticException e) {
      throw new MalformedFileException(file, place, "the product of the axes is beyond 2^63");
    }
    if (needed != available) {
      throw new MalformedFileException(
          file,
          place,
          "shape and type need %d bytes with the header, but there are %d"
              .formatted(needed, available));
    }
  }

  /**
   * The elements in row-major order.
   *
   * @param start of the header in {@code bytes}
   */
  Elements elements(Bytes bytes, long start) {
    Elements stored =
        new WindowedElements(bytes, start + byteSize, dtype, FileTensor.product(shape), order);
    int longAxes = 0;
    for (long axis : shape) {
      longAxes += axis > 1 ? 1 : 0;
    }
    return columnMajor && longAxes > 1 ? new PermutedElements(stored, shape) : stored;
  }
}
