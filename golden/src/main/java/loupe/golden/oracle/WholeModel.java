package loupe.golden.oracle;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.Gemma2Weights;
import loupe.gemma2.HookPoints;
import loupe.golden.ModelParts;
import loupe.golden.PublishedPolicy;
import loupe.golden.ReleasedConfig;
import loupe.golden.check.Candidate;
import loupe.golden.check.Grader;
import loupe.golden.check.Report;
import loupe.golden.check.ReportJson;
import loupe.reference.Arithmetic;
import loupe.reference.DType;
import loupe.reference.HeapTensor;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorMap;

/** Whole models: a forward pass with its intermediates, the resolved configuration, the weights. */
final class WholeModel {
  private static final Gson GSON = new GsonBuilder().serializeNulls().create();

  private static final Parameter MODEL =
      Parameter.of(
          Parameter.Kind.MODEL,
          "model",
          "tiny, a folder, a .gguf file; or {\"config\":…,\"seed\":1,\"knobs\":{…}}: the keys of a"
              + " config.json, and weights by formula");
  private static final Parameter TOKENS =
      Parameter.ids("tokens", "token ids, exactly as the model is to see them", "pos");

  static final List<Operation> OPERATIONS =
      List.of(
          new Operation(
              "forward",
              "A forward pass over one sequence, with whatever intermediates are wanted.",
              "Gemma 2; theirs are judged step by step, each from the caller's own earlier tensors",
              List.of(
                  MODEL,
                  TOKENS,
                  Parameter.of(
                          Parameter.Kind.TEXTS,
                          "hooks",
                          "globs of names, each matching at least one; hook_logits if left out")
                      .optional()),
              List.of(
                  Result.of(
                      Result.Kind.TENSORS, "tensors", "by name, in the order of the forward pass")),
              true,
              WholeModel::forward),
          Operation.inquiry(
              "model_info",
              "The configuration with every default resolved, and names and shapes of what there is.",
              List.of(MODEL, TOKENS.optional()),
              List.of(
                  Result.of(Result.Kind.OBJECT, "config", "the keys of a config.json"),
                  Result.of(Result.Kind.INTEGER, "parameters", "their number"),
                  Result.of(Result.Kind.OBJECT, "weights", "shapes by name, in the order of files"),
                  Result.of(
                      Result.Kind.OBJECT, "hooks", "shapes by name for these tokens, or for one")),
              WholeModel::info),
          Operation.inquiry(
              "weights",
              "The weights of a model by name, for programs that do not know the formula.",
              List.of(
                  MODEL,
                  Parameter.of(
                          Parameter.Kind.TEXTS,
                          "names",
                          "globs of names, each matching at least one; all if left out")
                      .optional()),
              List.of(
                  Result.of(
                      Result.Kind.TENSORS, "tensors", "F32 (which holds F16 and BF16), or F64")),
              WholeModel::weights));

  private WholeModel() {}

  private static JsonObject forward(Operation.Call call) {
    Models.Entry model = call.context().models().of(call.in().model());
    int[] given = call.in().ids("tokens");
    int[] ids =
        call.context().quirk().map(q -> q.applyTo(given, model.config().bosId())).orElse(given);
    requireModest(call.context().limits(), model, ids.length);
    model.config().requireTokens(ids);
    if (call.request().theirs().isPresent()) {
      return verdict(call, model, ids);
    }
    List<String> names =
        Models.select(
            call.in().texts("hooks", List.of(HookPoints.LOGITS)),
            HookPoints.all(model.config()),
            "args.hooks");
    requireModest(call.context().limits(), model.config(), names, ids.length);
    KeptTensors kept = new KeptTensors(model.config(), names);
    ready(call, model).forward(ids, kept);
    JsonObject tensors = new JsonObject();
    for (String name : names) {
      Tensor tensor = kept.tensor(name);
      Context.requireFinite(tensor, name);
      tensors.add(name, TensorJson.write(tensor));
    }
    return of("tensors", tensors);
  }

  private static JsonObject of(String name, JsonObject value) {
    JsonObject result = new JsonObject();
    result.add(name, value);
    return result;
  }

  private static Gemma2 ready(Operation.Call call, Models.Entry model) {
    Request request = call.request();
    Arithmetic arithmetic = call.context().arithmetic(request);
    ModelParts parts = ModelParts.of(model.config(), model.parts().weights(), arithmetic);
    if (request.precision().isPresent()) {
      Candidate candidate = call.context().candidates(request, List.of()).get(0);
      String key = arithmetic.name() + " " + request.elementaryUlp();
      return model.in(key, () -> withBug(call, candidate.applyTo(parts)).model());
    }
    Optional<PublishedPolicy> policy = call.context().policy(request);
    return model.in(
        arithmetic.name(),
        () -> withBug(call, policy.map(p -> p.fold(parts)).orElse(parts)).model());
  }

  private static ModelParts withBug(Operation.Call call, ModelParts parts) {
    return call.context().quirk().map(q -> q.applyTo(parts)).orElse(parts);
  }

  private static void requireModest(Limits limits, Models.Entry model, int tokens) {
    if (tokens > limits.tokens()) {
      throw RefusedException.limit(
          "%d tokens, and limits.tokens is %d".formatted(tokens, limits.tokens()));
    }
    Gemma2Config c = model.config();
    if (model.isByFormula()) {
      double attention = 2.0 * c.nLayers() * c.nHeads() * c.dHead() * tokens * tokens;
      limits.requireMultiplications((double) c.parameterCount() * tokens + attention);
      limits.requireElements((double) c.nHeads() * tokens * tokens, "the attention scores");
      limits.requireElements((double) c.dVocab() * tokens, "the logits");
    }
  }

  private static void requireModest(
      Limits limits, Gemma2Config config, List<String> names, int tokens) {
    double total = 0;
    for (String name : names) {
      double size = 1;
      for (int axis : HookPoints.shape(name, config, tokens)) {
        size *= axis;
      }
      total += size;
    }
    limits.requireElements(total, "the result");
  }

  private static JsonObject verdict(Operation.Call call, Models.Entry model, int[] ids) {
    if (call.in().has("hooks")) {
      throw new RefusedException(
          ErrorCode.INVALID_REQUEST, "args.hooks and theirs: theirs says by itself what is judged");
    }
    Map<String, StoredTensor> dump = new LinkedHashMap<>();
    List<DType> dtypes = new ArrayList<>();
    for (Map.Entry<?, ?> entry : call.request().theirs().orElseThrow().entrySet()) {
      String name = (String) entry.getKey();
      TensorJson.Given given = call.tensors().read(entry.getValue(), "theirs." + name, s -> {});
      dump.put(name, new HeapTensor(name, given.values()));
      dtypes.add(given.dtype());
    }
    Grader grader = new Grader(model.config(), model.parts().weights(), call.context().workers());
    Report report =
        grader.grade(
            ids, new TensorMap("theirs", dump), call.context().candidates(call.request(), dtypes));
    return of("verdict", ReportJson.document(report));
  }

  private static JsonObject info(Operation.Call call) {
    Gemma2Config config = call.context().models().of(call.in().model()).config();
    int tokens = call.in().has("tokens") ? call.in().ids("tokens").length : 1;
    JsonObject result = new JsonObject();
    result.add("config", GSON.toJsonTree(ReleasedConfig.values(config)));
    result.addProperty("parameters", config.parameterCount());
    JsonObject weights = new JsonObject();
    for (Gemma2Weights.NamedShape tensor : Gemma2Weights.shapes(config)) {
      weights.add(tensor.name(), GSON.toJsonTree(tensor.shape()));
    }
    if (!config.tiedHead()) {
      JsonArray shape = new JsonArray();
      shape.add(config.dVocab());
      shape.add(config.dModel());
      weights.add("lm_head.weight", shape);
    }
    result.add("weights", weights);
    JsonObject hooks = new JsonObject();
    for (String name : HookPoints.all(config)) {
      hooks.add(name, GSON.toJsonTree(HookPoints.shape(name, config, tokens)));
    }
    result.add("hooks", hooks);
    return result;
  }

  private static JsonObject weights(Operation.Call call) {
    Models.Entry model = call.context().models().of(call.in().model());
    List<String> known = List.copyOf(model.parts().weights().names());
    List<String> names = Models.select(call.in().texts("names", List.of("*")), known, "args.names");
    double total = 0;
    for (String name : names) {
      total += model.parts().weights().tensor(name).elementCount();
      call.context().limits().requireElements(total, "the result");
    }
    JsonObject tensors = new JsonObject();
    for (String name : names) {
      tensors.add(
          name, TensorJson.write(TensorJson.inMemory(model.parts().weights().tensor(name))));
    }
    return of("tensors", tensors);
  }
}
