package loupe.loaders;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;

/**
 * One strict JSON document, read as a stream: no comments, no NaN, no trailing text, no name twice
 * in one object. Every complaint names the file and the place.
 */
final class JsonStream {
  private static final Pattern LOCATION = Pattern.compile("line (\\d+) column (\\d+)");

  private final String file;
  private final JsonReader json;

  /** Reads a value; the stream is at its beginning. */
  interface Value {
    void read() throws IOException;
  }

  /** Reads the value of a member of an object. */
  interface Member {
    void read(String name) throws IOException;
  }

  JsonStream(String file, Reader text) {
    this.file = file;
    this.json = new JsonReader(text);
    json.setStrictness(Strictness.STRICT);
  }

  /** Reads the whole document, which is one value. */
  void document(Value value) {
    try {
      value.read();
      if (json.peek() != JsonToken.END_DOCUMENT) {
        throw malformed("text after the end of the document");
      }
    } catch (CharacterCodingException flaw) {
      throw malformed("not UTF-8");
    } catch (MalformedJsonException | EOFException flaw) {
      Matcher location = LOCATION.matcher(json.toString());
      String place =
          location.find() ? "line " + location.group(1) + ", column " + location.group(2) : "";
      throw new MalformedFileException(file, place, "not strict JSON, or cut off");
    } catch (IOException failure) {
      throw new InputException(file + ": cannot be read: " + failure.getMessage(), failure);
    }
  }

  /** Reads an object. */
  void object(Member member) throws IOException {
    expect(JsonToken.BEGIN_OBJECT);
    json.beginObject();
    Set<String> names = new HashSet<>();
    while (json.hasNext()) {
      String name = json.nextName();
      if (!names.add(name)) {
        throw malformed("the name " + Vocabulary.quote(name) + " is there twice");
      }
      member.read(name);
    }
    json.endObject();
  }

  /** Reads an object of many members; whether a name is there twice is the caller's to see. */
  void bigObject(Member member) throws IOException {
    expect(JsonToken.BEGIN_OBJECT);
    json.beginObject();
    while (json.hasNext()) {
      member.read(json.nextName());
    }
    json.endObject();
  }

  /** Reads an array. */
  void array(Value element) throws IOException {
    expect(JsonToken.BEGIN_ARRAY);
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
    expect(JsonToken.STRING);
    return json.nextString();
  }

  /** Reads a string or null. */
  String stringOrNull() throws IOException {
    return atNull() ? null : string();
  }

  /** Reads a truth value. */
  boolean bool() throws IOException {
    expect(JsonToken.BOOLEAN);
    return json.nextBoolean();
  }

  /** Reads a whole number that is at least 0 and has at most nine digits. */
  int count() throws IOException {
    expect(JsonToken.NUMBER);
    return count(json.nextString());
  }

  private int count(String digits) {
    boolean whole = !digits.isEmpty() && digits.length() <= 9;
    for (int i = 0; whole && i < digits.length(); i++) {
      whole = digits.charAt(i) >= '0' && digits.charAt(i) <= '9';
    }
    if (!whole) {
      throw malformed("an id is a whole number from 0 to 999999999, not " + digits);
    }
    return Integer.parseInt(digits);
  }

  /** Reads null if that is what comes next. */
  boolean atNull() throws IOException {
    boolean isNull = json.peek() == JsonToken.NULL;
    if (isNull) {
      json.nextNull();
    }
    return isNull;
  }

  /** Reads any value. */
  JsonElement tree() throws IOException {
    return switch (json.peek()) {
      case BEGIN_OBJECT -> {
        JsonObject object = new JsonObject();
        object(name -> object.add(name, tree()));
        yield object;
      }
      case BEGIN_ARRAY -> {
        JsonArray array = new JsonArray();
        array(() -> array.add(tree()));
        yield array;
      }
      case STRING -> new JsonPrimitive(json.nextString());
      case NUMBER -> new JsonPrimitive(count(json.nextString()));
      case BOOLEAN -> new JsonPrimitive(json.nextBoolean());
      default -> {
        expect(JsonToken.NULL);
        json.nextNull();
        yield JsonNull.INSTANCE;
      }
    };
  }

  /** An error at the present place. */
  MalformedFileException malformed(String reason) {
    return new MalformedFileException(file, Vocabulary.escape(json.getPath(), 80), reason);
  }

  private void expect(JsonToken token) throws IOException {
    JsonToken found = json.peek();
    if (found != token) {
      throw malformed("there should be " + word(token) + ", not " + word(found));
    }
  }

  private static String word(JsonToken token) {
    return switch (token) {
      case BEGIN_OBJECT -> "an object";
      case BEGIN_ARRAY -> "an array";
      case STRING -> "a string";
      case NUMBER -> "a number";
      case BOOLEAN -> "true or false";
      case NULL -> "null";
      default -> "the end";
    };
  }
}
