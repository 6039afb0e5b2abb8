package loupe.golden.vectors;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One file of vectors: what it is about, what its flags mean, and the vectors. */
final class VectorFile {
  private final String about;
  private final Map<String, JsonElement> notes = new LinkedHashMap<>();
  private final List<JsonObject> vectors = new ArrayList<>();

  VectorFile(String about) {
    this.about = about;
  }

  /** Explains a flag once. */
  VectorFile note(String flag, String meaning) {
    JsonObject note = new JsonObject();
    note.addProperty("meaning", meaning);
    return note(flag, note);
  }

  VectorFile note(String flag, JsonObject note) {
    notes.put(flag, note);
    return this;
  }

  /**
   * Adds a vector.
   *
   * @param flags each explained by {@link #note}
   * @param request in the form of the oracle's protocol; its id is the vector's
   */
  void add(String comment, List<String> flags, JsonObject request, JsonObject result) {
    JsonObject vector = new JsonObject();
    vector.add("id", request.get("id"));
    vector.addProperty("comment", comment);
    JsonArray all = new JsonArray();
    for (String flag : flags) {
      if (!notes.containsKey(flag)) {
        throw new IllegalStateException("the flag " + flag + " is not explained");
      }
      all.add(flag);
    }
    vector.add("flags", all);
    vector.add("request", request);
    vector.add("result", result);
    vectors.add(vector);
  }

  /** Adds a vector that is whole, its flags explained. */
  void addVector(JsonObject vector) {
    vectors.add(vector);
  }

  /** The file: one line for each vector. */
  byte[] bytes() {
    StringBuilder text = new StringBuilder("{\"schema\":\"schema.json\",\"version\":1,\"about\":");
    text.append(new com.google.gson.JsonPrimitive(about)).append(",\n\"notes\":{");
    String separator = "\n";
    for (Map.Entry<String, JsonElement> note : notes.entrySet()) {
      text.append(separator).append(new com.google.gson.JsonPrimitive(note.getKey()));
      text.append(':').append(note.getValue());
      separator = ",\n";
    }
    text.append("},\n\"count\":").append(vectors.size()).append(",\n\"vectors\":[\n");
    for (int i = 0; i < vectors.size(); i++) {
      text.append(vectors.get(i)).append(i + 1 < vectors.size() ? ",\n" : "\n");
    }
    return text.append("]}\n").toString().getBytes(StandardCharsets.UTF_8);
  }
}
