package loupe.loaders;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** GGUF files for tests, honest or not, written number by number. */
final class GgufBuilder {
  static final int UINT32 = 4;
  static final int STRING = 8;
  static final int ARRAY = 9;

  private final ByteArrayOutputStream keys = new ByteArrayOutputStream();
  private final ByteArrayOutputStream tensors = new ByteArrayOutputStream();
  private int version = 3;
  private long keyCount;
  private long tensorCount;
  private int alignment = 32;
  private int dataBytes;

  GgufBuilder version(int number) {
    version = number;
    return this;
  }

  /** Says that there are so many more, or fewer. */
  GgufBuilder count(long moreTensors, long moreKeys) {
    tensorCount += moreTensors;
    keyCount += moreKeys;
    return this;
  }

  /** A key with a value of any bytes. */
  GgufBuilder key(String key, int type, byte... value) {
    keyCount++;
    text(keys, key.getBytes(StandardCharsets.UTF_8));
    number(keys, type, 4);
    keys.writeBytes(value);
    return this;
  }

  GgufBuilder uint32(String key, int value) {
    return key(key, UINT32, little(value, 4));
  }

  GgufBuilder string(String key, String value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    text(out, value.getBytes(StandardCharsets.UTF_8));
    return key(key, STRING, out.toByteArray());
  }

  GgufBuilder strings(String key, String... values) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    number(out, STRING, 4);
    number(out, values.length, 8);
    for (String value : values) {
      text(out, value.getBytes(StandardCharsets.UTF_8));
    }
    return key(key, ARRAY, out.toByteArray());
  }

  /** An array of numbers of four bytes. */
  GgufBuilder numbers(String key, int type, int... bits) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    number(out, type, 4);
    number(out, bits.length, 8);
    for (int value : bits) {
      number(out, value, 4);
    }
    return key(key, ARRAY, out.toByteArray());
  }

  GgufBuilder alignment(int value) {
    alignment = value;
    return uint32("general.alignment", value);
  }

  /** A tensor's entry, as it is said. */
  GgufBuilder entry(String name, int type, long offset, long... axes) {
    tensorCount++;
    text(tensors, name.getBytes(StandardCharsets.UTF_8));
    number(tensors, axes.length, 4);
    for (long axis : axes) {
      number(tensors, axis, 8);
    }
    number(tensors, type, 4);
    number(tensors, offset, 8);
    return this;
  }

  /** Bytes after the header and its padding: 0, 1, 2, ... */
  GgufBuilder data(int count) {
    dataBytes = count;
    return this;
  }

  byte[] build() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    number(out, version, 4);
    number(out, tensorCount, 8);
    number(out, keyCount, 8);
    out.writeBytes(keys.toByteArray());
    out.writeBytes(tensors.toByteArray());
    while (dataBytes > 0 && out.size() % alignment != 0) {
      out.write(0);
    }
    for (int i = 0; i < dataBytes; i++) {
      out.write(i);
    }
    return out.toByteArray();
  }

  private static void text(ByteArrayOutputStream out, byte[] utf8) {
    number(out, utf8.length, 8);
    out.writeBytes(utf8);
  }

  private static void number(ByteArrayOutputStream out, long value, int byteCount) {
    out.writeBytes(little(value, byteCount));
  }

  static byte[] little(long value, int byteCount) {
    byte[] bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    return java.util.Arrays.copyOf(bytes, byteCount);
  }
}
