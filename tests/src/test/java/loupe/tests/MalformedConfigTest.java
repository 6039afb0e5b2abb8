package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.gemma2.ConfigJson;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.Gemma2Weights;
import loupe.loaders.StrictJson;
import loupe.reference.DType;
import loupe.reference.Float64;
import loupe.reference.FloatTensor;
import loupe.reference.HeapTensor;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.Workers;
import loupe.sae.SaeLens;
import loupe.tests.arbitraries.RandomTensor;
import loupe.tests.arbitraries.TensorMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Configurations from text to meaning: what is wrong is refused in one line with file and key, and
 * what is accepted is a configuration that weights can be held against.
 */
class MalformedConfigTest {
  private static final String CONFIG =
      """
      {"architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2", "hidden_size": 10,
       "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 6,
       "intermediate_size": 14, "vocab_size": 37, "query_pre_attn_scalar": 7,
       "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0, "sliding_window": 3,
       "layer_types": ["sliding_attention", "full_attention"], "rms_norm_eps": 1e-06,
       "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
       "max_position_embeddings": 8192, "bos_token_id": 2, "eos_token_id": [1, 7],
       "hidden_activation": "gelu_pytorch_tanh", "tie_word_embeddings": true, "dtype": "float32"}
      """;

  private static final String SAE =
      """
      {"architecture": "jumprelu", "d_in": 4, "d_sae": 6, "dtype": "float32",
       "apply_b_dec_to_input": false, "normalize_activations": "none",
       "reshape_activations": "none",
       "metadata": {"hook_name": "blocks.3.hook_resid_post", "model_name": "gemma-2-2b",
        "hook_head_index": null}}
      """;

  private static Gemma2Config config(String text) {
    return ConfigJson.read(fields(text), "config.json").config();
  }

  private static SaeLens sae(String text) {
    return SaeLens.load(saeWeights(), fields(text), "config.json", new Float64(Workers.of(1)));
  }

  private static Map<String, Object> fields(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return StrictJson.readObject(new ByteArrayInputStream(utf8), "config.json").fields();
  }

  private static TensorMap saeWeights() {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    put(tensors, "W_enc", 4, 6);
    put(tensors, "b_enc", 6);
    put(tensors, "W_dec", 6, 4);
    put(tensors, "b_dec", 4);
    float[] ones = {1, 1, 1, 1, 1, 1};
    tensors.put("threshold", new HeapTensor("threshold", new FloatTensor(ones, 6)));
    return new TensorMap(tensors);
  }

  private static void put(Map<String, StoredTensor> tensors, String name, long... shape) {
    tensors.put(name, new RandomTensor(name, DType.F32, 0, 1, shape));
  }

  /** A member of {@code text} replaced by another, or by nothing. */
  private static String with(String text, String key, String member) {
    int from = text.indexOf('"' + key + '"');
    assertTrue(from >= 0, key);
    int to = endOfMember(text, from);
    boolean gone = member.isEmpty();
    return text.substring(0, from) + member + text.substring(gone ? to + 1 : to);
  }

  private static int endOfMember(String text, int from) {
    int depth = 0;
    for (int at = from; ; at++) {
      char c = text.charAt(at);
      depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
      if (depth < 0 || depth == 0 && c == ',') {
        return at;
      }
    }
  }

  private static void assertRefused(Runnable reading, String fragment) {
    String message = assertThrows(InputException.class, reading::run).getMessage();
    assertTrue(message.startsWith("config.json: "), message);
    assertTrue(message.contains(fragment), message);
    assertTrue(message.length() < 300 && message.lines().count() == 1, message);
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          hidden_size | "hidden_size": NaN | not valid JSON
          hidden_size | "hidden_size": Infinity | not valid JSON
          hidden_size | "hidden_size": 1e400 | beyond float64
          hidden_size | "hidden_size": 0 | above 0
          hidden_size | "hidden_size": -10 | above 0
          hidden_size | "hidden_size": 10.5 | whole number
          hidden_size | "hidden_size": "10" | a number
          hidden_size | "hidden_size": [10] | a number
          hidden_size | "hidden_size": null | is missing
          hidden_size | "hidden_size": 10, "hidden_size": 10 | twice
          hidden_size | "hidden_size": 010 | not valid JSON
          hidden_size | "hidden_size": 0x10 | not valid JSON
          hidden_size | "hidden_size": 9007199254740993 | below 2^31
          hidden_size | "hidden_size": 99999999999999999999999 | below 2^31
          hidden_size | "hidden_size": 2000000000 | at most
          num_hidden_layers | "num_hidden_layers": 3 | 2 entries for 3 layers
          num_hidden_layers | "num_hidden_layers": 2147483647 | at most
          num_hidden_layers | `` | is missing
          num_attention_heads | "num_attention_heads": 5 | no multiple
          num_attention_heads | "num_attention_heads": 16000000 | at most
          num_key_value_heads | "num_key_value_heads": 8 | no multiple
          head_dim | "head_dim": 7 | even
          intermediate_size | "intermediate_size": {} | a number
          vocab_size | "vocab_size": 2 | outside the vocabulary
          query_pre_attn_scalar | "query_pre_attn_scalar": 0 | above 0
          query_pre_attn_scalar | "query_pre_attn_scalar": -7.0 | above 0
          attn_logit_softcapping | "attn_logit_softcapping": 0 | above 0, or null
          attn_logit_softcapping | "attn_logit_softcapping": false | a number
          final_logit_softcapping | "final_logit_softcapping": "NaN" | a number
          sliding_window | "sliding_window": -1 | above 0
          layer_types | "layer_types": "sliding_attention" | a list
          layer_types | "layer_types": [] | 0 entries
          layer_types | "layer_types": ["sliding_attention", 1] | layer_types[1]
          layer_types | "layer_types": ["SLIDING_ATTENTION", "full_attention"] | layer_types[0]
          rms_norm_eps | "rms_norm_eps": -1e-6 | above 0
          rms_norm_eps | "rms_norm_eps": true | a number
          rope_parameters | "rope_parameters": 10000 | an object
          rope_parameters | "rope_parameters": {"rope_theta": 0} | rope_theta must be above 0
          rope_parameters | "rope_parameters": {"rope_theta": 1, "rope_type": "llama3"} | only default
          rope_parameters | "rope_parameters": {"rope_theta": 1.0}, "rope_theta": 2.0 | contradicts
          rope_parameters | "rope_scaling": {"factor": 8.0} | not implemented
          bos_token_id | "bos_token_id": -2 | outside the vocabulary
          bos_token_id | "bos_token_id": 37 | outside the vocabulary
          eos_token_id | "eos_token_id": [1, "7"] | a number
          hidden_activation | "hidden_activation": "gelu" | only gelu_pytorch_tanh
          hidden_activation | "hidden_act": "silu" | only gelu_pytorch_tanh
          tie_word_embeddings | "tie_word_embeddings": 1 | true or false
          model_type | "model_type": "gemma3_text" | only gemma2
          model_type | "model_type": ["gemma2"] | only gemma2
          dtype | "attention_bias": true | not implemented
          dtype | "quantization_config": {"bits": 4} | not implemented
          dtype | "dtype": "float32",} // | not valid JSON
          dtype | "dtype": "float32"}, {"a": 1 | not valid JSON
          """)
  void aWrongConfigIsRefused(String key, String member, String fragment) {
    assertEquals(10, config(CONFIG).dModel());
    assertRefused(() -> config(with(CONFIG, key, member)), fragment);
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          architecture | "architecture": "gated" | 'gated'
          architecture | "architecture": null | 'standard'
          architecture | "architecture": {"a": 1} | not a string
          d_in | "d_in": NaN | not valid JSON
          d_in | "d_in": 5 | says 5
          d_in | "d_in": "4" | says 4
          d_in | "d_in": 4.5 | says 4.5
          d_in | "d_in": 1e308 | says
          d_sae | "d_sae": 18446744073709551616 | says
          d_sae | "d_sae": 6, "d_sae": 6 | twice
          d_sae | "d_out": 5 | says 5
          apply_b_dec_to_input | `` | is missing
          apply_b_dec_to_input | "apply_b_dec_to_input": 0 | true or false
          normalize_activations | "normalize_activations": "expected_average_only_in" | only none
          reshape_activations | "reshape_activations": {"hook_z": []} | only none
          dtype | "activation_fn": "topk" | only relu
          dtype | "finetuning_scaling_factor": true | only false
          dtype | "rescale_acts_by_decoder_norm": "yes" | only false
          dtype | "hook_point_head_index": 0 | single heads
          metadata | "metadata": [] | no object
          metadata | "hook_name": "blocks.3.hook_resid_mid" | 'blocks.3.hook_resid_mid'
          metadata | "hook_name": "blocks.9999999999.hook_resid_post" | among the sites
          metadata | "hook_name": "blocks.-1.hook_resid_post" | among the sites
          metadata | "hook_name": "a\\nb" | among the sites
          metadata | "hook_name": 3 | not a string
          """)
  void aWrongSaeIsRefused(String key, String member, String fragment) {
    assertEquals(6, sae(SAE).sae().dSae());
    assertRefused(() -> sae(with(SAE, key, member)), fragment);
  }

  // Any member may become anything.

  private static Arbitrary<String> values() {
    Arbitrary<String> longText =
        Arbitraries.of("\\n", "x", "\\u0000").map(c -> quoted(c.repeat(900)));
    Arbitrary<String> scalar =
        Arbitraries.oneOf(
            Arbitraries.of("null", "true", "false", "-0", "1e308", "1e-320", "2147483648", "[[]]"),
            Arbitraries.of("\"\"", "\"gemma2\"", "\"relu\"", "\"none\"", "\"gelu_pytorch_tanh\""),
            Arbitraries.integers().map(String::valueOf),
            Arbitraries.integers().between(-3, 40).map(String::valueOf),
            Arbitraries.doubles().map(String::valueOf),
            longText);
    Arbitrary<String> list = scalar.list().ofMaxSize(3).map(l -> "[" + String.join(",", l) + "]");
    Arbitrary<String> object =
        scalar.map(v -> "{\"rope_theta\":" + v + ",\"hook_name\":" + v + "}");
    return Arbitraries.frequencyOf(
        net.jqwik.api.Tuple.of(6, scalar),
        net.jqwik.api.Tuple.of(1, list),
        net.jqwik.api.Tuple.of(1, object));
  }

  private static String quoted(String text) {
    return '"' + text + '"';
  }

  private static Arbitrary<String> changed(String text, List<String> keys) {
    Arbitrary<String> once =
        Combinators.combine(Arbitraries.of(keys), values(), Arbitraries.of(keys))
            .as((key, value, name) -> key + "\0" + quoted(name) + ": " + value);
    return once.list()
        .ofMinSize(1)
        .ofMaxSize(2)
        .map(
            edits -> {
              String result = text;
              for (String edit : edits) {
                String key = edit.substring(0, edit.indexOf('\0'));
                if (result.contains(quoted(key))) {
                  result = with(result, key, edit.substring(edit.indexOf('\0') + 1));
                }
              }
              return result;
            });
  }

  @Provide
  Arbitrary<String> configs() {
    List<String> keys = fields(CONFIG).keySet().stream().filter(k -> !k.equals("dtype")).toList();
    return changed(CONFIG, keys);
  }

  @Provide
  Arbitrary<String> saes() {
    return changed(
        SAE,
        List.of(
            "architecture",
            "d_in",
            "d_sae",
            "apply_b_dec_to_input",
            "normalize_activations",
            "reshape_activations",
            "hook_name",
            "model_name",
            "hook_head_index"));
  }

  private static void refusedOr(Runnable reading) {
    try {
      reading.run();
    } catch (InputException e) {
      String message = e.getMessage();
      assertTrue(message.startsWith("config.json: "), message);
      assertTrue(message.length() <= 1003 && message.lines().count() == 1, message);
    }
  }

  @Property(tries = 3000)
  void anyConfigIsRefusedOrFitToHoldWeightsAgainst(@ForAll("configs") String text) {
    refusedOr(
        () -> {
          Gemma2Config c = config(text);
          assertTrue(c.parameterCount() > 0, c::toString);
          long elements = 0;
          for (Gemma2Weights.NamedShape tensor : Gemma2Weights.shapes(c)) {
            long size = 1;
            for (long axis : tensor.shape()) {
              size *= axis;
            }
            assertTrue(size > 0, tensor::name);
            elements += size;
          }
          assertEquals(
              c.parameterCount() - (c.tiedHead() ? 0 : (long) c.dVocab() * c.dModel()), elements);
        });
  }

  @Property(tries = 3000)
  void anySaeConfigIsRefusedOrChangesNothingOfTheNumbers(@ForAll("saes") String text) {
    refusedOr(
        () -> {
          SaeLens loaded = sae(text);
          assertEquals(List.of(4, 6), List.of(loaded.sae().dIn(), loaded.sae().dSae()));
        });
  }
}
