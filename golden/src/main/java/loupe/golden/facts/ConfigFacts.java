package loupe.golden.facts;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.gemma2.Gemma2Config;
import loupe.loaders.JsonObject;
import loupe.reference.TensorSource;

/** Facts about the configuration and the sizes of a model. */
final class ConfigFacts {
  private static final Map<String, Function<Gemma2Config, Object>> INTEGERS = new HashMap<>();
  private static final Map<String, Function<Gemma2Config, Double>> NUMBERS = new HashMap<>();

  static {
    INTEGERS.put("d_model", c -> (long) c.dModel());
    INTEGERS.put("n_layers", c -> (long) c.nLayers());
    INTEGERS.put("n_heads", c -> (long) c.nHeads());
    INTEGERS.put("n_kv_heads", c -> (long) c.nKvHeads());
    INTEGERS.put("head_dim", c -> (long) c.dHead());
    INTEGERS.put("ffn_dim", c -> (long) c.dMlp());
    INTEGERS.put("vocab", c -> (long) c.dVocab());
    INTEGERS.put("sliding_window", c -> (long) c.slidingWindow());
    INTEGERS.put("context", c -> (long) c.maxPositions());
    INTEGERS.put("params_total", Gemma2Config::parameterCount);
    INTEGERS.put("params_embedding", c -> (long) c.dVocab() * c.dModel());
    INTEGERS.put("params_non_embedding", c -> c.parameterCount() - (long) c.dVocab() * c.dModel());
    INTEGERS.put("tied_embeddings", Gemma2Config::tiedHead);
    NUMBERS.put("attn_logit_softcap", Gemma2Config::attnSoftcap);
    NUMBERS.put("final_logit_softcap", Gemma2Config::finalSoftcap);
    NUMBERS.put("rope_base", Gemma2Config::ropeTheta);
    NUMBERS.put("rms_eps", Gemma2Config::rmsNormEps);
  }

  private ConfigFacts() {}

  static void addTo(Map<String, Check> kinds) {
    kinds.put("config", ConfigFacts::config);
  }

  private static void config(Fact fact, Verification v, Findings findings) {
    Gemma2Config c = v.model(fact).config();
    JsonObject e = fact.expected();
    for (String key : e.fields().keySet()) {
      if (INTEGERS.containsKey(key)) {
        findings.equal(key, e.fields().get(key), INTEGERS.get(key).apply(c));
      } else if (NUMBERS.containsKey(key)) {
        findings.close(key, e.number(key), NUMBERS.get(key).apply(c), Tolerance.EXACT);
      } else {
        words(key, e, c, v, findings);
      }
    }
  }

  private static void words(
      String key, JsonObject e, Gemma2Config c, Verification v, Findings findings) {
    switch (key) {
      case "query_scale" -> {
        double scalar = c.queryPreAttnScalar();
        String shown = scalar == Math.rint(scalar) ? "%.0f".formatted(scalar) : "" + scalar;
        findings.equal(key, e.string(key), "1/sqrt(" + shown + ")");
      }
      case "layer_0" -> findings.equal(key, e.string(key).startsWith("local"), c.isLocal(0));
      case "layer_pattern" -> {
        boolean alternating = e.string(key).equals("local, global alternating");
        findings.equal(
            key, alternating, c.layerTypes().equals(Gemma2Config.alternating(c.nLayers())));
      }
      case "activation" ->
          // The configuration is refused where it names another.
          findings.equal(key, true, e.string(key).startsWith("gelu_pytorch_tanh"));
      case "checkpoint_dtype" ->
          findings.equal(key, e.string(key), dtypes(v.subject().checkpoint()));
      case "checkpoint_shards" ->
          findings.equal(key, e.integer(key), v.subject().checkpointFiles());
      case "hf_revision" -> revision(e.string(key), v, findings);
      default -> throw e.failure(key, "is no setting that a config fact may have");
    }
  }

  private static void revision(String published, Verification v, Findings findings) {
    String place = v.subject().modelLabel().replace('\\', '/');
    Matcher snapshot = Pattern.compile("snapshots/([0-9a-f]{40})").matcher(place);
    if (snapshot.find()) {
      findings.equal("hf_revision", published, snapshot.group(1));
    } else {
      findings.leaveOut("the revision, which the folder does not say");
    }
  }

  /** Such as {@code bfloat16}; several are joined. */
  private static String dtypes(TensorSource checkpoint) {
    TreeSet<String> names = new TreeSet<>();
    for (String name : checkpoint.names()) {
      String dtype = checkpoint.tensor(name).dtype().toString();
      names.add(
          Map.of("F32", "float32", "F16", "float16", "BF16", "bfloat16", "F64", "float64")
              .getOrDefault(dtype, dtype));
    }
    return String.join(" and ", List.copyOf(names));
  }
}
