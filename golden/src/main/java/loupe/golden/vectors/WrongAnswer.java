package loupe.golden.vectors;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.gemma2.ChatFormat;
import loupe.gemma2.ConfigJson;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.KvCache;
import loupe.gemma2.Sequence;
import loupe.golden.EmbeddedModel;
import loupe.golden.FormulaWeights;
import loupe.golden.Knobs;
import loupe.golden.ModelParts;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.SaeParts;
import loupe.loaders.StrictJson;
import loupe.loaders.Tokenizer;
import loupe.loaders.TokenizerFile;
import loupe.reference.Arithmetic;
import loupe.reference.Hook;
import loupe.reference.Hooks;
import loupe.reference.NonFiniteException;
import loupe.reference.Tensor;
import loupe.sae.AttachedSae;
import loupe.sae.Attachment;
import loupe.sae.JumpReluSae;
import loupe.sae.RowFilter;
import loupe.sae.Site;
import loupe.sae.SteerHook;

/**
 * What a program that is right but for one known bug answers to the request of a vector, in
 * float64. With a bug of another part than the request is about it is the right answer.
 */
final class WrongAnswer {
  private final Quirk quirk;
  private final Arithmetic arithmetic;
  private final Map<String, Tokenizer> tokenizers = new HashMap<>();

  WrongAnswer(Quirk quirk, Arithmetic arithmetic) {
    this.quirk = quirk;
    this.arithmetic = arithmetic;
  }

  /** The answer; a tensor that cannot be computed is missing. */
  JsonObject to(JsonObject vector) {
    JsonObject request = vector.getAsJsonObject("request");
    JsonObject args = request.getAsJsonObject("args");
    return switch (request.get("op").getAsString()) {
      case "forward" ->
          vector.has("prompt_length")
              ? decoded(args, vector.get("prompt_length").getAsInt())
              : forward(args);
      case "sae" -> sae(args);
      case "sae_jumprelu" -> gated(args);
      case "sae_edit" -> edited(args);
      case "sae_metrics" -> metrics(args);
      case "tokenize" -> tokenized(args);
      case "detokenize" -> text(tokenizer().decode(TensorsOfJson.ints(args.getAsJsonArray("ids"))));
      case "chat_prompt" -> chat(args);
      default -> throw new IllegalArgumentException("no bug is one of " + request.get("op"));
    };
  }

  private ModelParts parts(JsonObject args) {
    JsonObject model = args.getAsJsonObject("model");
    Map<String, Object> json = StrictJsonOf.map(model);
    Gemma2Config config =
        ConfigJson.read(StrictJsonOf.map(model.getAsJsonObject("config")), "a vector").config();
    Knobs knobs = Knobs.read(json, "a vector");
    return ModelParts.of(
        config, new FormulaWeights(config, knobs, model.get("seed").getAsLong()), arithmetic);
  }

  private JsonObject forward(JsonObject args) {
    ModelParts parts = parts(args);
    Gemma2 model = quirk.applyTo(parts).model();
    int[] ids =
        quirk.applyTo(TensorsOfJson.ints(args.getAsJsonArray("tokens")), parts.config().bosId());
    Map<String, Tensor> seen = new LinkedHashMap<>();
    List<String> names = new ArrayList<>();
    args.getAsJsonArray("hooks").forEach(name -> names.add(name.getAsString()));
    run(model, ids, names, Hook.NONE, seen);
    JsonObject tensors = new JsonObject();
    seen.forEach((name, tensor) -> tensors.add(name, Asker.tensor(tensor)));
    JsonObject result = new JsonObject();
    result.add("tensors", tensors);
    return result;
  }

  private static void run(
      Gemma2 model, int[] ids, List<String> names, Hook edit, Map<String, Tensor> seen) {
    Hooks hooks = new Hooks(model.hookPoints());
    if (edit != Hook.NONE) {
      hooks.add(edit);
    }
    names.forEach(glob -> hooks.read(glob, (name, value, rows) -> seen.put(name, value)));
    try {
      model.forward(ids, hooks);
    } catch (NonFiniteException e) {
      // What came before it was seen.
      return;
    }
  }

  /** Logits of all positions, the prompt at once and the rest token by token. */
  private JsonObject decoded(JsonObject args, int promptLength) {
    Gemma2 model = quirk.applyTo(parts(args)).model();
    int[] ids = TensorsOfJson.ints(args.getAsJsonArray("tokens"));
    KvCache cache = model.newCache();
    List<Tensor> rows = new ArrayList<>();
    JsonObject tensors = new JsonObject();
    try {
      for (int from = 0; from < ids.length; ) {
        int to = from == 0 ? promptLength : from + 1;
        Sequence part = new Sequence(Arrays.copyOfRange(ids, from, to), cache);
        rows.add(model.forward(List.of(part), Hook.NONE, Gemma2.LogitRows.ALL));
        from = to;
      }
      tensors.add("hook_logits", Asker.tensor(Tensor.concat(rows)));
    } catch (NonFiniteException e) {
      tensors = new JsonObject();
    }
    JsonObject result = new JsonObject();
    result.add("tensors", tensors);
    return result;
  }

  private JumpReluSae saeOf(JsonObject args) {
    return quirk
        .applyTo(new SaeParts(TensorsOfJson.source(args.getAsJsonObject("sae")), arithmetic, false))
        .sae();
  }

  private JsonObject sae(JsonObject args) {
    JumpReluSae sae = saeOf(args);
    Tensor x = TensorsOfJson.tensor(args.getAsJsonObject("x"));
    JumpReluSae.Encoding encoding = sae.encode(arithmetic.tensor(x.toDoubles(), x.shape()));
    JsonObject result = new JsonObject();
    result.add("pre", Asker.tensor(encoding.pre()));
    result.add("features", Asker.tensor(encoding.features()));
    result.add("reconstruction", Asker.tensor(sae.decode(encoding.features())));
    return result;
  }

  private JsonObject gated(JsonObject args) {
    SaeParts parts = quirk.applyTo(new SaeParts(TensorsOfJson.source(args), arithmetic, false));
    Tensor pre = TensorsOfJson.tensor(args.getAsJsonObject("pre"));
    Arithmetic a = parts.arithmetic();
    JsonObject result = new JsonObject();
    result.add(
        "features",
        Asker.tensor(
            a.jumpRelu(
                a.tensor(pre.toDoubles(), pre.shape()),
                a.weight(parts.parameters().tensor("threshold")))));
    return result;
  }

  private JsonObject edited(JsonObject args) {
    Attachment at =
        Attachment.of(Site.parse(args.get("site").getAsString()), args.get("layer").getAsInt());
    AttachedSae sae = new AttachedSae("vector", saeOf(args), at);
    Gemma2 model = parts(args).model();
    int[] ids = TensorsOfJson.ints(args.getAsJsonArray("tokens"));
    Map<String, Tensor> seen = new HashMap<>();
    run(model, ids, List.of("hook_logits"), edit(args, sae, model.config().bosId()), seen);
    JsonObject result = new JsonObject();
    if (seen.containsKey("hook_logits")) {
      result.add("hook_logits", Asker.tensor(seen.get("hook_logits")));
    }
    return result;
  }

  private Hook edit(JsonObject args, AttachedSae sae, int bosId) {
    RowFilter filter = RowFilter.allButBos(bosId);
    boolean steers = args.get("edit").getAsString().equals("steer");
    SteerHook.Push push =
        steers
            ? new SteerHook.Push(
                args.get("feature").getAsInt(), args.get("coefficient").getAsDouble())
            : null;
    return quirk.steers() == steers
        ? quirk.edit(sae, filter, push).orElseGet(() -> RightAnswer.right(sae, filter, push))
        : RightAnswer.right(sae, filter, push);
  }

  private JsonObject metrics(JsonObject args) {
    Tensor features = TensorsOfJson.tensor(args.getAsJsonObject("features"));
    Tensor target = TensorsOfJson.tensor(args.getAsJsonObject("target"));
    Tensor reconstruction = TensorsOfJson.tensor(args.getAsJsonObject("reconstruction"));
    JsonObject result = RightAnswer.metrics(features, target, reconstruction);
    quirk
        .metric()
        .ifPresent(
            name -> {
              double wrong = quirk.metric(features, target, reconstruction);
              result.add(name, Asker.bounded(new double[] {wrong}, 0, 1));
            });
    return result;
  }

  private Tokenizer tokenizer() {
    return tokenizers.computeIfAbsent(
        "tiny",
        name ->
            quirk.applyTo(
                TokenizerFile.open("embedded tokenizer.model", EmbeddedModel.tokenizerModel())));
  }

  private JsonObject tokenized(JsonObject args) {
    int[] ids = tokenizer().encode(args.get("text").getAsString(), false, Tokenizer.Specials.TEXT);
    JsonObject result = new JsonObject();
    result.add("ids", Asker.ids(ids));
    JsonArray pieces = new JsonArray();
    for (int id : ids) {
      pieces.add(tokenizer().piece(id));
    }
    result.add("pieces", pieces);
    return result;
  }

  private static JsonObject text(String text) {
    JsonObject result = new JsonObject();
    result.addProperty("text", text);
    return result;
  }

  private JsonObject chat(JsonObject args) {
    List<ChatFormat.Message> messages = new ArrayList<>();
    args.getAsJsonArray("messages")
        .forEach(
            content ->
                messages.add(
                    new ChatFormat.Message(
                        messages.size() % 2 == 0 ? "user" : "model", content.getAsString())));
    return text(quirk.chatPrompt(messages));
  }

  /** Gson's objects as the plain maps that this program reads settings from. */
  private static final class StrictJsonOf {
    private static final Gson GSON = new com.google.gson.GsonBuilder().serializeNulls().create();

    static Map<String, Object> map(JsonObject json) {
      Object value = StrictJson.parse(GSON.toJson(json), "a vector");
      Map<String, Object> named = new LinkedHashMap<>();
      ((Map<?, ?>) value).forEach((key, one) -> named.put((String) key, one));
      return named;
    }
  }
}
