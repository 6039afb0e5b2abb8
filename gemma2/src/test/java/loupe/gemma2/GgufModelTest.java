package loupe.gemma2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import loupe.reference.DType;
import loupe.reference.FloatTensor;
import loupe.reference.HeapTensor;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GgufModelTest {
  private record Tensors(Map<String, StoredTensor> tensors) implements TensorSource {
    @Override
    public Set<String> names() {
      return tensors.keySet();
    }

    @Override
    public StoredTensor tensor(String name) {
      return tensors.get(name);
    }

    @Override
    public String origin() {
      return "m.gguf";
    }

    Tensors put(String name, int... shape) {
      int size = 1;
      for (int axis : shape) {
        size *= axis;
      }
      tensors.put(name, new HeapTensor(name, new FloatTensor(new float[size], shape)));
      return this;
    }
  }

  private static Tensors tensors() {
    return new Tensors(new LinkedHashMap<>()).put("token_embd.weight", 37, 10);
  }

  private static Map<String, Object> keys() {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("general.architecture", "gemma2");
    keys.put("gemma2.context_length", 64L);
    keys.put("gemma2.embedding_length", 10L);
    keys.put("gemma2.block_count", 3L);
    keys.put("gemma2.feed_forward_length", 14L);
    keys.put("gemma2.attention.head_count", 4L);
    keys.put("gemma2.attention.head_count_kv", 2L);
    keys.put("gemma2.attention.key_length", 6L);
    keys.put("gemma2.attention.value_length", 6L);
    keys.put("gemma2.attention.layer_norm_rms_epsilon", 1e-6f);
    keys.put("gemma2.attn_logit_softcapping", 50f);
    keys.put("gemma2.final_logit_softcapping", 30f);
    keys.put("gemma2.attention.sliding_window", 5L);
    keys.put("tokenizer.ggml.bos_token_id", 2L);
    keys.put("tokenizer.ggml.eos_token_id", 1L);
    return keys;
  }

  private static ConfigJson.Resolved config(Map<String, Object> keys) {
    return GgufModel.read(keys, tensors()).config();
  }

  private static ConfigJson.Resolved with(String key, Object value) {
    Map<String, Object> keys = keys();
    keys.put(key, value);
    return config(keys);
  }

  @Test
  void keysGiveTheConfiguration() {
    ConfigJson.Resolved resolved = config(keys());
    Gemma2Config expected =
        new Gemma2Config(
            10,
            3,
            4,
            2,
            6,
            14,
            37,
            6,
            50,
            30,
            5,
            Gemma2Config.alternating(3),
            10000,
            1e-6,
            64,
            2,
            List.of(1),
            true,
            "");
    assertEquals(expected, resolved.config());
    assertEquals(3, resolved.defaults().size(), resolved.defaults()::toString);
  }

  @Test
  void whatIsMissingIsResolvedAsLlamaCppDoesAndListed() {
    Map<String, Object> keys = keys();
    keys.remove("gemma2.attn_logit_softcapping");
    keys.remove("gemma2.final_logit_softcapping");
    keys.remove("gemma2.attention.sliding_window");
    keys.remove("gemma2.attention.head_count_kv");
    keys.remove("tokenizer.ggml.eos_token_id");
    ConfigJson.Resolved resolved = config(keys);
    assertEquals(50, resolved.config().attnSoftcap());
    assertEquals(30, resolved.config().finalSoftcap());
    assertEquals(4096, resolved.config().slidingWindow());
    assertEquals(4, resolved.config().nKvHeads());
    assertEquals(8, resolved.defaults().size(), resolved.defaults()::toString);
    assertTrue(resolved.defaults().contains("attn_logit_softcapping 50.0"));
  }

  @Test
  void theQueryScalarOf46LayersIsThatOf27B() {
    Map<String, Object> keys = keys();
    keys.put("gemma2.block_count", 46L);
    keys.put("gemma2.embedding_length", 4608L);
    keys.put("gemma2.attention.head_count", 32L);
    keys.put("gemma2.attention.head_count_kv", 16L);
    keys.put("gemma2.attention.key_length", 128L);
    keys.put("gemma2.attention.value_length", 128L);
    assertEquals(144, config(keys).config().queryPreAttnScalar());
    for (String name : Presets.names()) {
      Gemma2Config released = Presets.of(name);
      assertEquals(released.queryPreAttnScalar(), GgufModel.impliedQueryScalar(released), name);
    }
  }

  @Test
  void layersFollowAPatternWhereThereIsOne() {
    String key = "gemma2.attention.sliding_window_pattern";
    LayerType local = LayerType.SLIDING_ATTENTION;
    LayerType global = LayerType.FULL_ATTENTION;
    assertEquals(List.of(local, local, global), with(key, 3L).config().layerTypes());
    assertEquals(List.of(local, global, local), with(key, 2L).config().layerTypes());
    assertEquals(List.of(local, local, local), with(key, 0L).config().layerTypes());
    assertEquals(
        List.of(global, local, global),
        with(key, List.of(false, true, false)).config().layerTypes());
    assertEquals(
        List.of(global, local, global), with(key, List.of(0L, 1L, 0L)).config().layerTypes());
  }

  @Test
  void oneNumberForAllLayersMayStandForEach() {
    assertEquals(4, with("gemma2.attention.head_count", List.of(4L, 4L, 4L)).config().nHeads());
    assertEquals(List.of(1, 7), with("tokenizer.ggml.eot_token_id", 7L).config().eosIds());
  }

  @Test
  void float32NumbersAreTheDecimalsThatTheyCameFrom() {
    for (double value : new double[] {1e-6, 1e-5, 10000, 50, 30, 0.1, 3.5, 16777217e-3, 1e-30}) {
      assertEquals(value, GgufModel.decimal((float) value), 0);
    }
    Random random = new Random(4);
    for (int i = 0; i < 2000; i++) {
      float value = Float.intBitsToFloat(random.nextInt(0x7f800000));
      assertEquals(value, (float) GgufModel.decimal(value));
    }
  }

  static List<Arguments> wrongKeys() {
    return List.of(
        Arguments.of("general.architecture", "gemma3", "only gemma2"),
        Arguments.of("gemma2.embedding_length", null, "is missing"),
        Arguments.of("gemma2.embedding_length", "10", "must be a number"),
        Arguments.of("gemma2.embedding_length", 0L, "above 0"),
        Arguments.of("gemma2.block_count", -1L, "above 0"),
        Arguments.of("gemma2.block_count", Long.MAX_VALUE, "below 2^31"),
        Arguments.of("gemma2.block_count", 1L << 30, "at most 4096"),
        Arguments.of("gemma2.attention.head_count", List.of(4L, 2L, 4L), "must be a number"),
        Arguments.of("gemma2.attention.head_count", 3L, "no multiple"),
        Arguments.of("gemma2.attention.key_length", 5L, "value_length"),
        Arguments.of("gemma2.attention.value_length", 8L, "only 6"),
        Arguments.of("gemma2.rope.dimension_count", 4L, "only 6"),
        Arguments.of("gemma2.vocab_size", 36L, "only 37"),
        Arguments.of("gemma2.rope.freq_base_swa", 500f, "only 10000"),
        Arguments.of("gemma2.rope.freq_base", 0f, "above 0"),
        Arguments.of("gemma2.rope.scaling.type", "yarn", "only none"),
        Arguments.of("gemma2.rope.scaling.factor", 2f, "has no such setting"),
        Arguments.of("gemma2.attention.scale", 0.1f, "has no such setting"),
        Arguments.of("gemma2.attn_logit_softcapping", 0f, "above 0"),
        Arguments.of("gemma2.final_logit_softcapping", Float.NaN, "must be a number"),
        Arguments.of("gemma2.attention.layer_norm_rms_epsilon", null, "is missing"),
        Arguments.of("gemma2.attention.layer_norm_rms_epsilon", -1e-6f, "above 0"),
        Arguments.of("gemma2.attention.sliding_window_pattern", List.of(true), "1 entries for 3"),
        Arguments.of("gemma2.attention.sliding_window_pattern", "x", "a period or a list"),
        Arguments.of("tokenizer.ggml.bos_token_id", 37L, "outside the vocabulary"));
  }

  @ParameterizedTest(name = "{0} = {1}")
  @MethodSource("wrongKeys")
  void aWrongKeyIsRefused(String key, Object value, String fragment) {
    Map<String, Object> keys = keys();
    if (value == null) {
      keys.remove(key);
    } else {
      keys.put(key, value);
    }
    String message = assertThrows(InputException.class, () -> config(keys)).getMessage();
    assertTrue(message.startsWith("m.gguf: ") && message.contains(fragment), message);
  }

  @Test
  void tensorsThatTheModelCannotHaveAreRefused() {
    assertRefused(tensors().put("blk.3.attn_q.weight", 24, 10), "blk.3.attn_q.weight");
    assertRefused(tensors().put("blk.0.attn_q.bias", 24), "blk.0.attn_q.bias");
    assertRefused(tensors().put("blk.0.attn_norm.weight", 5, 2), "no vector of a norm");
    assertRefused(new Tensors(new LinkedHashMap<>()), "token_embd.weight: is missing");
    assertRefused(new Tensors(new LinkedHashMap<>()).put("token_embd.weight", 370), "is no matrix");
    assertFalse(
        GgufModel.read(keys(), tensors().put("rope_freqs.weight", 3))
            .checkpoint()
            .names()
            .contains("rope_freqs.weight"));
  }

  private static void assertRefused(Tensors tensors, String part) {
    String message =
        assertThrows(InputException.class, () -> GgufModel.read(keys(), tensors)).getMessage();
    assertTrue(message.startsWith("m.gguf: tensor ") && message.contains(part), message);
  }

  @Test
  void aMissingTensorHasItsNameInTheFile() {
    TensorSource checkpoint = GgufModel.read(keys(), tensors()).checkpoint();
    String message =
        assertThrows(
                InputException.class,
                () -> checkpoint.tensor("model.layers.1.post_feedforward_layernorm.weight"))
            .getMessage();
    assertEquals("m.gguf: tensor blk.1.post_ffw_norm.weight: is missing", message);
  }

  @Test
  void everyTensorOfACheckpointHasAName() {
    Gemma2Config config = config(keys()).config();
    Map<String, GgufNames.Name> names = GgufNames.byCheckpoint(config.nLayers());
    Set<String> gguf = new java.util.HashSet<>();
    for (Gemma2Weights.NamedShape tensor : Gemma2Weights.shapes(config)) {
      GgufNames.Name name = names.get(tensor.name());
      assertTrue(gguf.add(name.gguf()), name::toString);
      assertEquals(tensor.shape().length == 1, name.holdsGain());
    }
    assertEquals(gguf.size() + 1, names.size(), "all but the head");
  }

  private static GainWeight weight(float... gains) {
    return new GainWeight("norm", new HeapTensor("n", new FloatTensor(gains, gains.length)));
  }

  /** In both arithmetics: float64 adds 1 exactly, float32 rounds that to the same float32. */
  @Test
  void oneAddedToTheWeightOfANormIsTheGainToTheLastBit() {
    Random random = new Random(5);
    float[] gains = new float[20000];
    for (int i = 0; i < gains.length; i++) {
      float magnitude = Math.scalb(1 + random.nextFloat(), random.nextInt(36) - 29);
      gains[i] = random.nextBoolean() ? magnitude : -magnitude;
    }
    gains[0] = 0;
    gains[1] = -0f;
    gains[2] = 1;
    GainWeight weight = weight(gains);
    assertEquals(DType.F64, weight.dtype());
    assertEquals(0, weight.inexact());
    double[] w = new double[gains.length];
    weight.read(0, w, 0, w.length);
    for (int i = 0; i < w.length; i++) {
      assertEquals((double) gains[i], 1 + w[i], 0.0);
      assertEquals(gains[i], (float) (1 + w[i]), 0f);
    }
  }

  @Test
  void gainsThatAreTooSmallForThatAreCounted() {
    assertEquals(2, weight(1, 0x1.000002p-40f, Float.MIN_VALUE, 0x1p-40f, Float.NaN).inexact());
  }
}
