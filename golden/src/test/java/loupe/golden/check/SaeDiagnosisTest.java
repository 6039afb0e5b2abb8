package loupe.golden.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import loupe.golden.GoldenCase;
import loupe.golden.GoldenSae;
import loupe.golden.ModelParts;
import loupe.golden.PublishedPolicy;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.SaeParts;
import loupe.golden.quirk.Zoo;
import loupe.reference.Arithmetic;
import loupe.reference.Float32;
import loupe.reference.FloatFormat;
import loupe.reference.FloatTensor;
import loupe.reference.HeapTensor;
import loupe.reference.Hooks;
import loupe.reference.PortContract;
import loupe.reference.Rounded;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorMap;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import loupe.sae.AttachedSae;
import loupe.sae.Attachment;
import loupe.sae.JumpReluSae;
import loupe.sae.SaeWeights;
import loupe.sae.Site;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Dumps of an SAE with a known bug fail, and the bug is named. */
class SaeDiagnosisTest {
  private static final Workers ONE = Workers.of(1);
  private static final Attachment AT = Attachment.of(Site.RES, 0);
  private static final TensorSource NOTHING = new TensorMap("no dump", Map.of());
  private static final int ROWS = 7;
  private static final int WIDTH = 19;
  private static final int FEATURES = 67;

  /** What an SAE reads, and what it is made of. */
  private record Given(float[] rows, TensorSource parameters) {
    StoredTensor input() {
      return new HeapTensor("input", new FloatTensor(rows, ROWS, WIDTH));
    }
  }

  /** On the grid of the program, which so holds them exactly. */
  private static float[] random(Random random, FloatFormat grid, double size, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) grid.round(size * random.nextGaussian());
    }
    return values;
  }

  /**
   * No direction has length 1, no bias is small, no two thresholds are alike; more than five
   * features fire in a row, and feature 4 stands exactly on its threshold in row 2.
   */
  private static Given given(long seed, FloatFormat grid) {
    Random random = new Random(seed);
    float[] rows = random(random, grid, 3, ROWS * WIDTH);
    float[] encoder = random(random, grid, 0.4, WIDTH * FEATURES);
    float[] bias = random(random, grid, 0.7, FEATURES);
    float[] threshold = random(random, grid, 1.5, FEATURES);
    for (int i = 0; i < FEATURES; i++) {
      threshold[i] = Math.abs(threshold[i]);
    }
    for (int k = 0; k < WIDTH; k++) {
      encoder[k * FEATURES + 4] = k == 11 ? 1 : 0;
    }
    bias[4] = 0;
    threshold[4] = rows[2 * WIDTH + 11] = 1.375f;
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    put(tensors, "W_enc", encoder, WIDTH, FEATURES);
    put(tensors, "b_enc", bias, FEATURES);
    put(tensors, "W_dec", random(random, grid, 0.4, FEATURES * WIDTH), FEATURES, WIDTH);
    put(tensors, "b_dec", random(random, grid, 0.9, WIDTH), WIDTH);
    put(tensors, "threshold", threshold, FEATURES);
    return new Given(rows, new TensorMap("parameters", tensors));
  }

  private static void put(
      Map<String, StoredTensor> tensors, String name, float[] values, int... shape) {
    tensors.put(name, new HeapTensor(name, new FloatTensor(values, shape)));
  }

  private static Map<String, StoredTensor> dump(JumpReluSae sae, Tensor rows, List<String> names) {
    JumpReluSae.Encoding encoding = sae.encode(rows);
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    tensors.put("pre", new HeapTensor("pre", encoding.pre()));
    tensors.put("features", new HeapTensor("features", encoding.features()));
    tensors.put(
        "reconstruction", new HeapTensor("reconstruction", sae.decode(encoding.features())));
    tensors.keySet().retainAll(names);
    return tensors;
  }

  private static Report report(
      Quirk quirk, Arithmetic arithmetic, FloatFormat format, List<String> names) {
    Given given = given(20250711, format);
    JumpReluSae wrong = quirk.applyTo(new SaeParts(given.parameters, arithmetic, false)).sae();
    Tensor rows = new FloatTensor(given.rows, ROWS, WIDTH);
    Function<Arithmetic, AttachedSae> right =
        a -> new AttachedSae("mine", new JumpReluSae(a, SaeWeights.load(given.parameters, a)), AT);
    return new SaeGrader(right, ONE)
        .grade(
            new SaeGrader.Input(Optional.of(given.input()), null, null, new int[0], NOTHING),
            dump(wrong, arithmetic.tensor(rows.toDoubles(), ROWS, WIDTH), names),
            Candidate.of(format, PortContract.ELEMENTARY_ULP));
  }

  private static Stream<Quirk> bugs() {
    return Zoo.all().stream().filter(quirk -> quirk.part() == Quirk.Part.SAE);
  }

  /** Whether a bug is first, or explains as much as the first, to the bit. */
  private static String missed(Quirk quirk, Report report) {
    List<Diagnosis> found = report.diagnosis();
    boolean isNamed =
        found.stream()
            .anyMatch(
                one ->
                    one.quirk().equals(quirk)
                        && one.isWhole()
                        && one.equal() == found.get(0).equal());
    return isNamed
        ? ""
        : "%s: %s at %s, %s%n"
            .formatted(
                quirk.name(),
                report.outcome(),
                report.firstDivergence().map(TensorGrade::name).orElse("nowhere"),
                found.stream().map(d -> d.quirk().name() + " " + d.fit()).toList());
  }

  @ParameterizedTest
  @MethodSource
  void everyBugInFloat32IsNamedWhateverTheDumpHolds(List<String> names) {
    StringBuilder missed = new StringBuilder();
    bugs()
        // What its own sum rounds decides about the feature on its threshold.
        .filter(q -> names.contains("pre") || !q.name().equals("sae-at-or-above-threshold"))
        .forEach(
            q -> missed.append(missed(q, report(q, new Float32(ONE), FloatFormat.F32, names))));
    assertEquals("", missed.toString());
  }

  static Stream<List<String>> everyBugInFloat32IsNamedWhateverTheDumpHolds() {
    return Stream.of(
        List.of("pre", "features", "reconstruction"), List.of("features", "reconstruction"));
  }

  @Test
  void everyBugInBfloat16ThatIsNoRoundingIsNamed() {
    StringBuilder missed = new StringBuilder();
    List<String> names = List.of("pre", "features", "reconstruction");
    bugs()
        .filter(quirk -> !quirk.isRounding())
        .forEach(
            quirk -> {
              Arithmetic a = new Rounded(PublishedPolicy.of("bf16-hf").rounding(), ONE);
              missed.append(missed(quirk, report(quirk, a, FloatFormat.BF16, names)));
            });
    assertEquals("", missed.toString());
  }

  @Test
  void twoBugsOfAnSaeAreBothNamed() {
    Given given = given(5, FloatFormat.F32);
    Quirk first = Zoo.of("sae-b-enc-missing");
    Quirk second = Zoo.of("sae-threshold-subtracted");
    Arithmetic arithmetic = new Float32(ONE);
    JumpReluSae wrong =
        second.applyTo(first.applyTo(new SaeParts(given.parameters, arithmetic, false))).sae();
    Function<Arithmetic, AttachedSae> right =
        a -> new AttachedSae("mine", new JumpReluSae(a, SaeWeights.load(given.parameters, a)), AT);
    Report report =
        new SaeGrader(right, ONE)
            .grade(
                new SaeGrader.Input(Optional.of(given.input()), null, null, new int[0], NOTHING),
                dump(wrong, new FloatTensor(given.rows, ROWS, WIDTH), List.of("pre", "features")),
                Candidate.of(FloatFormat.F32, PortContract.ELEMENTARY_ULP));
    assertEquals(first, report.diagnosis().get(0).quirk());
    assertEquals(second, report.diagnosis().get(1).quirk());
    assertEquals(List.of(first), report.diagnosis().get(1).besides());
    assertEquals(1, report.diagnosis().get(1).fit());
  }

  static Stream<Quirk> misreadings() {
    return Zoo.all().stream().filter(quirk -> quirk.part() == Quirk.Part.READING);
  }

  /** The SAE is right, and reads a wrong tensor; the dump has its features alone. */
  @ParameterizedTest
  @MethodSource("misreadings")
  void aWrongTensorThatIsReadIsNamed(Quirk quirk) {
    String id =
        Zoo.killers(quirk.name()).keySet().stream()
            .filter(GoldenSae.ids()::contains)
            .findFirst()
            .orElseThrow();
    GoldenSae golden = GoldenSae.of(id);
    GoldenCase model = golden.goldenCase();
    Arithmetic arithmetic = new Float32(ONE);
    String site = golden.attachment().input();
    Map<String, Tensor> read = new LinkedHashMap<>();
    ModelParts parts = ModelParts.of(model.config(), model.model(), arithmetic);
    loupe.gemma2.Gemma2 reader = quirk.applyTo(parts).model();
    reader.forward(
        model.tokenIds(),
        new Hooks(reader.hookPoints()).read(site, (n, value, rows) -> read.put(n, value)));
    Function<Arithmetic, AttachedSae> right =
        a ->
            new AttachedSae(
                id,
                new JumpReluSae(a, SaeWeights.load(golden.parameters(), a)),
                golden.attachment());
    AttachedSae sae = right.apply(arithmetic);
    for (boolean hasRightInput : new boolean[] {false, true}) {
      Optional<StoredTensor> own =
          hasRightInput ? Optional.of(model.trace().tensor(site)) : Optional.empty();
      Report report =
          new SaeGrader(right, ONE)
              .grade(
                  new SaeGrader.Input(
                      own,
                      model.config(),
                      model.model(),
                      model.tokenIds(),
                      hasRightInput ? model.trace() : NOTHING),
                  dump(sae.sae(), read.get(site), List.of("pre", "features")),
                  Candidate.of(FloatFormat.F32, PortContract.ELEMENTARY_ULP));
      assertTrue(report.outcome() != Report.Outcome.PASS, report.outcome().text());
      assertEquals("", missed(quirk, report));
    }
  }
}
