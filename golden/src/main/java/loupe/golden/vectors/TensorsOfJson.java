package loupe.golden.vectors;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import loupe.loaders.RawElements;
import loupe.reference.DType;
import loupe.reference.HeapTensor;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;

/** Reads the tensors of vectors. */
final class TensorsOfJson {
  private TensorsOfJson() {}

  static int[] ints(JsonArray array) {
    int[] out = new int[array.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = array.get(i).getAsInt();
    }
    return out;
  }

  static Tensor tensor(JsonObject json) {
    return RawElements.decode(
        DType.valueOf(json.get("dtype").getAsString()),
        Base64.getDecoder().decode(json.get("data").getAsString()),
        ints(json.getAsJsonArray("shape")));
  }

  static Tensor radius(JsonObject json) {
    return RawElements.decode(
        DType.F64,
        Base64.getDecoder().decode(json.get("radius").getAsString()),
        ints(json.getAsJsonArray("shape")));
  }

  /** The tensors of a result by name: those beside each other, or those under {@code tensors}. */
  static Map<String, JsonObject> named(JsonObject result) {
    JsonObject from = result.has("tensors") ? result.getAsJsonObject("tensors") : result;
    Map<String, JsonObject> named = new LinkedHashMap<>();
    for (Map.Entry<String, JsonElement> entry : from.entrySet()) {
      if (entry.getValue().isJsonObject() && entry.getValue().getAsJsonObject().has("data")) {
        named.put(entry.getKey(), entry.getValue().getAsJsonObject());
      }
    }
    return named;
  }

  /** Tensors by name as parameters of an SAE. */
  static TensorSource source(JsonObject tensors) {
    Map<String, JsonObject> named = named(tensors);
    return new TensorSource() {
      @Override
      public Set<String> names() {
        return named.keySet();
      }

      @Override
      public StoredTensor tensor(String name) {
        if (!named.containsKey(name)) {
          throw new InputException("there is no tensor " + name);
        }
        return new HeapTensor(name, TensorsOfJson.tensor(named.get(name)));
      }

      @Override
      public String origin() {
        return "a vector";
      }
    };
  }
}
