package loupe.golden.dialect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import loupe.golden.GoldenCase;
import loupe.golden.dialect.Dictionary.Dialect;
import loupe.golden.dialect.Dictionary.Entry;
import loupe.golden.dialect.Dictionary.Row;
import loupe.reference.DoubleTensor;
import loupe.reference.HeapTensor;
import loupe.reference.InputException;
import loupe.reference.PartialTensor;
import loupe.reference.StoredTensor;
import loupe.reference.TensorMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DumpReaderTest {
  private static final GoldenCase MILD = GoldenCase.of("mild");
  private static final int POSITIONS = MILD.tokenIds().length;
  private static final Relaid RELAID = new Relaid(MILD.config(), MILD.trace(), POSITIONS);
  private static final Dictionary DICTIONARY = Dictionary.get();

  static Stream<String> dialects() {
    return DICTIONARY.dialects().stream().map(Dialect::name);
  }

  private static DumpReader reader(String... renames) {
    return new DumpReader(
        MILD.config(),
        MILD.model(),
        MILD.tokenIds(),
        new Renaming(List.of(renames), MILD.config().nLayers()));
  }

  private static Reading read(Map<String, StoredTensor> dump, String dialect) {
    return reader().read(new TensorMap("dump", dump), Optional.ofNullable(dialect));
  }

  private static double[] values(StoredTensor tensor) {
    double[] values = new double[(int) tensor.elementCount()];
    tensor.read(0, values, 0, values.length);
    return values;
  }

  /** One entry alone: what is read from it is our tensor, to the last bit. */
  private static void assertReadBack(Dialect dialect, Row row, Entry entry) {
    for (int layer : RELAID.layers(row, entry)) {
      String ours = NamePattern.fill(row.name(), layer);
      String key = RELAID.key(entry, dialect, layer);
      StoredTensor tensor = RELAID.lay(ours, row.shape(), entry.axes());
      Reading reading = read(Map.of(key, tensor), dialect.name());
      if (entry.times().isPresent()) {
        // The scalar of this model is 7, so the factor cannot be undone without a rounding.
        assertTrue(reading.skipped().get(0).reason().contains("power of two"), key);
        continue;
      }
      assertEquals(Map.of(ours, key), reading.names(), reading.skipped()::toString);
      assertArrayEquals(RELAID.values(ours), values(reading.tensors().get(ours)), key);
    }
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void everyNameOfADialectIsReadBack(String name) {
    Dialect dialect = DICTIONARY.dialect(name);
    int entries = 0;
    for (Row row : DICTIONARY.tensors()) {
      for (Entry entry : DICTIONARY.entries(row, name)) {
        assertReadBack(dialect, row, entry);
        entries++;
      }
    }
    assertTrue(entries >= 10, name + " has " + entries);
  }

  /** One name of each tensor, as a program's dump has it. */
  private static Map<String, StoredTensor> wholeDump(String name) {
    Dialect dialect = DICTIONARY.dialect(name);
    Map<String, StoredTensor> dump = new LinkedHashMap<>();
    for (Row row : DICTIONARY.tensors()) {
      List<Entry> entries = DICTIONARY.entries(row, name);
      for (int layer = 0; layer < MILD.config().nLayers(); layer++) {
        for (Entry entry : entries) {
          if (RELAID.layers(row, entry).contains(layer)) {
            String ours = NamePattern.fill(row.name(), layer);
            String key = RELAID.key(entry, dialect, layer);
            dump.putIfAbsent(key, RELAID.lay(ours, row.shape(), entry.axes()));
            break;
          }
        }
      }
    }
    return dump;
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void theDialectOfAWholeDumpIsFoundOut(String name) {
    Reading reading = read(wholeDump(name), null);
    Reading named = read(wholeDump(name), name);
    assertEquals(named.names(), reading.names());
    assertTrue(reading.tensors().size() >= 7 * MILD.config().nLayers(), reading.names()::toString);
    reading
        .tensors()
        .forEach((ours, tensor) -> assertArrayEquals(RELAID.values(ours), values(tensor), ours));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pos head d_head",
        "batch pos head d_head",
        "head pos d_head",
        "batch head pos d_head",
        "pos head*d_head",
        "batch pos head*d_head",
        "pos head_kv group d_head"
      })
  void headsAreRecognisedWhereverTheyStand(String axes) {
    String name = "blocks.1.attn.hook_q";
    StoredTensor tensor = RELAID.lay(name, "pos head d_head", axes);
    Reading reading = read(Map.of(name, tensor), "loupe");
    assertArrayEquals(RELAID.values(name), values(reading.tensors().get(name)));
  }

  @Test
  void aShapeThatMayBeTwoOrdersIsRefused() {
    int[] ids = Arrays.copyOf(MILD.tokenIds(), MILD.config().nHeads());
    DumpReader reader =
        new DumpReader(MILD.config(), MILD.model(), ids, new Renaming(List.of(), 4));
    int heads = MILD.config().nHeads();
    double[] zeros = new double[heads * heads * MILD.config().dHead()];
    StoredTensor square =
        new HeapTensor("q", new DoubleTensor(zeros, heads, heads, MILD.config().dHead()));
    String name = "blocks.1.attn.hook_rot_q";
    TensorMap dump = new TensorMap("dump", Map.of(name, square));
    InputException e =
        assertThrows(
            InputException.class, () -> reader.read(dump, Optional.of("transformer-lens")));
    assertTrue(e.getMessage().contains("[pos, head, d_head] or [head, pos, d_head]"), e::toString);
  }

  @Test
  void aLabelOfSeveralTensorsIsRefusedWithItsReadings() {
    StoredTensor q = RELAID.lay("blocks.0.attn.hook_q", "pos head d_head", "pos head d_head");
    Map<String, StoredTensor> dump = Map.of("Qcur-0", q);
    InputException e = assertThrows(InputException.class, () -> read(dump, "llama.cpp"));
    assertTrue(
        e.getMessage().contains("blocks.0.attn.hook_q or blocks.0.attn.hook_rot_q"), e::toString);
    Reading renamed =
        reader("Qcur-{layer}=blocks.{layer}.attn.hook_q")
            .read(new TensorMap("dump", dump), Optional.of("llama.cpp"));
    assertEquals(Map.of("blocks.0.attn.hook_q", "Qcur-0"), renamed.names());
    Reading without =
        reader("Qcur-{layer}=").read(new TensorMap("dump", dump), Optional.of("llama.cpp"));
    assertEquals("left out by --rename", without.skipped().get(0).reason());
  }

  @Test
  void aNameThatIsAnotherTensorElsewhereIsToldByItsShape() {
    StoredTensor in = RELAID.lay("blocks.0.mlp.hook_in", "pos d_model", "batch pos d_model");
    Reading reading = read(Map.of("blocks.0.mlp.hook_pre", in), null);
    assertEquals("candle-mi", reading.dialect());
    assertEquals(Map.of("blocks.0.mlp.hook_in", "blocks.0.mlp.hook_pre"), reading.names());
    assertTrue(reading.notes().get(0).contains("TransformerLens calls the gate so"));
  }

  @Test
  void rowsOfTheEmbeddingWithoutItsFactorAreNotJudged() {
    double[] scaled = RELAID.values("hook_embed");
    double[] rows = new double[scaled.length];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (float) (scaled[i] / Math.sqrt(MILD.config().dModel()));
    }
    StoredTensor tensor =
        new HeapTensor("e", new DoubleTensor(rows, 1, POSITIONS, MILD.config().dModel()));
    Reading reading = read(Map.of("model.embed_tokens", tensor), "hf");
    assertEquals(Map.of(), reading.names());
    assertTrue(reading.skipped().get(0).reason().contains("without the factor sqrt(d_model)"));
  }

  @Test
  void oneTensorUnderTwoNamesMustBeTheSame() {
    StoredTensor one = RELAID.lay("blocks.0.hook_resid_post", "pos d_model", "batch pos d_model");
    StoredTensor other = RELAID.lay("blocks.1.hook_resid_post", "pos d_model", "batch pos d_model");
    Map<String, StoredTensor> same = new LinkedHashMap<>();
    same.put("model.layers.0", one);
    same.put("model.layers.0.output", one);
    assertEquals("the same as model.layers.0", read(same, "hf").skipped().get(0).reason());
    same.put("model.layers.0.output", other);
    InputException e = assertThrows(InputException.class, () -> read(same, "hf"));
    assertTrue(e.getMessage().contains("model.layers.0 and model.layers.0.output"), e::toString);
  }

  @Test
  void theLastPositionAloneIsReadAsSuch() {
    double[] all = RELAID.values("hook_logits");
    int vocabulary = MILD.config().dVocab();
    double[] last = Arrays.copyOfRange(all, all.length - vocabulary, all.length);
    for (int[] shape : new int[][] {{vocabulary}, {1, vocabulary}, {1, 1, vocabulary}}) {
      StoredTensor tensor = new HeapTensor("logits", new DoubleTensor(last, shape));
      StoredTensor read = read(Map.of("logits", tensor), "hf").tensors().get("hook_logits");
      assertArrayEquals(new long[] {POSITIONS, vocabulary}, read.shape());
      assertEquals(last[3], values(read)[all.length - vocabulary + 3]);
      assertTrue(PartialTensor.isShown(read, all.length - 1));
      assertTrue(!PartialTensor.isShown(read, all.length - vocabulary - 1));
    }
  }

  @Test
  void roomForMoreKeysIsLeftOut() {
    double[] pattern = RELAID.values("blocks.0.attn.hook_pattern");
    int heads = MILD.config().nHeads();
    double[] padded = new double[heads * POSITIONS * 32];
    for (int row = 0; row < heads * POSITIONS; row++) {
      System.arraycopy(pattern, row * POSITIONS, padded, row * 32, POSITIONS);
    }
    StoredTensor tensor = new HeapTensor("p", new DoubleTensor(padded, 1, heads, POSITIONS, 32));
    Reading reading = read(Map.of("kq_soft_max-0", tensor), "llama.cpp");
    assertArrayEquals(pattern, values(reading.tensors().get("blocks.0.attn.hook_pattern")));
  }

  @Test
  void anotherNumberOfPositionsIsLeftToTheJudge() {
    double[] longer = new double[(POSITIONS + 1) * MILD.config().dModel()];
    StoredTensor tensor =
        new HeapTensor("r", new DoubleTensor(longer, POSITIONS + 1, MILD.config().dModel()));
    Reading reading = read(Map.of("blocks.0.hook_resid_post", tensor), null);
    assertArrayEquals(
        new long[] {POSITIONS + 1, MILD.config().dModel()},
        reading.tensors().get("blocks.0.hook_resid_post").shape());
  }

  @Test
  void wrongRulesAndDialectsAreRefused() {
    assertThrows(InputException.class, () -> reader("nonsense"));
    InputException e =
        assertThrows(InputException.class, () -> reader("x=blocks.{layer}.hook_nothing"));
    assertTrue(e.getMessage().contains("hook_nothing"), e::toString);
    assertThrows(InputException.class, () -> read(Map.of(), "pytorch"));
  }
}
