package loupe.loaders;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;

/**
 * Reads JSON exactly as RFC 8259 has it: UTF-8, one value, no comments, no NaN, no trailing commas
 * or text; and beyond that no byte order mark, no key twice in one object, no half of a surrogate
 * pair, no number beyond float64, at most {@value #DEEPEST} levels and {@value #MOST_VALUES}
 * values.
 *
 * <p>Values are plain Java: {@code Map<String, Object>} in the order of the text, {@code
 * List<Object>}, {@code String}, {@code Boolean}, null. A number without fraction and exponent is a
 * {@code Long}, or a {@code BigInteger} where it needs one, so that no integer is ever rounded; any
 * other is the nearest {@code Double}.
 */
public final class StrictJson {
  static final int DEEPEST = 64;
  static final int MOST_VALUES = 8_000_000;
  private static final long LARGEST_FILE = 256L << 20;

  private StrictJson() {}

  /**
   * The object that a file holds.
   *
   * @throws InputException if the file cannot be read, is no such JSON, or holds something else
   */
  public static JsonObject readObject(Path file) {
    return object(read(file), file.toString());
  }

  /** The object that {@code text} (UTF-8) holds; {@code origin} names it in messages. */
  public static JsonObject readObject(InputStream text, String origin) {
    return object(read(text, origin), origin);
  }

  /** The value that a file holds. */
  public static Object read(Path file) {
    Bytes.requireRegular(file);
    try {
      if (Files.size(file) > LARGEST_FILE) {
        throw new MalformedFileException(
            file.toString(), "", "too large for JSON: more than 256 MiB");
      }
      try (InputStream text = Files.newInputStream(file)) {
        return read(text, file.toString());
      }
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + IoReason.of(e), e);
    }
  }

  /** The value that {@code text} (UTF-8) holds; {@code origin} names it in messages. */
  public static Object read(InputStream text, String origin) {
    return value(new JsonStream(text, origin));
  }

  /** The value that {@code text} holds, such as one line of JSON lines. */
  public static Object parse(String text, String origin) {
    return value(new JsonStream(new StringReader(text), origin));
  }

  private static Object value(JsonStream json) {
    return json.document(json::value);
  }

  private static JsonObject object(Object value, String origin) {
    if (value instanceof Map<?, ?> map) {
      return JsonObject.of(origin, map);
    }
    throw new MalformedFileException(
        origin, "$", "an object is needed here, not " + JsonObject.kind(value));
  }
}
