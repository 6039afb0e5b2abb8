package loupe.golden.oracle;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonPrimitive;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.reference.PortContract;

/**
 * One request: {@code {"id":…,"op":…,"args":{…}}}, and for operations that are computed also how.
 *
 * @param op name of the operation
 * @param args its arguments
 * @param arithmetic in which it is computed; empty for float64, or with a precision
 * @param precision whose bounds are wanted: a format or a policy
 * @param elementaryUlp what the bounds allow elementary functions
 * @param theirs what the caller computed, to be judged
 */
record Request(
    String op,
    Map<?, ?> args,
    Optional<String> arithmetic,
    Optional<String> precision,
    double elementaryUlp,
    Optional<Map<?, ?>> theirs) {
  static final List<String> FIELDS =
      List.of("id", "op", "args", "arithmetic", "precision", "elementary_ulp", "theirs");

  private static final int LONGEST_ID = 200;

  /** The id of a parsed line: a text, a whole number, or null; null where it is none of these. */
  static JsonElement id(Object line) {
    Object id = line instanceof Map<?, ?> map ? map.get("id") : null;
    if (id instanceof Long number) {
      return new JsonPrimitive(number);
    }
    return id instanceof String text && text.codePointCount(0, text.length()) <= LONGEST_ID
        ? new JsonPrimitive(text)
        : JsonNull.INSTANCE;
  }

  /**
   * A parsed line as a request.
   *
   * @throws RefusedException if it is none
   */
  static Request of(Object line) {
    if (!(line instanceof Map<?, ?> map)) {
      throw wrong("a request is an object such as {\"id\":1,\"op\":\"hello\"}");
    }
    for (Object key : map.keySet()) {
      if (!FIELDS.contains(key)) {
        throw wrong("the field " + key + " is unknown; there are " + String.join(", ", FIELDS));
      }
    }
    if (map.get("id") != null && id(map).isJsonNull()) {
      throw wrong(
          "id must be a text of at most 200 characters, a whole number below 2^63, or null");
    }
    if (!(map.get("op") instanceof String op)) {
      throw wrong("op is missing, or no text; {\"op\":\"hello\"} lists the operations");
    }
    double ulp = PortContract.ELEMENTARY_ULP;
    if (map.containsKey("elementary_ulp")) {
      ulp = map.get("elementary_ulp") instanceof Number number ? number.doubleValue() : Double.NaN;
      if (!(ulp >= 1 && ulp <= 1024)) {
        throw wrong("elementary_ulp must be a number from 1 to 1024");
      }
    }
    Request request =
        new Request(
            op,
            object(map, "args").orElse(Map.of()),
            text(map, "arithmetic"),
            text(map, "precision"),
            ulp,
            object(map, "theirs"));
    request.requireConsistent(map);
    return request;
  }

  private void requireConsistent(Map<?, ?> map) {
    if (arithmetic.isPresent() && (precision.isPresent() || theirs.isPresent())) {
      throw wrong("arithmetic goes with neither precision nor theirs: bounds are about float64");
    }
    if (map.containsKey("elementary_ulp") && precision.isEmpty() && theirs.isEmpty()) {
      throw wrong("elementary_ulp goes with precision or theirs");
    }
  }

  /** Whether the caller says how to compute, or what was computed. */
  boolean saysHow() {
    return arithmetic.isPresent() || precision.isPresent() || theirs.isPresent();
  }

  private static Optional<String> text(Map<?, ?> map, String key) {
    if (!map.containsKey(key)) {
      return Optional.empty();
    }
    if (map.get(key) instanceof String text) {
      return Optional.of(text);
    }
    throw wrong(key + " must be a text");
  }

  private static Optional<Map<?, ?>> object(Map<?, ?> map, String key) {
    if (!map.containsKey(key)) {
      return Optional.empty();
    }
    if (map.get(key) instanceof Map<?, ?> object) {
      return Optional.of(object);
    }
    throw wrong(key + " must be an object");
  }

  private static RefusedException wrong(String message) {
    return new RefusedException(ErrorCode.INVALID_REQUEST, message);
  }
}
