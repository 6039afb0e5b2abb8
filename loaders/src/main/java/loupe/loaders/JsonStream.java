package loupe.loaders;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PushbackReader;
import java.io.Reader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.reference.MalformedFileException;

/**
 * One JSON document, as strict as {@link StrictJson} says, read value by value: for files that are
 * too large to be held as a whole. Every complaint names the file, the path and the line.
 */
final class JsonStream {
  private final PushbackReader text;
  private final JsonReader json;
  private final String origin;
  private int values;

  /** Reads a value; the stream is at its beginning. */
  interface Value<T> {
    T read() throws IOException;
  }

  /** Reads an element of an array. */
  interface Element {
    void read() throws IOException;
  }

  /** Reads the value of a member of an object. */
  interface Member {
    void read(String name) throws IOException;
  }

  JsonStream(Reader text, String origin) {
    this.text = new PushbackReader(text);
    this.json = new JsonReader(this.text);
    this.origin = origin;
    json.setStrictness(Strictness.STRICT);
    json.setNestingLimit(StrictJson.DEEPEST);
  }

  /** Over UTF-8. A decoder made this way reports what is malformed instead of replacing it. */
  JsonStream(InputStream text, String origin) {
    this(new InputStreamReader(text, StandardCharsets.UTF_8.newDecoder()), origin);
  }

  /** Reads the whole document, which is one value. */
  <T> T document(Value<T> value) {
    try {
      requireNoMark();
      T out = value.read();
      if (json.peek() != JsonToken.END_DOCUMENT) {
        throw failure("text after the end of the value");
      }
      return out;
    } catch (MalformedJsonException e) {
      throw failure(reason(e));
    } catch (EOFException e) {
      throw failure("ends too early");
    } catch (IOException e) {
      throw failure(IoReason.of(e));
    }
  }

  /** Gson would skip it. */
  private void requireNoMark() throws IOException {
    int first = text.read();
    if (first == '\ufeff') {
      throw failure("begins with a byte order mark; save the file without");
    }
    if (first >= 0) {
      text.unread(first);
    }
  }

  /** Reads any value, as plain Java. */
  Object value() throws IOException {
    if (++values > StrictJson.MOST_VALUES) {
      throw failure("more than " + StrictJson.MOST_VALUES + " values");
    }
    return switch (json.peek()) {
      case BEGIN_OBJECT -> {
        Map<String, Object> object = new LinkedHashMap<>();
        object(name -> object.put(name, value()));
        yield object;
      }
      case BEGIN_ARRAY -> {
        List<Object> array = new ArrayList<>();
        array(() -> array.add(value()));
        yield array;
      }
      case STRING -> string();
      case NUMBER -> number(json.nextString());
      case BOOLEAN -> json.nextBoolean();
      case NULL -> {
        json.nextNull();
        yield null;
      }
      default -> throw failure("a value is missing");
    };
  }

  /** Reads an object. */
  void object(Member member) throws IOException {
    Set<String> names = new HashSet<>();
    bigObject(
        name -> {
          if (!names.add(name)) {
            throw failure("the key " + Printable.of(name) + " is there twice");
          }
          member.read(name);
        });
  }

  /** Reads an object of many members; whether a name is there twice is the caller's to see. */
  void bigObject(Member member) throws IOException {
    expect(JsonToken.BEGIN_OBJECT, "an object");
    json.beginObject();
    while (json.hasNext()) {
      member.read(wellFormed(json.nextName()));
    }
    json.endObject();
  }

  /** Reads an array. */
  void array(Element element) throws IOException {
    expect(JsonToken.BEGIN_ARRAY, "an array");
    json.beginArray();
    while (json.hasNext()) {
      element.read();
    }
    json.endArray();
  }

  /** Whether the next value is a string. */
  boolean atString() throws IOException {
    return json.peek() == JsonToken.STRING;
  }

  /** Reads a string. */
  String string() throws IOException {
    expect(JsonToken.STRING, "a string");
    return wellFormed(json.nextString());
  }

  /** Reads a whole number from 0 to 999,999,999, as ids are. */
  int count() throws IOException {
    expect(JsonToken.NUMBER, "a number");
    Number number = number(json.nextString());
    long count = number instanceof Long whole ? whole : -1;
    if (count < 0 || count > 999_999_999) {
      throw failure("must be a whole number from 0 to 999999999");
    }
    return (int) count;
  }

  private void expect(JsonToken token, String wanted) throws IOException {
    if (json.peek() != token) {
      throw failure("must be " + wanted);
    }
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
    if (Printable.loneSurrogate(text) >= 0) {
      throw failure("a string holds half of a surrogate pair");
    }
    return text;
  }

  /**
   * Gson's messages advise a laxer mode or end in a link, neither of which helps the reader of
   * ours, and repeat what they found as it is.
   */
  private static String reason(MalformedJsonException e) {
    String message = String.valueOf(e.getMessage());
    int location = message.indexOf(" at line ");
    String reason = location < 0 ? "" : message.substring(0, location);
    boolean useful = !reason.isEmpty() && !reason.contains("JsonReader");
    return useful ? "not valid JSON: " + Printable.of(reason) : "not valid JSON";
  }

  /** An error at the present place. */
  MalformedFileException failure(String reason) {
    // "JsonReader at line 2 column 10 path $.shape[0]": the line is told in no other way.
    String text = json.toString();
    int line = text.indexOf(" at line ");
    int path = text.indexOf(" path ");
    String place = text.substring(line + " at ".length(), path);
    String at = text.substring(path + " path ".length());
    String where = Printable.of(at.endsWith(".") ? at.substring(0, at.length() - 1) : at);
    return new MalformedFileException(origin, where + " (" + place + ")", reason);
  }
}
