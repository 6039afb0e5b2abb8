package loupe.loaders;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringReader;
import java.math.BigInteger;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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

  private final JsonReader reader;
  private final String origin;
  private int values;

  private StrictJson(Reader text, String origin) {
    this.reader = new JsonReader(text);
    this.origin = origin;
    reader.setStrictness(Strictness.STRICT);
    reader.setNestingLimit(DEEPEST);
  }

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
    // A decoder made this way would replace what is malformed, were it not told to report it.
    return new StrictJson(
            new InputStreamReader(
                text,
                StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)),
            origin)
        .document();
  }

  /** The value that {@code text} holds, such as one line of JSON lines. */
  public static Object parse(String text, String origin) {
    return new StrictJson(new StringReader(text), origin).document();
  }

  private static JsonObject object(Object value, String origin) {
    if (value instanceof Map<?, ?> map) {
      return JsonObject.of(origin, map);
    }
    throw new MalformedFileException(
        origin, "$", "an object is needed here, not " + JsonObject.kind(value));
  }

  private Object document() {
    try {
      Object value = value();
      if (reader.peek() != JsonToken.END_DOCUMENT) {
        throw failure("text after the end of the value");
      }
      return value;
    } catch (MalformedJsonException e) {
      throw failure(reason(e));
    } catch (java.io.EOFException e) {
      throw failure("ends too early");
    } catch (IOException e) {
      throw failure(IoReason.of(e));
    }
  }

  private Object value() throws IOException {
    if (++values > MOST_VALUES) {
      throw failure("more than " + MOST_VALUES + " values");
    }
    return switch (reader.peek()) {
      case BEGIN_OBJECT -> object();
      case BEGIN_ARRAY -> array();
      case STRING -> wellFormed(reader.nextString());
      case NUMBER -> number(reader.nextString());
      case BOOLEAN -> reader.nextBoolean();
      case NULL -> {
        reader.nextNull();
        yield null;
      }
      default -> throw failure("a value is missing");
    };
  }

  private Map<String, Object> object() throws IOException {
    Map<String, Object> out = new LinkedHashMap<>();
    reader.beginObject();
    while (reader.hasNext()) {
      String key = wellFormed(reader.nextName());
      if (out.containsKey(key)) {
        throw failure("the key " + Printable.of(key) + " is there twice");
      }
      out.put(key, value());
    }
    reader.endObject();
    return out;
  }

  private List<Object> array() throws IOException {
    List<Object> out = new ArrayList<>();
    reader.beginArray();
    while (reader.hasNext()) {
      out.add(value());
    }
    reader.endArray();
    return out;
  }

  private Number number(String digits) {
    boolean integer = true;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      integer &= c != '.' && c != 'e' && c != 'E';
    }
    if (integer && !digits.equals("-0")) {
      // 18 digits always fit.
      if (digits.length() <= 18) {
        return Long.parseLong(digits);
      }
      BigInteger exact = new BigInteger(digits);
      return exact.bitLength() < Long.SIZE ? (Number) exact.longValue() : exact;
    }
    double value = Double.parseDouble(digits);
    if (Double.isInfinite(value)) {
      throw failure("the number " + Printable.of(digits) + " is beyond float64");
    }
    return value;
  }

  private String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw failure("a string holds half of a surrogate pair");
      }
    }
    return text;
  }

  /** Gson's messages advise a laxer mode or end in a link; neither helps the reader of ours. */
  private static String reason(MalformedJsonException e) {
    String message = String.valueOf(e.getMessage());
    int location = message.indexOf(" at line ");
    String reason = location < 0 ? "" : message.substring(0, location);
    boolean useful = !reason.isEmpty() && !reason.contains("JsonReader");
    return useful ? "not valid JSON: " + reason : "not valid JSON";
  }

  private MalformedFileException failure(String reason) {
    // "JsonReader at line 2 column 10 path $.shape[0]": the line is told in no other way.
    String text = reader.toString();
    int line = text.indexOf(" at line ");
    int path = text.indexOf(" path ");
    String place = text.substring(line + " at ".length(), path);
    String where = Printable.of(text.substring(path + " path ".length()));
    return new MalformedFileException(origin, where + " (" + place + ")", reason);
  }
}
