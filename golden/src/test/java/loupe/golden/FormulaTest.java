package loupe.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.Presets;
import loupe.loaders.JsonObject;
import loupe.loaders.StrictJson;
import loupe.reference.DType;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FormulaTest {
  private static final JsonObject VECTORS = Resources.json("golden/formula.json");

  static List<String> caseIds() {
    return GoldenCase.ids();
  }

  @Test
  void hashesAsTheVectorsSay() {
    Map<String, Object> hashes = VECTORS.object("fnv1a64").fields();
    assertTrue(hashes.size() >= 5);
    hashes.forEach(
        (name, hash) -> assertEquals(hash, "%016x".formatted(Formula.fnv1a64(name)), name));
  }

  @Test
  void mixesAsTheVectorsSay() {
    Map<String, Object> mixed = VECTORS.object("splitmix64").fields();
    assertTrue(mixed.size() >= 5);
    mixed.forEach(
        (z, result) ->
            assertEquals(
                result, "%016x".formatted(Formula.splitMix64(Long.parseUnsignedLong(z))), z));
  }

  @Test
  void givesTheFirstElementsThatTheVectorsSay() {
    int checked = 0;
    for (Object vector : VECTORS.list("elements")) {
      JsonObject v = new JsonObject("formula.json", "$", Map.of("v", vector)).object("v");
      String name = v.string("name");
      long base = Formula.base(name, v.longInteger("seed"));
      long[] upper = v.longs("u24");
      List<String> bits = v.strings("bits");
      for (int i = 0; i < upper.length; i++) {
        assertEquals(upper[i], Formula.upper24(base, i), name);
        float value = Formula.element(base, i, v.number("mean"), v.number("scale"));
        String actual =
            v.string("dtype").equals("bfloat16")
                ? "%04x".formatted(Formula.bfloat16(value))
                : "%08x".formatted(Float.floatToRawIntBits(value));
        assertEquals(bits.get(i), actual, name);
        checked++;
      }
    }
    assertEquals(24, checked);
  }

  @ParameterizedTest
  @MethodSource("caseIds")
  void makesTheWeightsOfACaseBitForBit(String id) {
    GoldenCase golden = GoldenCase.of(id);
    TensorSource formula = new FormulaWeights(golden.config(), golden.knobs(), golden.seed());
    TensorSource stored = golden.model();
    assertEquals(new java.util.TreeSet<>(stored.names()), new java.util.TreeSet<>(formula.names()));
    for (String name : formula.names()) {
      StoredTensor expected = stored.tensor(name);
      StoredTensor actual = formula.tensor(name);
      assertEquals(expected.dtype(), actual.dtype(), name);
      assertArrayEquals(expected.shape(), actual.shape(), name);
      int count = (int) expected.elementCount();
      assertArrayEquals(floats(expected, 0, count), floats(actual, 0, count), name);
      assertArrayEquals(doubles(expected, count), doubles(actual, count), name);
      if (expected.dtype() == DType.BF16) {
        assertArrayEquals(bits(expected, count), bits(actual, count), name);
      }
    }
  }

  private static float[] floats(StoredTensor tensor, int from, int count) {
    float[] out = new float[count + 1];
    tensor.read(from, out, 1, count);
    return out;
  }

  private static double[] doubles(StoredTensor tensor, int count) {
    double[] out = new double[count + 1];
    tensor.read(0, out, 1, count);
    return out;
  }

  private static short[] bits(StoredTensor tensor, int count) {
    short[] out = new short[count + 1];
    tensor.readBits(0, out, 1, count);
    return out;
  }

  @ParameterizedTest
  @MethodSource("caseIds")
  void makesThePromptOfACase(String id) {
    GoldenCase golden = GoldenCase.of(id);
    Gemma2Config config = golden.config();
    int[] ids = golden.tokenIds();
    assertArrayEquals(
        ids, Formula.tokenIds(golden.seed(), config.bosId(), config.dVocab(), ids.length));
  }

  @Test
  void readsAnyRunOfALargeTensorAlike() {
    TensorSource weights = new FormulaWeights(Presets.of("27b"), Knobs.DEFAULT, 1);
    StoredTensor embedding = weights.tensor("model.embed_tokens.weight");
    long last = embedding.elementCount() - 100;
    assertEquals(256000L * 4608 - 100, last);
    float[] whole = floats(embedding, 17, 100);
    float[] part = floats(embedding, 57, 10);
    for (int i = 1; i <= 10; i++) {
      assertEquals(whole[40 + i], part[i]);
    }
    double[] end = new double[100];
    embedding.read(last, end, 0, 100);
    long base = Formula.base("model.embed_tokens.weight", 1);
    int bits = Formula.bfloat16(Formula.element(base, last + 99, 0, 0.6)) << 16;
    assertEquals(Float.intBitsToFloat(bits), end[99]);
  }

  @Test
  void knobsGoByTheLastPartOfTheName() {
    assertEquals("q_proj", Knobs.role("model.layers.3.self_attn.q_proj.weight"));
    assertEquals("norm", Knobs.role("model.norm.weight"));
    assertEquals("W_enc", Knobs.role("sae.res.2.W_enc"));
    assertEquals(new Knobs.Knob(0.25, 0.5), Knobs.DEFAULT.of("x.post_attention_layernorm.weight"));
    assertEquals(new Knobs.Knob(0, 0.6), Knobs.DEFAULT.of("model.embed_tokens.weight"));
    assertEquals(new Knobs.Knob(1, 0.8), Knobs.DEFAULT.of("model.norm.weight"));
  }

  @Test
  void refusesKnobsThatAreNotPairsOfNumbers() {
    for (String bad :
        List.of(
            "{}",
            "{\"knobs\": []}",
            "{\"knobs\": {\"q_proj\": 1}}",
            "{\"knobs\": {\"q_proj\": [1]}}",
            "{\"knobs\": {\"q_proj\": [1, \"2\"]}}",
            "{\"knobs\": {\"q_proj\": [0, 1e39]}}")) {
      JsonObject json = object(bad);
      InputException e =
          assertThrows(InputException.class, () -> Knobs.read(json.fields(), "k.json"), bad);
      assertTrue(e.getMessage().startsWith("k.json: knobs"), e.getMessage());
    }
  }

  private static JsonObject object(String text) {
    Object value = StrictJson.parse(text, "k.json");
    return new JsonObject("k.json", "$", Map.of("v", value)).object("v");
  }

  @Test
  void refusesWhatTheFormulaDoesNotDefine() {
    Knobs partial = Knobs.read(object("{\"knobs\": {\"q_proj\": [0, 1]}}").fields(), "k.json");
    InputException e =
        assertThrows(InputException.class, () -> new FormulaWeights(Presets.of("2b"), partial, 1));
    assertEquals(
        "the knobs have no entry 'embed_tokens', which model.embed_tokens.weight needs",
        e.getMessage());

    List<String> refused = new ArrayList<>();
    for (String change : List.of("\"dtype\": \"float16\"", "\"tie_word_embeddings\": false")) {
      String text = "{" + change + "," + ReleasedConfig.json(Presets.of("2b")).substring(1);
      String config = text.replace("\"tie_word_embeddings\": true,", "");
      Gemma2Config parsed =
          loupe.gemma2.ConfigJson.read(
                  object(change.contains("tie") ? config : text).fields(), "c.json")
              .config();
      refused.add(
          assertThrows(InputException.class, () -> new FormulaWeights(parsed, Knobs.DEFAULT, 1))
              .getMessage());
    }
    assertEquals(
        List.of(
            "weights by formula are bfloat16 or float32; the config's dtype is float16",
            "weights by formula have no lm_head; tie_word_embeddings must be true"),
        refused);
  }
}
