package loupe.golden.vectors;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.List;
import loupe.gemma2.HookPoints;
import loupe.golden.GoldenCase;

/** Vectors of whole models: traces, decode steps, windows. Weights are by formula. */
final class ModelVectors {
  private final Asker asker;

  ModelVectors(Asker asker) {
    this.asker = asker;
  }

  /** Every intermediate of small models, named as traces name them. */
  VectorFile traces() {
    VectorFile file =
        new VectorFile(
                "Whole forward passes with every intermediate; weights by golden/FORMULA.md, or ask"
                    + " loupe for them (operation weights).")
            .note("trace", "all tensors; the bound grows from layer to layer")
            .note("logits", "logits only, of models with awkward shapes and settings");
    for (String id : List.of("single", "f32")) {
      GoldenCase golden = GoldenCase.of(id);
      JsonObject request = Asker.forward("trace-" + id, "f32", golden, golden.tokenIds(), "*");
      file.add(golden.comment(), List.of("trace"), request, asker.result(request));
    }
    for (String id : GoldenCase.ids()) {
      GoldenCase golden = GoldenCase.of(id);
      if (!id.equals("long")) {
        JsonObject request =
            Asker.forward("logits-" + id, "f64", golden, golden.tokenIds(), HookPoints.LOGITS);
        file.add(golden.comment(), List.of("logits"), request, asker.result(request));
      }
    }
    return file;
  }

  /** Logits of prompts and what follows them; a cache must give the same. */
  VectorFile decoding() {
    VectorFile file =
        new VectorFile(
                "Logits of a prompt and of tokens that follow one at a time. Run the first"
                    + " prompt_length tokens at once, then each by itself through the cache.")
            .note("decode", "a cache is continued; within a window too");
    for (String id : List.of("single", "mild", "mqa", "reversed")) {
      GoldenCase golden = GoldenCase.of(id);
      int[] prompt = golden.tokenIds();
      int[] more = golden.decodedIds();
      int[] ids = Arrays.copyOf(prompt, prompt.length + more.length);
      System.arraycopy(more, 0, ids, prompt.length, more.length);
      JsonObject request = Asker.forward("decode-" + id, "f64", golden, ids, HookPoints.LOGITS);
      JsonObject vector = new JsonObject();
      vector.addProperty("id", "decode-" + id);
      vector.addProperty("comment", golden.comment());
      JsonArray flags = new JsonArray();
      flags.add("decode");
      vector.add("flags", flags);
      vector.addProperty("prompt_length", prompt.length);
      vector.add("request", request);
      vector.add("result", asker.result(request));
      file.addVector(vector);
    }
    return file;
  }

  /** Patterns of local and global layers side by side. */
  VectorFile windows() {
    VectorFile file =
        new VectorFile("Attention patterns of models whose prompts are longer than their window.")
            .note("local", "a query sees its own key and the last window - 1 before it")
            .note("global", "a query sees all keys up to its own");
    for (String id : List.of("mild", "reversed")) {
      GoldenCase golden = GoldenCase.of(id);
      for (int layer = 0; layer < 2; layer++) {
        boolean local = golden.config().isLocal(layer);
        JsonObject request =
            Asker.forward(
                "window-" + id + "-layer-" + layer,
                "f32",
                golden,
                golden.tokenIds(),
                HookPoints.Layer.of(layer).pattern());
        String comment =
            "window " + golden.config().slidingWindow() + ", layer " + layer + " of model " + id;
        file.add(comment, List.of(local ? "local" : "global"), request, asker.result(request));
      }
    }
    return file;
  }
}
