package loupe.golden.check;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.golden.Dump;
import loupe.golden.GoldenCase;
import loupe.golden.ModelParts;
import loupe.golden.PublishedPolicy;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.reference.Arithmetic;
import loupe.reference.Float32;
import loupe.reference.FloatFormat;
import loupe.reference.PortContract;
import loupe.reference.Rounded;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Dumps of programs with a known bug fail where the bug is, and the bug is named. */
class DiagnosisTest {
  private static Report report(
      GoldenCase golden, Arithmetic arithmetic, FloatFormat format, Quirk quirk) {
    return grade(golden, new Dump().of(golden, arithmetic, quirk), format);
  }

  static Report grade(GoldenCase golden, Dump dump, FloatFormat format) {
    return new Grader(golden.config(), golden.model(), Workers.of(1))
        .grade(golden.tokenIds(), dump, Candidate.of(format, PortContract.ELEMENTARY_ULP));
  }

  private static String kind(String name) {
    return name.startsWith("blocks.") ? name.substring(name.indexOf('.', 7) + 1) : name;
  }

  /** Where the bug may show first: a program with another mask need not have all scores. */
  private static boolean isWhereTheBugIs(String first, Quirk quirk, GoldenCase golden) {
    boolean isMask = quirk.operation().equals("attn.hook_pattern");
    return first.equals(quirk.operation())
        || first.equals(kind(Zoo.killers(quirk.name()).get(golden.id())))
        || quirk.operation().equals("ln1.hook_normalized")
        || isMask && first.startsWith("attn.hook_scores");
  }

  /** Whether a bug is first, or explains to the bit as much as the first. */
  static boolean isFirst(Quirk quirk, List<Diagnosis> found) {
    return found.stream()
        .anyMatch(
            one ->
                one.quirk().equals(quirk)
                    && one.explains() == found.get(0).explains()
                    && one.equal() == found.get(0).equal());
  }

  private static List<Quirk> shown(GoldenCase golden) {
    return Zoo.all().stream()
        .filter(quirk -> Set.of(Quirk.Part.MODEL, Quirk.Part.PROMPT).contains(quirk.part()))
        .filter(quirk -> Zoo.killers(quirk.name()).containsKey(golden.id()))
        .toList();
  }

  private static String missed(GoldenCase golden, Quirk quirk, Report report) {
    String first = report.firstDivergence().map(grade -> kind(grade.name())).orElse("nowhere");
    boolean isRight = isWhereTheBugIs(first, quirk, golden) && isFirst(quirk, report.diagnosis());
    return isRight
        ? ""
        : "%s, %s: %s at %s, %s%n"
            .formatted(
                golden.id(),
                quirk.name(),
                report.outcome(),
                first,
                report.diagnosis().stream().map(one -> one.quirk().name()).toList());
  }

  /** Rounding the embedding's factor, and GELU by a table, are policies of engines in float32. */
  @ParameterizedTest
  @ValueSource(strings = {"mild", "nocap", "mqa"})
  void everyBugInFloat32IsFoundWhereItIsAndNamed(String id) {
    Set<String> policies = Set.of("embed-scale-bf16", "gelu-f16-table");
    GoldenCase golden = GoldenCase.of(id);
    StringBuilder missed = new StringBuilder();
    for (Quirk quirk : shown(golden)) {
      if (!policies.contains(quirk.name())) {
        Report report = report(golden, new Float32(Workers.of(1)), FloatFormat.F32, quirk);
        missed.append(missed(golden, quirk, report));
      }
    }
    assertEquals("", missed.toString());
  }

  /**
   * In bfloat16 a program may round by right what is a bug in float32; eps, and the error of a
   * fraction for tanh, are lost in a rounding. Bugs of the mask compute scores by hand here,
   * without the roundings of the policy: no program would.
   */
  @Test
  void everyBugInBfloat16ThatIsNoRoundingIsFoundWhereItIsAndNamed() {
    GoldenCase golden = GoldenCase.of("mild");
    StringBuilder missed = new StringBuilder();
    for (Quirk quirk : shown(golden)) {
      boolean isLost = quirk.name().startsWith("eps-") || quirk.name().startsWith("tanh-");
      boolean isMask = quirk.operation().equals("attn.hook_pattern");
      if (!quirk.isRounding() && !isLost && !isMask) {
        Rounded arithmetic = new Rounded(PublishedPolicy.of("bf16-hf").rounding(), Workers.of(1));
        missed.append(missed(golden, quirk, report(golden, arithmetic, FloatFormat.BF16, quirk)));
      }
    }
    assertEquals("", missed.toString());
  }

  @Test
  void twoBugsAtOnceAreBothNamed() {
    GoldenCase golden = GoldenCase.of("mild");
    Quirk scale = Zoo.of("scale-from-head-dim");
    Quirk gelu = Zoo.of("gelu-erf");
    Dump dump = new Dump();
    ModelParts parts = ModelParts.of(golden.config(), golden.model(), new Float32(Workers.of(1)));
    gelu.applyTo(scale.applyTo(parts)).model().forward(golden.tokenIds(), dump);
    Report report = grade(golden, dump, FloatFormat.F32);

    assertEquals("blocks.0.attn.hook_scores_raw", report.firstDivergence().orElseThrow().name());
    assertEquals(scale, report.diagnosis().get(0).quirk());
    Diagnosis second = report.diagnosis().get(1);
    assertEquals(gelu, second.quirk());
    assertEquals(List.of(scale), second.besides());
    assertEquals(1, second.fit());
  }

  @Test
  void aTokenizersBugIsNamedWhereTheTextIsKnown() {
    GoldenCase golden = GoldenCase.of("mild");
    int[] ids = golden.tokenIds();
    int[] wrong = java.util.Arrays.copyOf(ids, ids.length + 2);
    Dump dump = new Dump();
    ModelParts.of(golden.config(), golden.model(), new Float32(Workers.of(1)))
        .model()
        .forward(wrong, dump);
    Report report =
        new Grader(golden.config(), golden.model(), Workers.of(1))
            .grade(
                ids,
                dump,
                Candidate.of(FloatFormat.F32, PortContract.ELEMENTARY_ULP),
                () -> Map.of("tokens-dummy-prefix", wrong));
    assertEquals("shape", report.firstDivergence().orElseThrow().reason());
    assertEquals("tokens-dummy-prefix", report.diagnosis().get(0).quirk().name());
    assertEquals(1, report.diagnosis().get(0).fit());
  }
}
