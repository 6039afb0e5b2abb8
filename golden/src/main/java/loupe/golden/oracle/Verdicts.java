package loupe.golden.oracle;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

/** Reads verdicts in their JSON form. */
final class Verdicts {
  private Verdicts() {}

  /** What the first divergence is, in a sentence. */
  static String sentence(JsonObject verdict) {
    JsonObject first = verdict.getAsJsonObject("first_divergence");
    String name = first.get("name").getAsString();
    String reason = first.get("reason").getAsString();
    if (reason.equals("shape")) {
      return name + " has another shape";
    }
    if (reason.equals("bias")) {
      return name + " is inside its bound, but off in one direction";
    }
    return "%s at %s is %s; from its inputs follows %s, within %s"
        .formatted(
            name,
            first.get("index"),
            first.get("theirs").getAsString(),
            first.get("ours").getAsString(),
            first.get("bound").getAsString());
  }

  /** The worst element's distance in units of its bound; NaN where none was compared. */
  static double ratio(JsonObject tensor) {
    JsonElement bound = tensor.get("bound");
    if (bound == null || bound.isJsonNull()) {
      return Double.NaN;
    }
    double off =
        Math.abs(
            Double.parseDouble(tensor.get("theirs").getAsString())
                - Double.parseDouble(tensor.get("ours").getAsString()));
    return off == 0 ? 0 : Double.isNaN(off) ? Double.POSITIVE_INFINITY : off / bound.getAsDouble();
  }
}
