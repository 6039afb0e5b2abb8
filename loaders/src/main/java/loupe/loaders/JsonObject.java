package loupe.loaders;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.reference.MalformedFileException;

/**
 * A JSON object that knows where it stands, so that a wrong or missing value is refused with its
 * file and path. An {@code optional} accessor gives an empty result for a key that is missing or
 * null; the others refuse both.
 *
 * @param file the file, for messages
 * @param path of this object in the file, such as {@code $.rope_scaling}
 * @param fields keys and values as {@link StrictJson} describes them, in the order of the file
 */
public record JsonObject(String file, String path, Map<String, Object> fields) {

  static JsonObject of(String file, Map<?, ?> fields) {
    return new JsonObject(file, "$", checked(fields));
  }

  /** StrictJson makes no other maps than these. */
  @SuppressWarnings("unchecked")
  private static Map<String, Object> checked(Map<?, ?> fields) {
    return (Map<String, Object>) fields;
  }

  /** Whether the key is there and not null. */
  public boolean has(String key) {
    return fields.get(key) != null;
  }

  /** An integer of 32 bits. */
  public int integer(String key) {
    long value = longInteger(key);
    if (value != (int) value) {
      throw failure(key, "the integer " + value + " is too large");
    }
    return (int) value;
  }

  public Optional<Integer> optionalInteger(String key) {
    return has(key) ? Optional.of(integer(key)) : Optional.empty();
  }

  /** An integer of 64 bits. */
  public long longInteger(String key) {
    return asLong(key, present(key, "an integer"));
  }

  private long asLong(String key, Object value) {
    if (value instanceof Long number) {
      return number;
    }
    if (value instanceof BigInteger) {
      throw failure(key, "the integer is too large");
    }
    throw wrong(key, "an integer", value);
  }

  /** A number: an integer or a fraction, as float64. */
  public double number(String key) {
    Object found = present(key, "a number");
    if (found instanceof Number number) {
      return number.doubleValue();
    }
    throw wrong(key, "a number", found);
  }

  public Optional<Double> optionalNumber(String key) {
    return has(key) ? Optional.of(number(key)) : Optional.empty();
  }

  public String string(String key) {
    return asString(key, present(key, "a string"));
  }

  private String asString(String key, Object value) {
    if (value instanceof String text) {
      return text;
    }
    throw wrong(key, "a string", value);
  }

  public Optional<String> optionalString(String key) {
    return has(key) ? Optional.of(string(key)) : Optional.empty();
  }

  public boolean bool(String key) {
    Object found = present(key, "true or false");
    if (found instanceof Boolean value) {
      return value;
    }
    throw wrong(key, "true or false", found);
  }

  public Optional<Boolean> optionalBool(String key) {
    return has(key) ? Optional.of(bool(key)) : Optional.empty();
  }

  /** The object under a key. */
  public JsonObject object(String key) {
    Object found = present(key, "an object");
    if (found instanceof Map<?, ?> map) {
      return new JsonObject(file, pathOf(key), checked(map));
    }
    throw wrong(key, "an object", found);
  }

  public Optional<JsonObject> optionalObject(String key) {
    return has(key) ? Optional.of(object(key)) : Optional.empty();
  }

  /** The elements of the array under a key, of any kind. */
  public List<?> list(String key) {
    Object found = present(key, "an array");
    if (found instanceof List<?> list) {
      return list;
    }
    throw wrong(key, "an array", found);
  }

  /** The objects of an array. */
  public List<JsonObject> objects(String key) {
    List<?> list = list(key);
    List<JsonObject> out = new ArrayList<>(list.size());
    for (int i = 0; i < list.size(); i++) {
      String element = key + "[" + i + "]";
      if (!(list.get(i) instanceof Map<?, ?> map)) {
        throw wrong(element, "an object", list.get(i));
      }
      out.add(new JsonObject(file, pathOf(element), checked(map)));
    }
    return out;
  }

  /** The strings of an array. */
  public List<String> strings(String key) {
    List<?> list = list(key);
    List<String> out = new ArrayList<>(list.size());
    for (int i = 0; i < list.size(); i++) {
      out.add(asString(key + "[" + i + "]", list.get(i)));
    }
    return out;
  }

  /** The integers of an array. */
  public long[] longs(String key) {
    List<?> list = list(key);
    long[] out = new long[list.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = asLong(key + "[" + i + "]", list.get(i));
    }
    return out;
  }

  /** Refuses an object with other keys than these. */
  public void allowOnly(String... keys) {
    for (String key : fields.keySet()) {
      if (!List.of(keys).contains(key)) {
        throw failure(key, "unknown key; there can be " + String.join(", ", keys));
      }
    }
  }

  /** What is wrong with this object, as an exception with file and path. */
  public MalformedFileException failure(String reason) {
    return new MalformedFileException(file, path, reason);
  }

  /** What is wrong with the value of a key, as an exception with file and path. */
  public MalformedFileException failure(String key, String reason) {
    return new MalformedFileException(file, pathOf(key), reason);
  }

  /** The value of a key, which must be there. */
  private Object present(String key, String wanted) {
    Object value = fields.get(key);
    if (value == null && !fields.containsKey(key)) {
      throw failure(key, "missing; it must be " + wanted);
    }
    return value;
  }

  private MalformedFileException wrong(String key, String wanted, Object value) {
    return failure(key, "must be " + wanted + ", not " + kind(value));
  }

  private String pathOf(String key) {
    return path + "." + Printable.of(key);
  }

  /** What a value is, in words. */
  static String kind(Object value) {
    if (value == null) {
      return "null";
    }
    if (value instanceof Map) {
      return "an object";
    }
    if (value instanceof List) {
      return "an array";
    }
    return value instanceof String text
        ? "the string \"" + Printable.of(text) + "\""
        : Printable.of(value.toString());
  }
}
