package loupe.golden.vectors;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import loupe.gemma2.HookPoints;
import loupe.golden.GoldenCase;
import loupe.golden.GoldenSae;
import loupe.golden.Tolerances;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.reference.Arithmetic;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;

/**
 * One vector for each known bug: the smallest request of the golden cases whose answer a program
 * with the bug misses, seen by running it with the bug in.
 */
final class BugVectors {
  private static final List<String> PRECISIONS = List.of("f32", "f64");

  /** Golden cases by the size of what a request about them holds. */
  private static final List<String> SMALLEST_FIRST =
      List.of(
          "single",
          "f32",
          "mild",
          "nocap",
          "reversed",
          "mqa",
          "big27",
          "hot",
          "long",
          "hot-res",
          "hot-mlp",
          "reversed-res",
          "reversed-mlp",
          "hot-transcoder",
          "reversed-transcoder",
          "reversed-att",
          "hot-att");

  /** Characters of a vector that is small enough: no smaller one is looked for. */
  private static final int SMALL = 12_000;

  private final Asker asker;
  private final Arithmetic float64;
  private final Map<String, JsonObject> answers = new HashMap<>();
  private final VectorFile file =
      new VectorFile(
          "For each known bug one request whose answer a program with that bug misses. The flag is"
              + " the bug's name. sae_edit and sae_metrics are no operations of the protocol.");

  BugVectors(Asker asker, Arithmetic float64) {
    this.asker = asker;
    this.float64 = float64;
  }

  VectorFile file() {
    for (Quirk quirk : Zoo.all()) {
      file.note(quirk.name(), note(quirk));
      JsonObject vector = vector(quirk);
      file.addVector(vector);
    }
    return file;
  }

  private static JsonObject note(Quirk quirk) {
    JsonObject note = new JsonObject();
    note.addProperty("bugType", quirk.operation());
    note.addProperty("description", quirk.bug());
    note.addProperty("fix", quirk.fix());
    note.add("pitfalls", strings(quirk.pitfalls()));
    note.add("seen_in", strings(quirk.projects()));
    return note;
  }

  private static JsonArray strings(List<String> values) {
    JsonArray array = new JsonArray();
    values.forEach(array::add);
    return array;
  }

  private JsonObject vector(Quirk quirk) {
    WrongAnswer wrong = new WrongAnswer(quirk, float64);
    JsonObject best = null;
    for (Supplier<JsonObject> candidate : candidates(quirk)) {
      if (best != null && (quirk.part() == Quirk.Part.SAE || size(best) < SMALL)) {
        break;
      }
      Optional<JsonObject> caught = caught(quirk, wrong, candidate.get());
      boolean smaller = caught.isPresent() && (best == null || size(caught.get()) < size(best));
      best = smaller ? caught.get() : best;
    }
    if (best == null) {
      throw new IllegalStateException("no request shows " + quirk.name());
    }
    return best;
  }

  private static int size(JsonObject vector) {
    return vector.toString().length();
  }

  /** Requests that could show a bug, each as a vector whose result may hold too much. */
  private List<Supplier<JsonObject>> candidates(Quirk quirk) {
    List<Supplier<JsonObject>> candidates = new ArrayList<>();
    List<String> killers = new ArrayList<>(Zoo.killers(quirk.name()).keySet());
    killers.sort(Comparator.comparingInt(SMALLEST_FIRST::indexOf));
    for (String id : killers) {
      switch (quirk.part()) {
        case MODEL, PROMPT -> PRECISIONS.forEach(p -> candidates.add(() -> forward(quirk, id, p)));
        case READING -> PRECISIONS.forEach(p -> candidates.add(() -> reading(quirk, id, p)));
        case DECODING -> candidates.add(() -> decoding(quirk, GoldenCase.of(id)));
        case SAE -> {
          candidates.add(() -> sae(quirk, GoldenSae.of(id)));
          candidates.add(() -> threshold(quirk));
        }
        case EDIT -> candidates.add(() -> edit(quirk, GoldenSae.of(id)));
        case METRIC -> candidates.add(() -> metric(quirk, GoldenSae.of(id)));
        case TOKENIZER, CHAT ->
            new TextVectors(asker).candidates(quirk).forEach(text -> candidates.add(() -> text));
      }
    }
    return candidates;
  }

  /** The candidate with as much of its result as shows the bug; empty if it does not. */
  private Optional<JsonObject> caught(Quirk quirk, WrongAnswer wrong, JsonObject candidate) {
    JsonObject answer = wrong.to(candidate);
    JsonObject result = candidate.getAsJsonObject("result");
    Optional<String> first = Caught.firstWrong(result, answer);
    if (first.isEmpty() || !result.has("tensors") || candidate.has("prompt_length")) {
      return first.map(what -> candidate);
    }
    String tensor = first.get().replaceFirst("\\[\\d+\\]$| is missing$", "");
    JsonObject vector = candidate.deepCopy();
    JsonArray hooks = new JsonArray();
    hooks.add(tensor);
    vector.getAsJsonObject("request").getAsJsonObject("args").add("hooks", hooks);
    vector.add("result", asker.result(vector.getAsJsonObject("request")));
    return Caught.firstWrong(vector.getAsJsonObject("result"), wrong.to(vector)).isPresent()
        ? Optional.of(vector)
        : Optional.empty();
  }

  private JsonObject forward(Quirk quirk, String id, String precision) {
    GoldenCase golden = GoldenCase.of(id);
    return whole(quirk, golden, precision, golden.tokenIds(), "*");
  }

  /** Only the tensor that the SAE reads: reading another under its name is the bug. */
  private JsonObject reading(Quirk quirk, String id, String precision) {
    GoldenSae sae = GoldenSae.of(id);
    GoldenCase golden = sae.goldenCase();
    return whole(quirk, golden, precision, golden.tokenIds(), sae.attachment().input());
  }

  private JsonObject decoding(Quirk quirk, GoldenCase golden) {
    int[] prompt = golden.tokenIds();
    int[] more = golden.decodedIds();
    int[] ids = java.util.Arrays.copyOf(prompt, prompt.length + more.length);
    System.arraycopy(more, 0, ids, prompt.length, more.length);
    JsonObject vector = whole(quirk, golden, "f64", ids, HookPoints.LOGITS);
    vector.addProperty("prompt_length", prompt.length);
    vector.addProperty(
        "comment",
        "run the first %d tokens at once, then one at a time through the cache"
            .formatted(prompt.length));
    return vector;
  }

  private JsonObject whole(
      Quirk quirk, GoldenCase golden, String precision, int[] ids, String hooks) {
    JsonObject request = Asker.forward(quirk.name(), precision, golden, ids, hooks);
    String key = golden.id() + " " + precision + " " + ids.length + " " + hooks;
    JsonObject result = answers.computeIfAbsent(key, k -> asker.result(request));
    return vector(quirk, "model " + golden.id() + ": " + golden.comment(), request, result);
  }

  private static JsonObject vector(
      Quirk quirk, String comment, JsonObject request, JsonObject result) {
    JsonObject vector = new JsonObject();
    vector.addProperty("id", quirk.name());
    vector.addProperty("comment", comment);
    vector.add("flags", strings(List.of(quirk.name())));
    vector.add("request", request);
    vector.add("result", result);
    return vector;
  }

  private JsonObject sae(Quirk quirk, GoldenSae golden) {
    JsonObject args = new JsonObject();
    Tensor x = TensorsOf.stored(golden.goldenCase().trace().tensor(golden.attachment().input()));
    int rows = x.dim(0);
    Tensor flat = x.reshape(rows, x.rowSize()).as(loupe.reference.DType.F32);
    args.add("x", Asker.tensor(flat.rows(0, Math.min(rows, 6))));
    args.add("sae", TensorsOf.parameters(golden.parameters()));
    JsonObject request = Asker.request(quirk.name(), "sae", "f32", args);
    String key = "sae " + golden.id();
    JsonObject result = answers.computeIfAbsent(key, k -> asker.result(request));
    return vector(quirk, "six rows at site " + golden.attachment(), request, result);
  }

  /** Pre-activations are given, so that the comparison is exact. */
  private JsonObject threshold(Quirk quirk) {
    JsonObject request = SaeVectors.threshold(quirk.name(), SaeVectors.THRESHOLDS);
    return vector(quirk, "exactly at the thresholds", request, asker.result(request));
  }

  private JsonObject edit(Quirk quirk, GoldenSae golden) {
    JsonObject args = new JsonObject();
    GoldenCase at = golden.goldenCase();
    args.add("model", Asker.model(at));
    args.add("tokens", Asker.ids(at.tokenIds()));
    args.add("sae", TensorsOf.parameters(golden.parameters()));
    args.addProperty("site", golden.attachment().site().label());
    args.addProperty("layer", golden.attachment().layer());
    args.addProperty("edit", quirk.steers() ? "steer" : "splice");
    args.addProperty("positions", "all but <bos>");
    if (quirk.steers()) {
      args.addProperty("feature", (int) golden.splice("steer_feature"));
      args.addProperty("coefficient", golden.splice("steer_coefficient"));
    }
    StoredTensor truth =
        golden.truth().tensor((quirk.steers() ? "steered." : "spliced.") + HookPoints.LOGITS);
    double[] values = TensorsOf.stored(truth).toDoubles();
    double max = 0;
    for (double value : values) {
      max = Math.max(max, Math.abs(value));
    }
    double noise = at.noise().get(HookPoints.LOGITS).f32Max();
    JsonObject result = new JsonObject();
    int[] shape = java.util.Arrays.stream(truth.shape()).mapToInt(Math::toIntExact).toArray();
    result.add(HookPoints.LOGITS, Asker.bounded(values, Tolerances.float32(noise) * max, shape));
    String comment = "the radius is a multiple of the noise of a float32 run, not proven";
    return vector(quirk, comment, Asker.request(quirk.name(), "sae_edit", null, args), result);
  }

  private JsonObject metric(Quirk quirk, GoldenSae golden) {
    JsonObject args = new JsonObject();
    Tensor features = TensorsOf.stored(golden.truth().tensor("features"));
    Tensor back = TensorsOf.stored(golden.truth().tensor("reconstruction"));
    Tensor target =
        TensorsOf.stored(golden.goldenCase().trace().tensor(golden.attachment().output()));
    args.add("features", Asker.tensor(features));
    args.add("target", Asker.tensor(target.reshape(target.dim(0), target.rowSize())));
    args.add("reconstruction", Asker.tensor(back));
    args.addProperty("positions", "all but <bos>");
    return vector(
        quirk,
        "the radius is 1 in 10,000",
        Asker.request(quirk.name(), "sae_metrics", null, args),
        RightAnswer.metrics(features, target.reshape(target.dim(0), target.rowSize()), back));
  }
}
