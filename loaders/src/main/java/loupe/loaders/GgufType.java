package loupe.loaders;

import java.util.Locale;

/** Types of the values of GGUF's keys, at the index of their number (docs/gguf.md). */
enum GgufType {
  UINT8(1),
  INT8(1),
  UINT16(2),
  INT16(2),
  UINT32(4),
  INT32(4),
  FLOAT32(4),
  BOOL(1),
  STRING(0),
  ARRAY(0),
  UINT64(8),
  INT64(8),
  FLOAT64(8);

  private static final GgufType[] VALUES = values();

  private final int byteSize;

  GgufType(int byteSize) {
    this.byteSize = byteSize;
  }

  /** The type of this number, or null. */
  static GgufType of(int number) {
    return number < 0 || number >= VALUES.length ? null : VALUES[number];
  }

  /** Bytes of one value; 0 where that depends on the value. */
  int byteSize() {
    return byteSize;
  }

  boolean isInteger() {
    return byteSize > 0 && this != FLOAT32 && this != FLOAT64 && this != BOOL;
  }

  /** The name that the format's documents use. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
