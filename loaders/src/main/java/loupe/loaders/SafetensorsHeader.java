package loupe.loaders;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.reference.DType;
import loupe.reference.MalformedFileException;

/**
 * The header of a safetensors file, read and found consistent with the file's size. Format:
 * "Format" in the README of huggingface/safetensors; limits as in its safetensors/src/tensor.rs.
 *
 * @param metadata the strings under {@code __metadata__}; empty where there are none
 * @param entries in the order of the header
 */
record SafetensorsHeader(Map<String, String> metadata, List<Entry> entries) {
  /** The largest header that the format's own library reads. */
  static final long LARGEST = 100_000_000;

  static final int LENGTH_BYTES = 8;
  static final String METADATA = "__metadata__";
  private static final String DAMAGED = "; the file is damaged, get it again";

  /**
   * One tensor.
   *
   * @param begin byte offset in the file
   * @param end byte offset after the tensor
   */
  record Entry(String name, DType dtype, long[] shape, long begin, long end) {}

  static SafetensorsHeader read(Bytes bytes) {
    String file = bytes.origin();
    if (bytes.size() < LENGTH_BYTES) {
      throw new MalformedFileException(
          file, "byte 0", "too short for a safetensors file: " + bytes.size() + " bytes");
    }
    long length = bytes.number(0, LENGTH_BYTES);
    if (length < 0 || length > LARGEST) {
      throw new MalformedFileException(
          file,
          "byte 0",
          "a header of " + Long.toUnsignedString(length) + " bytes; no safetensors file has that");
    }
    long dataStart = LENGTH_BYTES + length;
    if (dataStart > bytes.size()) {
      throw new MalformedFileException(
          file,
          "byte 0",
          "the header should be %d bytes long, but the file ends after %d; it is cut short, get it again"
              .formatted(length, bytes.size() - LENGTH_BYTES));
    }
    if (length < 2 || bytes.byteAt(LENGTH_BYTES) != '{') {
      throw new MalformedFileException(
          file, "byte 8", "not a safetensors file: the header should begin with {");
    }
    JsonObject header = StrictJson.readObject(bytes.stream(LENGTH_BYTES, dataStart), file);
    Map<String, String> metadata = Map.of();
    List<Entry> entries = new ArrayList<>();
    for (String name : header.fields().keySet()) {
      if (name.equals(METADATA)) {
        metadata = strings(header.object(name));
      } else {
        entries.add(entry(name, header.object(name), dataStart));
      }
    }
    requireCovered(file, entries, dataStart, bytes.size());
    return new SafetensorsHeader(metadata, entries);
  }

  private static Map<String, String> strings(JsonObject object) {
    Map<String, String> out = new LinkedHashMap<>();
    for (String key : object.fields().keySet()) {
      out.put(key, object.string(key));
    }
    return java.util.Collections.unmodifiableMap(out);
  }

  private static Entry entry(String name, JsonObject object, long dataStart) {
    object.allowOnly("dtype", "shape", "data_offsets");
    DType dtype = dtype(object);
    long[] shape = object.longs("shape");
    for (long axis : shape) {
      if (axis < 0) {
        throw object.failure("shape", "negative axis " + axis);
      }
    }
    long[] offsets = object.longs("data_offsets");
    if (offsets.length != 2 || offsets[0] < 0 || offsets[1] < offsets[0]) {
      throw object.failure("data_offsets", "must be [begin, end] with 0 <= begin <= end");
    }
    long byteSize = byteSize(object, dtype, shape);
    if (offsets[1] - offsets[0] != byteSize) {
      throw object.failure(
          "data_offsets",
          "%d bytes, but shape and dtype need %d".formatted(offsets[1] - offsets[0], byteSize));
    }
    if (offsets[1] > Long.MAX_VALUE - dataStart) {
      throw object.failure("data_offsets", "beyond the end of the file");
    }
    return new Entry(name, dtype, shape, dataStart + offsets[0], dataStart + offsets[1]);
  }

  private static DType dtype(JsonObject object) {
    String name = object.string("dtype");
    for (DType dtype : DType.values()) {
      if (dtype.name().equals(name)) {
        return dtype;
      }
    }
    throw object.failure("dtype", "unknown element type " + Printable.of(name));
  }

  private static long byteSize(JsonObject object, DType dtype, long[] shape) {
    long bits;
    try {
      bits = Math.multiplyExact(FileTensor.product(shape), (long) dtype.bits());
    } catch (ArithmeticException e) {
      throw object.failure("shape", "the product of the axes is beyond 2^63");
    }
    if (bits % Byte.SIZE != 0) {
      throw object.failure("shape", bits + " bits do not fill whole bytes");
    }
    return bits / Byte.SIZE;
  }

  /** The tensors must lie one after another and fill the file, without holes or overlaps. */
  private static void requireCovered(
      String file, List<Entry> entries, long dataStart, long fileSize) {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long position = dataStart;
    for (Entry entry : sorted) {
      String place = "tensor " + Printable.of(entry.name());
      if (entry.begin() < position) {
        throw new MalformedFileException(
            file, place, "overlaps another tensor at byte " + entry.begin() + DAMAGED);
      }
      if (entry.begin() > position) {
        throw new MalformedFileException(
            file,
            place,
            "a hole of %d bytes before it, at byte %d%s"
                .formatted(entry.begin() - position, position, DAMAGED));
      }
      if (entry.end() > fileSize) {
        throw new MalformedFileException(
            file,
            place,
            "ends at byte %d, but the file has %d bytes; it is cut short, get it again"
                .formatted(entry.end(), fileSize));
      }
      position = entry.end();
    }
    if (position != fileSize) {
      throw new MalformedFileException(
          file,
          "byte " + position,
          (fileSize - position) + " bytes that belong to no tensor" + DAMAGED);
    }
  }
}
