package loupe.golden;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.GgufModel;
import loupe.reference.InputException;

/**
 * What a GGUF file says of a configuration, and what it cannot say: GGUF's readers know Gemma 2's
 * query scalar, layers and caps by rules of their own (llama.cpp, src/models/gemma2.cpp).
 */
final class GgufSettings {
  private GgufSettings() {}

  /**
   * Refuses a model that readers of GGUF would run as another.
   *
   * @param origin the model, for messages
   * @param folds whether the query scalar is folded into the weights
   */
  static void requireExpressible(Gemma2Config config, String origin, boolean folds) {
    double scalar = GgufModel.impliedQueryScalar(config);
    if (config.queryPreAttnScalar() != scalar && !folds) {
      throw cannot(
          origin,
          "query_pre_attn_scalar "
              + config.queryPreAttnScalar()
              + ": its readers take "
              + scalar
              + " (pitfall P13); --fold-query-scale multiplies the query weights instead");
    }
    if (!config.layerTypes().equals(Gemma2Config.alternating(config.nLayers()))) {
      throw cannot(origin, "layer_types that do not alternate, local first");
    }
    if (config.attnSoftcap() == 0 || config.finalSoftcap() == 0) {
      throw cannot(origin, "a soft cap of null: its readers would take 0 or the default");
    }
    if (!config.tiedHead()) {
      throw cannot(origin, "a head of its own (lm_head): its readers take the embedding");
    }
  }

  private static InputException cannot(String origin, String what) {
    return new InputException(origin + ": GGUF cannot express " + what);
  }

  /** The keys of the architecture, in the order of llama.cpp's converter. */
  static Map<String, Object> keys(Gemma2Config c, String name, int fileType) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("general.architecture", "gemma2");
    keys.put("general.type", "model");
    keys.put("general.name", name);
    keys.put("gemma2.context_length", c.maxPositions());
    keys.put("gemma2.embedding_length", c.dModel());
    keys.put("gemma2.block_count", c.nLayers());
    keys.put("gemma2.feed_forward_length", c.dMlp());
    keys.put("gemma2.attention.head_count", c.nHeads());
    keys.put("gemma2.attention.head_count_kv", c.nKvHeads());
    keys.put("gemma2.attention.layer_norm_rms_epsilon", (float) c.rmsNormEps());
    keys.put("gemma2.attention.key_length", c.dHead());
    keys.put("gemma2.attention.value_length", c.dHead());
    keys.put("gemma2.vocab_size", c.dVocab());
    if (c.ropeTheta() != 10000) {
      keys.put("gemma2.rope.freq_base", (float) c.ropeTheta());
    }
    keys.put("general.file_type", fileType);
    keys.put("gemma2.attn_logit_softcapping", (float) c.attnSoftcap());
    keys.put("gemma2.final_logit_softcapping", (float) c.finalSoftcap());
    keys.put("gemma2.attention.sliding_window", c.slidingWindow());
    keys.put("general.quantization_version", 2);
    return keys;
  }

  /** What a user should know about these keys. */
  static List<String> notes(Gemma2Config c) {
    List<String> notes = new ArrayList<>();
    if (c.ropeTheta() != 10000) {
      notes.add(
          "rope_theta "
              + c.ropeTheta()
              + " is written as gemma2.rope.freq_base, which llama.cpp reads; other readers may"
              + " take 10000");
    }
    Map<String, Double> floats = new LinkedHashMap<>();
    floats.put("rms_norm_eps", c.rmsNormEps());
    floats.put("rope_theta", c.ropeTheta());
    floats.put("attn_logit_softcapping", c.attnSoftcap());
    floats.put("final_logit_softcapping", c.finalSoftcap());
    floats.forEach(
        (key, value) -> {
          if (GgufModel.decimal((float) (double) value) != value) {
            notes.add(key + " " + value + " is rounded to float32, " + (float) (double) value);
          }
        });
    return notes;
  }
}
