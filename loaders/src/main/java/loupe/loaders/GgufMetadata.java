package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.reference.MalformedFileException;

/**
 * The keys and values of a GGUF file. What is wrong or missing is refused with the file and the
 * key. Values stay in the file until they are asked for.
 */
public final class GgufMetadata {
  /** Longer lists are not among {@link #values()}: they are vocabularies. */
  private static final int LISTED = 4096;

  private final Bytes bytes;
  private final Map<String, Value> values;

  /**
   * Where a value is.
   *
   * @param type of the value, or of each element of an array
   * @param count of elements; -1 for a value that is no array
   * @param byteOffset of the value, or of the first element
   */
  record Value(GgufType type, long count, long byteOffset) {
    boolean isArray() {
      return count >= 0;
    }
  }

  /**
   * @param values in the order of the file
   */
  GgufMetadata(Bytes bytes, Map<String, Value> values) {
    this.bytes = bytes;
    this.values = values;
  }

  /**
   * All values by their keys, as plain Java: integers as {@code Long}, {@code Float}, {@code
   * Double}, {@code Boolean}, {@code String}, and arrays of at most {@value #LISTED} elements as
   * {@code List}; longer ones are left out. Unmodifiable.
   *
   * @throws MalformedFileException if an integer is beyond 2^63 - 1
   */
  public Map<String, Object> values() {
    Map<String, Object> all = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          if (!value.isArray()) {
            all.put(key, read(key, value.type(), cursor(value)));
          } else if (value.count() <= LISTED) {
            all.put(key, list(key, value));
          }
        });
    return Collections.unmodifiableMap(all);
  }

  private List<Object> list(String key, Value value) {
    GgufCursor cursor = cursor(value);
    List<Object> list = new ArrayList<>();
    for (long i = 0; i < value.count(); i++) {
      list.add(read(key, value.type(), cursor));
    }
    return list;
  }

  private Object read(String key, GgufType type, GgufCursor cursor) {
    if (type == GgufType.STRING) {
      return cursor.string("key " + Printable.of(key), GgufCursor.LONGEST_STRING);
    }
    long bits = cursor.number(type.byteSize(), "a value");
    return switch (type) {
      case FLOAT32 -> Float.intBitsToFloat((int) bits);
      case FLOAT64 -> Double.longBitsToDouble(bits);
      case BOOL -> bits != 0;
      case INT8 -> (long) (byte) bits;
      case INT16 -> (long) (short) bits;
      case INT32 -> (long) (int) bits;
      case UINT64 -> {
        if (bits < 0) {
          throw failure(key, Long.toUnsignedString(bits) + " is beyond 2^63 - 1");
        }
        yield bits;
      }
      default -> bits;
    };
  }

  private GgufCursor cursor(Value value) {
    return new GgufCursor(bytes, value.byteOffset());
  }

  /** Whether there is such a key. */
  public boolean has(String key) {
    return values.containsKey(key);
  }

  /** A text. */
  public String string(String key) {
    return read(key, one(key, GgufType.STRING).type(), cursor(one(key, GgufType.STRING)))
        .toString();
  }

  /** A truth value. */
  public boolean bool(String key) {
    return (Boolean) read(key, GgufType.BOOL, cursor(one(key, GgufType.BOOL)));
  }

  /** An integer of any width. */
  public long integer(String key) {
    Value value = present(key);
    if (value.isArray() || !value.type().isInteger()) {
      throw failure(key, "must be an integer, not " + kind(value));
    }
    return (Long) read(key, value.type(), cursor(value));
  }

  private Value one(String key, GgufType type) {
    Value value = present(key);
    if (value.isArray() || value.type() != type) {
      throw failure(key, "must be of type " + type.word() + ", not " + kind(value));
    }
    return value;
  }

  /** The texts of an array. */
  public String[] strings(String key, int most) {
    Value value = array(key, GgufType.STRING, most);
    GgufCursor cursor = cursor(value);
    String[] all = new String[(int) value.count()];
    for (int i = 0; i < all.length; i++) {
      all[i] = cursor.string("text " + i + " of " + key, GgufCursor.LONGEST_STRING);
    }
    return all;
  }

  /** The float32 numbers of an array. */
  public float[] floats(String key, int most) {
    float[] all = new float[(int) array(key, GgufType.FLOAT32, most).count()];
    little(key).asFloatBuffer().get(all);
    return all;
  }

  /** The 32-bit integers of an array, signed or not. */
  public int[] ints(String key, int most) {
    Value value = present(key);
    GgufType type = value.type() == GgufType.UINT32 ? GgufType.UINT32 : GgufType.INT32;
    int[] all = new int[(int) array(key, type, most).count()];
    little(key).asIntBuffer().get(all);
    return all;
  }

  /** The bytes of an array of 32-bit numbers. */
  private ByteBuffer little(String key) {
    Value value = values.get(key);
    byte[] copy = bytes.copy(value.byteOffset(), (int) value.count() * Integer.BYTES);
    return ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
  }

  private Value array(String key, GgufType type, int most) {
    Value value = present(key);
    if (!value.isArray() || value.type() != type) {
      throw failure(key, "must be an array of type " + type.word() + ", not " + kind(value));
    }
    if (value.count() > most) {
      throw failure(key, "has " + value.count() + " elements, more than " + most);
    }
    return value;
  }

  private Value present(String key) {
    Value value = values.get(key);
    if (value == null) {
      throw failure(key, "is missing");
    }
    return value;
  }

  private static String kind(Value value) {
    return (value.isArray() ? "an array of type " : "") + value.type().word();
  }

  /** What is wrong with the value of a key, as an exception with the file. */
  public MalformedFileException failure(String key, String reason) {
    return new MalformedFileException(bytes.origin(), "key " + Printable.of(key), reason);
  }

  /** All keys, in the order of the file. */
  public List<String> keys() {
    return List.copyOf(values.keySet());
  }
}
