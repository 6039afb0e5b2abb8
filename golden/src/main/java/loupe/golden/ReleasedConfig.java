package loupe.golden;

import com.google.gson.GsonBuilder;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
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
    json.put("hidden_size", config.dModel());
    json.put("num_hidden_layers", config.nLayers());
    json.put("num_attention_heads", config.nHeads());
    json.put("num_key_value_heads", config.nKvHeads());
    json.put("head_dim", config.dHead());
    json.put("intermediate_size", config.dMlp());
    json.put("vocab_size", config.dVocab());
    json.put("query_pre_attn_scalar", wholeIfWhole(config.queryPreAttnScalar()));
    json.put("attn_logit_softcapping", nullIfZero(config.attnSoftcap()));
    json.put("final_logit_softcapping", nullIfZero(config.finalSoftcap()));
    json.put("sliding_window", config.slidingWindow());
    json.put("rope_theta", config.ropeTheta());
    json.put("rms_norm_eps", config.rmsNormEps());
    json.put("max_position_embeddings", config.maxPositions());
    json.put("bos_token_id", config.bosId());
    json.put("eos_token_id", oneIfOne(config.eosIds()));
    json.put("tie_word_embeddings", config.tiedHead());
    json.put("torch_dtype", config.dtype().isEmpty() ? "bfloat16" : config.dtype());
    if (!config.layerTypes().equals(Gemma2Config.alternating(config.nLayers()))) {
      json.put("layer_types", config.layerTypes().stream().map(ReleasedConfig::word).toList());
    }
    return new GsonBuilder().setPrettyPrinting().serializeNulls().create().toJson(json) + "\n";
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

  private static String word(LayerType type) {
    return type.name().toLowerCase(Locale.ROOT);
  }
}
