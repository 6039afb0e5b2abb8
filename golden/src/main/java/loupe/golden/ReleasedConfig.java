package loupe.golden;

import com.google.gson.GsonBuilder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.LayerType;

/**
 * A configuration as the text of a {@code config.json}, with the keys of the released checkpoints
 * (Hugging Face, google/gemma-2-2b: config.json), which old and new engines read. {@code
 * layer_types} is written only where the layers do not alternate as released.
 */
public final class ReleasedConfig {
  private ReleasedConfig() {}

  /** The text, keys sorted, with a newline at its end. */
  public static String json(Gemma2Config config) {
    Map<String, Object> json = new TreeMap<>(constants());
    json.putAll(values(config));
    json.putIfAbsent("torch_dtype", "bfloat16");
    if (config.layerTypes().equals(Gemma2Config.alternating(config.nLayers()))) {
      json.remove("layer_types");
    }
    return new GsonBuilder().setPrettyPrinting().serializeNulls().create().toJson(json) + "\n";
  }

  /**
   * Every value of a configuration under its key: numbers, booleans, strings, lists and null (no
   * soft cap). {@code torch_dtype} is missing where the configuration does not say it.
   */
  public static Map<String, Object> values(Gemma2Config config) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("hidden_size", config.dModel());
    values.put("num_hidden_layers", config.nLayers());
    values.put("num_attention_heads", config.nHeads());
    values.put("num_key_value_heads", config.nKvHeads());
    values.put("head_dim", config.dHead());
    values.put("intermediate_size", config.dMlp());
    values.put("vocab_size", config.dVocab());
    values.put("query_pre_attn_scalar", wholeIfWhole(config.queryPreAttnScalar()));
    values.put("attn_logit_softcapping", nullIfZero(config.attnSoftcap()));
    values.put("final_logit_softcapping", nullIfZero(config.finalSoftcap()));
    values.put("sliding_window", config.slidingWindow());
    values.put("layer_types", config.layerTypes().stream().map(LayerType::word).toList());
    values.put("rope_theta", config.ropeTheta());
    values.put("rms_norm_eps", config.rmsNormEps());
    values.put("max_position_embeddings", config.maxPositions());
    values.put("bos_token_id", config.bosId());
    values.put("eos_token_id", oneIfOne(config.eosIds()));
    values.put("tie_word_embeddings", config.tiedHead());
    if (!config.dtype().isEmpty()) {
      values.put("torch_dtype", config.dtype());
    }
    return values;
  }

  /** Every key that such a file may have, with the names that some writers use instead. */
  public static Set<String> keys() {
    Set<String> keys = new TreeSet<>(constants().keySet());
    keys.addAll(values(EmbeddedModel.config().config()).keySet());
    keys.addAll(
        List.of("dtype", "torch_dtype", "rope_parameters", "rope_scaling", "sliding_window_size"));
    keys.addAll(List.of("mlp_bias", "use_bidirectional_attention", "transformers_version"));
    return keys;
  }

  /** What is the same in all Gemma 2 models. */
  private static Map<String, Object> constants() {
    return Map.of(
        "architectures",
        List.of("Gemma2ForCausalLM"),
        "model_type",
        "gemma2",
        "attention_bias",
        false,
        "attention_dropout",
        0.0,
        "cache_implementation",
        "hybrid",
        "hidden_act",
        "gelu_pytorch_tanh",
        "hidden_activation",
        "gelu_pytorch_tanh",
        "initializer_range",
        0.02,
        "pad_token_id",
        0,
        "use_cache",
        true);
  }

  private static Number wholeIfWhole(double value) {
    return value == Math.rint(value) && value < 1 << 24 ? (Number) (int) value : (Number) value;
  }

  private static Double nullIfZero(double cap) {
    return cap == 0 ? null : cap;
  }

  private static Object oneIfOne(List<Integer> ids) {
    return ids.size() == 1 ? ids.get(0) : ids;
  }
}
