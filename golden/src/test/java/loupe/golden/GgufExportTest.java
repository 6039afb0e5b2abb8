package loupe.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import loupe.gemma2.ConfigJson;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.GgufModel;
import loupe.loaders.FileTensor;
import loupe.loaders.GgmlType;
import loupe.loaders.GgufFile;
import loupe.loaders.SafetensorsFile;
import loupe.loaders.StrictJson;
import loupe.loaders.Tokenizer;
import loupe.loaders.TokenizerFile;
import loupe.reference.Arithmetic;
import loupe.reference.Float32;
import loupe.reference.Float64;
import loupe.reference.Hook;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A small model that GGUF can express, as llama.cpp's converter and llama.cpp itself have it; where
 * the files come from: {@code src/test/python/gguf_goldens.py}.
 */
class GgufExportTest {
  private static final Workers WORKERS = Workers.of(1);
  private static final Gemma2Config CONFIG = config(Map.of());
  private static final TensorSource WEIGHTS = new FormulaWeights(CONFIG, Knobs.DEFAULT, 3);

  @TempDir Path folder;

  private static byte[] resource(String name) {
    try (InputStream in = GgufExportTest.class.getResourceAsStream("gguf/" + name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static Map<String, Object> json(String name) {
    return StrictJson.readObject(new ByteArrayInputStream(resource(name)), name).fields();
  }

  private static Gemma2Config config(Map<String, Object> changed) {
    Map<String, Object> fields = new LinkedHashMap<>(json("config.json"));
    fields.putAll(changed);
    return ConfigJson.read(fields, "config.json").config();
  }

  private static Optional<Tokenizer> tokenizer() {
    return Optional.of(TokenizerFile.open("tokenizer.model", resource("tokenizer.model")));
  }

  private GgufFile written(GgufExport export) {
    Path file = folder.resolve("m.gguf");
    export.write(file, "small", tokenizer(), WORKERS, n -> {});
    return GgufFile.open(file);
  }

  private static GgufModel model(GgufFile file) {
    return GgufModel.read(file.metadata().values(), file);
  }

  private static double[] logits(
      Gemma2Config config, TensorSource weights, Arithmetic arithmetic, int[] ids) {
    return new Gemma2(config, weights, arithmetic).forward(ids, Hook.NONE).toDoubles();
  }

  private static double[] logits(GgufFile file, Arithmetic arithmetic, int[] ids) {
    GgufModel model = model(file);
    return logits(model.config().config(), model.checkpoint(), arithmetic, ids);
  }

  private static int[] ids() {
    double[] ids = new double[20];
    logitsOfLlamaCpp().tensor("ids").read(0, ids, 0, ids.length);
    return java.util.Arrays.stream(ids).mapToInt(id -> (int) id).toArray();
  }

  private static SafetensorsFile logitsOfLlamaCpp() {
    return SafetensorsFile.of(ByteBuffer.wrap(resource("logits.safetensors")), "logits");
  }

  @ParameterizedTest
  @EnumSource(
      value = GgmlType.class,
      names = {"F32", "F16", "BF16", "Q8_0"})
  void tensorsAreThoseOfLlamaCppsConverter(GgmlType type) throws Exception {
    GgufFile file = written(new GgufExport(CONFIG, WEIGHTS, type, false));
    Map<String, Object> digests = new TreeMap<>();
    for (String name : file.names()) {
      FileTensor tensor = file.tensor(name);
      byte[] bytes = new byte[(int) tensor.byteSize()];
      tensor.readBytes(0, bytes, 0, bytes.length);
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      digests.put(name, file.type(name) + " " + HexFormat.of().formatHex(digest));
    }
    String key = type.name().toLowerCase(java.util.Locale.ROOT);
    assertEquals(json("tensors.json").get(key), digests);
  }

  @Test
  void theFileOfTheConverterGivesTheBitsOfOurs() {
    GgufFile theirs = GgufFile.of(ByteBuffer.wrap(resource("small-q8_0.gguf")), "theirs");
    GgufFile ours = written(new GgufExport(CONFIG, WEIGHTS, GgmlType.Q8_0, false));
    assertEquals(model(theirs).config().config(), model(ours).config().config());
    for (Arithmetic arithmetic : List.of(new Float32(WORKERS), new Float64(WORKERS))) {
      assertArrayEquals(logits(theirs, arithmetic, ids()), logits(ours, arithmetic, ids()));
    }
  }

  /** Types that hold the weights exactly change no bit; P5 would be seen here at once. */
  @ParameterizedTest
  @EnumSource(
      value = GgmlType.class,
      names = {"F32", "BF16"})
  void aModelReadBackHasTheBitsOfTheCheckpoint(GgmlType type) {
    GgufFile file = written(new GgufExport(CONFIG, WEIGHTS, type, false));
    for (Arithmetic arithmetic : List.of(new Float32(WORKERS), new Float64(WORKERS))) {
      assertArrayEquals(
          logits(CONFIG, WEIGHTS, arithmetic, ids()), logits(file, arithmetic, ids()));
    }
    assertTrue(model(file).notes().get(0).contains("every gain keeps its bits"));
  }

  /**
   * llama.cpp rounds GELU to float16 (pitfall P46), for bf16 weights also its activations to bf16,
   * for q8_0 to 8 bits. Limits are twice what was seen; logits reach 25.
   */
  @ParameterizedTest
  @CsvSource({"F32, 0.0102", "F16, 0.011", "BF16, 0.14", "Q8_0, 0.48"})
  void logitsAreLlamaCppsUpToItsRoundings(GgmlType type, double limit) {
    GgufFile file = written(new GgufExport(CONFIG, WEIGHTS, type, false));
    double[] ours = logits(file, new Float64(WORKERS), ids());
    double[] theirs = new double[ours.length];
    String key = type.name().toLowerCase(java.util.Locale.ROOT);
    logitsOfLlamaCpp().tensor(key).read(0, theirs, 0, theirs.length);
    double most = 0;
    for (int i = 0; i < ours.length; i++) {
      most = Math.max(most, Math.abs(ours[i] - theirs[i]));
    }
    assertTrue(most < limit && most > limit / 20, "largest difference " + most);
  }

  @Test
  void theVocabularyGivesTheIdsOfItsTokenizer() {
    Tokenizer model = tokenizer().orElseThrow();
    Tokenizer read =
        written(new GgufExport(CONFIG, WEIGHTS, GgmlType.F32, false)).tokenizer().orElseThrow();
    for (String text : List.of("the  men   and\n\n", "<start_of_turn>user\n", "\tÄ<bos>", "")) {
      for (Tokenizer.Specials specials : Tokenizer.Specials.values()) {
        int[] ids = model.encode(text, true, specials);
        assertArrayEquals(ids, read.encode(text, true, specials));
        assertEquals(model.decode(ids), read.decode(ids));
      }
    }
    assertEquals(512, read.vocabSize());
  }

  @Test
  void whatGgufCannotExpressIsRefused() {
    assertRefused(Map.of("query_pre_attn_scalar", 24L), "--fold-query-scale");
    assertRefused(
        Map.of("layer_types", java.util.Collections.nCopies(3, "full_attention")), "layer_types");
    Map<String, Object> none = new LinkedHashMap<>();
    none.put("attn_logit_softcapping", null);
    assertRefused(none, "soft cap");
    none.clear();
    none.put("final_logit_softcapping", null);
    assertRefused(none, "soft cap");
    assertRefused(Map.of("tie_word_embeddings", false), "lm_head");
  }

  private static void assertRefused(Map<String, Object> changed, String part) {
    Gemma2Config config = config(changed);
    String message =
        assertThrows(
                InputException.class, () -> new GgufExport(config, WEIGHTS, GgmlType.F32, false))
            .getMessage();
    assertTrue(message.contains("GGUF cannot express") && message.contains(part), message);
  }

  @Test
  void aQueryScalarCanBeFoldedIntoTheWeights() {
    Gemma2Config config = config(Map.of("query_pre_attn_scalar", 24L));
    GgufExport export = new GgufExport(config, WEIGHTS, GgmlType.F32, true);
    assertTrue(export.notes().get(0).contains("query weights are multiplied by 1.15"));
    double[] expected = logits(config, WEIGHTS, new Float64(WORKERS), ids());
    GgufFile file = written(export);
    double[] folded = logits(file, new Float64(WORKERS), ids());
    // Into the queries: scores would be the same with the factor in the keys.
    double q = first(WEIGHTS.tensor("model.layers.0.self_attn.q_proj.weight"));
    assertEquals(q * Math.sqrt(32 / 24.0), first(file.tensor("blk.0.attn_q.weight")), 1e-8);
    double k = first(WEIGHTS.tensor("model.layers.0.self_attn.k_proj.weight"));
    assertEquals(k, first(file.tensor("blk.0.attn_k.weight")));
    double[] unfolded = logits(CONFIG, WEIGHTS, new Float64(WORKERS), ids());
    double most = 0;
    double effect = 0;
    for (int i = 0; i < expected.length; i++) {
      most = Math.max(most, Math.abs(expected[i] - folded[i]));
      effect = Math.max(effect, Math.abs(expected[i] - unfolded[i]));
    }
    // Query weights are rounded to float32 once more.
    assertTrue(most < 1e-5 && effect > 1e-2, most + " of " + effect);
  }

  private static double first(StoredTensor tensor) {
    double[] one = new double[1];
    tensor.read(0, one, 0, 1);
    return one[0];
  }

  @Test
  void narrowRowsBecomeF16AndThatIsSaid() {
    Gemma2Config config = config(Map.of("intermediate_size", 100L));
    TensorSource weights = new FormulaWeights(config, Knobs.DEFAULT, 3);
    GgufExport export = new GgufExport(config, weights, GgmlType.Q8_0, false);
    assertTrue(
        export
            .notes()
            .contains(
                "3 matrices have rows of 100 elements, no multiple of 32: they are written as F16"),
        export.notes()::toString);
    GgufFile file = written(export);
    assertEquals(GgmlType.F16, file.type("blk.0.ffn_down.weight"));
    assertEquals(GgmlType.Q8_0, file.type("blk.0.ffn_up.weight"));
  }

  @Test
  void anotherRotaryBaseIsWrittenAndSaid() {
    Gemma2Config config = config(Map.of("rope_theta", 500.0));
    GgufExport export = new GgufExport(config, WEIGHTS, GgmlType.F32, false);
    assertTrue(export.notes().get(0).contains("gemma2.rope.freq_base"));
    assertEquals(500, model(written(export)).config().config().ropeTheta());
  }

  @Test
  void whatTheFileLeavesOpenIsListed() {
    GgufFile theirs = GgufFile.of(ByteBuffer.wrap(resource("small-q8_0.gguf")), "theirs");
    ConfigJson.Resolved config = model(theirs).config();
    assertEquals(1e-6, config.config().rmsNormEps());
    assertEquals(
        List.of(
            "rope.freq_base 10000.0",
            "query_pre_attn_scalar 32 (GGUF has no key for it: attention.key_length, P13)",
            "layer_types alternating, the first is local"),
        config.defaults());
  }

  @Test
  void aFailedWriteLeavesNoFile() throws IOException {
    Gemma2Config other = config(Map.of("vocab_size", 400L));
    TensorSource weights = new FormulaWeights(other, Knobs.DEFAULT, 3);
    InputException e =
        assertThrows(
            InputException.class,
            () -> written(new GgufExport(other, weights, GgmlType.F32, false)));
    assertTrue(e.getMessage().contains("500 pieces, and the embedding 400 rows"), e.getMessage());
    try (var files = Files.list(folder)) {
      assertFalse(files.findAny().isPresent());
    }
  }
}
