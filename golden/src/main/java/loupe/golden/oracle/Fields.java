package loupe.golden.oracle;

import java.util.List;
import java.util.Map;

/** Members of parsed JSON objects, each refused with its place where it is not what it must be. */
final class Fields {
  private Fields() {}

  static Map<?, ?> object(Object value, String place) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw wrong(place, "must be an object", value);
  }

  /** Refuses other keys than these. */
  static void allow(Map<?, ?> map, String place, String... keys) {
    for (Object key : map.keySet()) {
      if (!List.of(keys).contains(key)) {
        throw new RefusedException(
            ErrorCode.INVALID_ARGUMENT,
            "%s has the key %s, which does not belong here; there can be %s"
                .formatted(place, key, String.join(", ", keys)));
      }
    }
  }

  static String text(Map<?, ?> map, String key, String place) {
    return text(map.get(key), place + "." + key);
  }

  static String text(Object value, String place) {
    if (value instanceof String text) {
      return text;
    }
    throw wrong(place, "must be a text", value);
  }

  static List<?> list(Map<?, ?> map, String key, String place) {
    return list(map.get(key), place + "." + key);
  }

  static List<?> list(Object value, String place) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw wrong(place, "must be a list", value);
  }

  static double number(Map<?, ?> map, String key, String place) {
    return number(map.get(key), place + "." + key);
  }

  static double number(Object value, String place) {
    if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
      return number.doubleValue();
    }
    throw wrong(place, "must be a number", value);
  }

  /** A whole number of 64 bits, written without fraction and exponent. */
  static long whole(Object value, String place) {
    if (value instanceof Long number) {
      return number;
    }
    throw wrong(place, "must be a whole number below 2^63, with no fraction or exponent", value);
  }

  static boolean bool(Object value, String place) {
    if (value instanceof Boolean bool) {
      return bool;
    }
    throw wrong(place, "must be true or false", value);
  }

  private static RefusedException wrong(String place, String what, Object value) {
    String found =
        value == null
            ? "missing or null"
            : value instanceof Map ? "an object" : value instanceof List ? "a list" : value + "";
    return new RefusedException(
        ErrorCode.INVALID_ARGUMENT, place + " " + what + ", not " + shortened(found));
  }

  private static String shortened(String text) {
    return text.length() <= 60 ? text : text.substring(0, 60) + "...";
  }
}
