package loupe.loaders;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.reference.MalformedFileException;

/**
 * The header of a GGUF file, read and found consistent with the file's size. Format: docs/gguf.md
 * of ggml-org/ggml; limits as in ggml/src/gguf.cpp.
 *
 * @param entries in the order of the header
 */
record GgufHeader(GgufMetadata metadata, List<Entry> entries) {
  static final int MAGIC = 0x46554747;
  static final int DEFAULT_ALIGNMENT = 32;
  static final String ALIGNMENT = "general.alignment";
  static final int MOST_AXES = 4;

  /** {@code GGML_MAX_NAME} less the zero byte. */
  static final int LONGEST_NAME = 63;

  private static final String DAMAGED = "; the file is damaged, get it again";

  /**
   * One tensor.
   *
   * @param shape the axis whose elements lie side by side last, as everywhere but in the file
   * @param begin byte offset in the file
   * @param byteSize without the padding after it
   */
  record Entry(String name, GgmlType type, long[] shape, long begin, long byteSize) {
    String place() {
      return "tensor " + Printable.of(name);
    }
  }

  static GgufHeader read(Bytes bytes) {
    String file = bytes.origin();
    GgufCursor cursor = new GgufCursor(bytes, 0);
    if (bytes.size() < Integer.BYTES || cursor.int32() != MAGIC) {
      throw new MalformedFileException(
          file, "byte 0", "not a GGUF file: it should begin with GGUF");
    }
    requireVersion(cursor);
    long tensorCount = cursor.int64();
    long keyCount = cursor.int64();
    if (tensorCount < 0 || keyCount < 0) {
      throw cursor.malformed(8, "negative counts of tensors or keys" + DAMAGED);
    }
    GgufMetadata metadata = new GgufMetadata(bytes, keys(cursor, keyCount));
    long alignment = alignment(metadata);
    List<Entry> relative = tensors(cursor, tensorCount, file);
    long dataStart = roundUp(cursor.at(), alignment);
    List<Entry> entries = new ArrayList<>();
    for (Entry entry : relative) {
      if (entry.begin() > Long.MAX_VALUE - dataStart) {
        throw new MalformedFileException(file, entry.place(), "begins beyond 2^63");
      }
      entries.add(
          new Entry(
              entry.name(),
              entry.type(),
              entry.shape(),
              dataStart + entry.begin(),
              entry.byteSize()));
    }
    requireCovered(file, entries, dataStart, alignment, bytes.size());
    return new GgufHeader(metadata, entries);
  }

  private static void requireVersion(GgufCursor cursor) {
    int version = cursor.int32();
    if (version == 2 || version == 3) {
      return;
    }
    String reason = "GGUF version " + Integer.toUnsignedString(version) + "; 2 and 3 are read";
    if (version == 1) {
      reason += ": convert the model again with a newer program";
    } else if ((version & 0xffff) == 0) {
      reason = "the numbers are big-endian; convert the model to a little-endian GGUF file";
    }
    throw cursor.malformed(4, reason);
  }

  private static Map<String, GgufMetadata.Value> keys(GgufCursor cursor, long count) {
    Map<String, GgufMetadata.Value> values = new LinkedHashMap<>();
    for (long i = 0; i < count; i++) {
      long from = cursor.at();
      String key = cursor.string("key " + i, GgufCursor.LONGEST_KEY);
      if (key.isEmpty()) {
        throw cursor.malformed(from, "key " + i + " is empty" + DAMAGED);
      }
      String place = "key " + Printable.of(key);
      if (values.put(key, value(cursor, place)) != null) {
        throw cursor.malformed(from, place + " is there twice");
      }
    }
    return values;
  }

  private static GgufMetadata.Value value(GgufCursor cursor, String place) {
    GgufType type = type(cursor, place);
    if (type != GgufType.ARRAY) {
      long from = cursor.at();
      skip(cursor, type, 1, place);
      return new GgufMetadata.Value(type, -1, from);
    }
    GgufType elements = type(cursor, place);
    if (elements == GgufType.ARRAY) {
      throw cursor.malformed(cursor.at(), place + " is an array of arrays, which nothing writes");
    }
    long count = cursor.int64();
    long from = cursor.at();
    if (count < 0 || count > cursor.left() / Math.max(1, elements.byteSize())) {
      throw cursor.malformed(
          from - Long.BYTES,
          "%s has %s elements, more than the file holds%s"
              .formatted(place, Long.toUnsignedString(count), DAMAGED));
    }
    skip(cursor, elements, count, place);
    return new GgufMetadata.Value(elements, count, from);
  }

  private static GgufType type(GgufCursor cursor, String place) {
    int number = cursor.int32();
    GgufType type = GgufType.of(number);
    if (type == null) {
      throw cursor.malformed(
          cursor.at() - Integer.BYTES,
          place + " has the unknown type " + Integer.toUnsignedString(number) + DAMAGED);
    }
    return type;
  }

  private static void skip(GgufCursor cursor, GgufType type, long count, String place) {
    if (type == GgufType.STRING) {
      for (long i = 0; i < count; i++) {
        cursor.skipString(place);
      }
    } else {
      cursor.advance(count * type.byteSize(), place);
    }
  }

  private static long alignment(GgufMetadata metadata) {
    if (!metadata.has(ALIGNMENT)) {
      return DEFAULT_ALIGNMENT;
    }
    long alignment = metadata.integer(ALIGNMENT);
    if (alignment <= 0 || Long.bitCount(alignment) != 1 || alignment > 1L << 31) {
      throw metadata.failure(ALIGNMENT, alignment + " is no power of two from 1 to 2^31");
    }
    return alignment;
  }

  /** The tensors; their places still count from the beginning of the data. */
  private static List<Entry> tensors(GgufCursor cursor, long count, String file) {
    List<Entry> entries = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (long i = 0; i < count; i++) {
      long from = cursor.at();
      String name = cursor.string("the name of tensor " + i, LONGEST_NAME);
      if (!names.add(name)) {
        throw cursor.malformed(from, "tensor " + Printable.of(name) + " is there twice");
      }
      entries.add(tensor(cursor, name, file));
    }
    return entries;
  }

  private static Entry tensor(GgufCursor cursor, String name, String file) {
    String place = "tensor " + Printable.of(name);
    int axes = cursor.int32();
    if (axes < 0 || axes > MOST_AXES) {
      throw new MalformedFileException(
          file, place, Integer.toUnsignedString(axes) + " axes, more than " + MOST_AXES);
    }
    long[] shape = new long[axes];
    for (int axis = axes - 1; axis >= 0; axis--) {
      shape[axis] = cursor.int64();
      if (shape[axis] < 0) {
        throw new MalformedFileException(file, place, "an axis of length " + shape[axis]);
      }
    }
    int code = cursor.int32();
    GgmlType type = GgmlType.of(code);
    if (type == null) {
      throw new MalformedFileException(file, place, "its type " + GgmlType.unknown(code));
    }
    long offset = cursor.int64();
    if (offset < 0) {
      throw new MalformedFileException(file, place, "begins beyond 2^63" + DAMAGED);
    }
    return new Entry(name, type, shape, offset, byteSize(file, place, type, shape));
  }

  private static long byteSize(String file, String place, GgmlType type, long[] shape) {
    long row = shape.length == 0 ? 1 : shape[shape.length - 1];
    if (row % type.blockElements() != 0) {
      throw new MalformedFileException(
          file,
          place,
          "rows of %d elements are no whole blocks of %d (%s)"
              .formatted(row, type.blockElements(), type));
    }
    try {
      // Four bytes an element, as it is read, fit too.
      Math.multiplyExact(FileTensor.product(shape), (long) Long.SIZE);
      return FileTensor.product(shape) / type.blockElements() * type.blockBytes();
    } catch (ArithmeticException e) {
      throw new MalformedFileException(file, place, "the product of its axes is beyond 2^57");
    }
  }

  private static long roundUp(long position, long alignment) {
    return (position + alignment - 1) / alignment * alignment;
  }

  /** The tensors must lie one after another, each at the next multiple of the alignment. */
  private static void requireCovered(
      String file, List<Entry> entries, long dataStart, long alignment, long fileSize) {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::byteSize));
    long position = dataStart;
    long end = dataStart;
    for (Entry entry : sorted) {
      if (entry.begin() != position) {
        String what = entry.begin() < position ? "overlaps another tensor" : "has a hole before it";
        throw new MalformedFileException(
            file,
            entry.place(),
            "%s: it begins at byte %d, not at %d (alignment %d)%s"
                .formatted(what, entry.begin(), position, alignment, DAMAGED));
      }
      end = entry.begin() + entry.byteSize();
      if (end > fileSize && entry.byteSize() > 0) {
        throw new MalformedFileException(
            file,
            entry.place(),
            "ends at byte %d, but the file has %d bytes; it is cut short, get it again"
                .formatted(end, fileSize));
      }
      position = roundUp(end, alignment);
    }
    if (position < fileSize) {
      throw new MalformedFileException(
          file,
          "byte " + position,
          (fileSize - position) + " bytes that belong to no tensor" + DAMAGED);
    }
  }
}
