package loupe.loaders;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.reference.MalformedFileException;

/**
 * A value in a JSON document that was read as a whole, and its place for messages.
 *
 * @param place such as {@code normalizer.pattern}
 */
record JsonPart(String file, String place, JsonElement json) {

  boolean isNull() {
    return json.isJsonNull();
  }

  /** The member of this name, which must be there. */
  JsonPart member(String name) {
    requireObject();
    JsonElement member = json.getAsJsonObject().get(name);
    if (member == null) {
      throw malformed("the member " + Vocabulary.quote(name) + " is missing");
    }
    return new JsonPart(file, place + "." + Vocabulary.escape(name, 60), member);
  }

  /** Refuses an object with other members than these. */
  void allowOnly(Set<String> names) {
    requireObject();
    for (Map.Entry<String, JsonElement> member : json.getAsJsonObject().entrySet()) {
      if (!names.contains(member.getKey())) {
        throw malformed("the member " + Vocabulary.quote(member.getKey()) + " is not known");
      }
    }
  }

  private void requireObject() {
    if (!json.isJsonObject()) {
      throw malformed("it should be an object");
    }
  }

  /** The elements of an array. */
  List<JsonPart> elements() {
    if (!json.isJsonArray()) {
      throw malformed("it should be an array");
    }
    List<JsonPart> elements = new ArrayList<>();
    for (JsonElement element : json.getAsJsonArray()) {
      elements.add(new JsonPart(file, place + "[" + elements.size() + "]", element));
    }
    return elements;
  }

  String text() {
    if (!(json instanceof JsonPrimitive value) || !value.isString()) {
      throw malformed("it should be a string");
    }
    return value.getAsString();
  }

  boolean bool() {
    if (!(json instanceof JsonPrimitive value) || !value.isBoolean()) {
      throw malformed("it should be true or false");
    }
    return value.getAsBoolean();
  }

  int count() {
    if (!(json instanceof JsonPrimitive value) || !value.isNumber()) {
      throw malformed("it should be a number");
    }
    return value.getAsInt();
  }

  MalformedFileException malformed(String reason) {
    return new MalformedFileException(file, place, reason);
  }
}
