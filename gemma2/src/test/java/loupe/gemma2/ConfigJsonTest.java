package loupe.gemma2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import loupe.reference.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigJsonTest {
  @Test
  void oldKeysAreRead() {
    Map<String, Object> json = complete();
    json.put("rope_theta", 500.0);
    json.put("hidden_act", "gelu");
    json.put("torch_dtype", "bfloat16");
    Gemma2Config config = ConfigJson.read(json, "config.json").config();
    assertEquals(500, config.ropeTheta());
    assertEquals("bfloat16", config.dtype());
    assertTrue(config.isLocal(0) && !config.isLocal(1));
  }

  @Test
  void newKeysAreRead() {
    Map<String, Object> json = complete();
    json.put("rope_parameters", Map.of("rope_type", "default", "rope_theta", 1000L));
    json.put("layer_types", List.of("full_attention", "sliding_attention"));
    json.put("dtype", "float32");
    json.put("eos_token_id", List.of(1L, 107L));
    Gemma2Config config = ConfigJson.read(json, "config.json").config();
    assertEquals(1000, config.ropeTheta());
    assertTrue(!config.isLocal(0) && config.isLocal(1));
    assertEquals("float32", config.dtype());
    assertEquals(List.of(1, 107), config.eosIds());
  }

  @Test
  void nullSoftcapsMeanNoneAndAbsentOnesTheDefault() {
    Map<String, Object> json = complete();
    json.put("attn_logit_softcapping", null);
    ConfigJson.Resolved resolved = ConfigJson.read(json, "config.json");
    assertEquals(0, resolved.config().attnSoftcap());
    assertEquals(30, resolved.config().finalSoftcap());
    assertTrue(
        resolved.defaults().contains("final_logit_softcapping 30.0"),
        resolved.defaults()::toString);
  }

  @Test
  void theQueryScalar224OfEarly9bConfigsIsWarnedAbout() {
    Gemma2Config right = Presets.of("9b");
    assertEquals(List.of(), right.warnings());
    Map<String, Object> json = complete();
    json.putAll(
        Map.of(
            "hidden_size", 3584L,
            "num_attention_heads", 16L,
            "query_pre_attn_scalar", 224L));
    List<String> warnings = ConfigJson.read(json, "config.json").config().warnings();
    assertTrue(warnings.size() == 1 && warnings.get(0).contains("P1"), warnings::toString);
  }

  @Test
  void parameterCountsOfTheReleasedModelsAreThePublishedOnes() {
    assertEquals(2_614_341_888L, Presets.of("2b").parameterCount());
    assertEquals(9_241_705_984L, Presets.of("9b").parameterCount());
    assertEquals(27_227_128_320L, Presets.of("27b").parameterCount());
  }

  static List<Arguments> wrongValues() {
    return List.of(
        Arguments.of("model_type", "gemma", "only gemma2"),
        Arguments.of("hidden_activation", "gelu", "only gelu_pytorch_tanh"),
        Arguments.of("attention_bias", true, "not implemented"),
        Arguments.of("use_bidirectional_attention", true, "not implemented"),
        Arguments.of("rope_scaling", Map.of("type", "linear"), "not implemented"),
        Arguments.of("rope_parameters", Map.of("rope_type", "yarn"), "only default"),
        Arguments.of("layer_types", List.of("full_attention"), "1 entries for 2 layers"),
        Arguments.of("layer_types", List.of("full_attention", "chunked"), "layer_types[1]"),
        Arguments.of("num_key_value_heads", 3L, "no multiple"),
        Arguments.of("head_dim", 5L, "even"),
        Arguments.of("head_dim", -4L, "above 0"),
        Arguments.of("hidden_size", 1.5, "whole number"),
        Arguments.of("hidden_size", "16", "a number"),
        Arguments.of("hidden_size", null, "missing"),
        Arguments.of("vocab_size", 1e12, "below 2^31"),
        Arguments.of("sliding_window", 0L, "above 0"),
        Arguments.of("rms_norm_eps", Double.NaN, "a number"),
        Arguments.of("attn_logit_softcapping", -50.0, "above 0"),
        Arguments.of("tie_word_embeddings", "yes", "true or false"),
        Arguments.of("bos_token_id", 4000L, "outside the vocabulary"),
        Arguments.of("quantization_config", Map.of("bits", 4L), "not implemented"));
  }

  @ParameterizedTest(name = "{0} = {1}")
  @MethodSource("wrongValues")
  void aWrongValueIsRefusedWithItsFileAndKey(String key, Object value, String fragment) {
    Map<String, Object> json = complete();
    json.put(key, value);
    String message =
        assertThrows(InputException.class, () -> ConfigJson.read(json, "x/config.json"))
            .getMessage();
    assertTrue(message.startsWith("x/config.json: ") && message.contains(fragment), message);
  }

  private static Map<String, Object> complete() {
    Map<String, Object> json = new HashMap<>();
    json.put("model_type", "gemma2");
    json.put("hidden_activation", "gelu_pytorch_tanh");
    json.put("hidden_size", 10L);
    json.put("num_hidden_layers", 2L);
    json.put("num_attention_heads", 4L);
    json.put("num_key_value_heads", 2L);
    json.put("head_dim", 6L);
    json.put("intermediate_size", 14L);
    json.put("vocab_size", 37L);
    json.put("query_pre_attn_scalar", 7L);
    return json;
  }
}
