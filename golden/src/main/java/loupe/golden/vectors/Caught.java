package loupe.golden.vectors;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import loupe.reference.Tensor;

/** Whether an answer is outside of what a vector allows. */
final class Caught {
  private Caught() {}

  /**
   * The first thing of an answer that is wrong, such as {@code hook_embed[3]}; empty if all is
   * within its bounds. Tensors must have the shape of the vector's and be within its radius, or 0
   * where the vector says that is undecided; all else must be equal.
   */
  static Optional<String> firstWrong(JsonObject expected, JsonObject answer) {
    Map<String, JsonObject> tensors = TensorsOfJson.named(expected);
    Map<String, JsonObject> theirs = TensorsOfJson.named(answer);
    for (Map.Entry<String, JsonObject> entry : tensors.entrySet()) {
      JsonObject found = theirs.get(entry.getKey());
      if (found == null) {
        return Optional.of(entry.getKey() + " is missing");
      }
      int at = firstOutside(entry.getValue(), found);
      if (at >= 0) {
        return Optional.of(entry.getKey() + "[" + at + "]");
      }
    }
    for (Map.Entry<String, JsonElement> entry : expected.entrySet()) {
      boolean isTensor = tensors.containsKey(entry.getKey()) || entry.getKey().equals("tensors");
      if (!isTensor && !entry.getValue().equals(answer.get(entry.getKey()))) {
        return Optional.of(entry.getKey());
      }
    }
    return Optional.empty();
  }

  /** -1 if none is; 0 where the shapes differ. */
  private static int firstOutside(JsonObject expected, JsonObject found) {
    Tensor value = TensorsOfJson.tensor(expected);
    Tensor theirs = TensorsOfJson.tensor(found);
    if (!Arrays.equals(value.shape(), theirs.shape())) {
      return 0;
    }
    Tensor radius = TensorsOfJson.radius(expected);
    Set<Integer> undecided = new HashSet<>();
    if (expected.has("undecided")) {
      expected.getAsJsonArray("undecided").forEach(i -> undecided.add(i.getAsInt()));
    }
    for (int i = 0; i < value.size(); i++) {
      boolean inside = Math.abs(theirs.get(i) - value.get(i)) <= radius.get(i);
      if (!inside && !(undecided.contains(i) && theirs.get(i) == 0)) {
        return i;
      }
    }
    return -1;
  }
}
