package loupe.golden.check;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.golden.GoldenCase;
import loupe.reference.DoubleTensor;
import loupe.reference.FloatFormat;
import loupe.reference.HeapTensor;
import loupe.reference.InputException;
import loupe.reference.PortContract;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GraderTest {
  private static final GoldenCase MILD = GoldenCase.of("mild");

  /** Tensors in memory. */
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
      return "a dump in memory";
    }

    static Tensors copyOf(TensorSource source) {
      Map<String, StoredTensor> all = new LinkedHashMap<>();
      source.names().forEach(name -> all.put(name, source.tensor(name)));
      return new Tensors(all);
    }

    Tensors with(String name, double[] values, int... shape) {
      tensors.put(name, new HeapTensor(name, new DoubleTensor(values, shape)));
      return this;
    }

    /** One element replaced. */
    Tensors with(String name, int index, double value) {
      double[] values = values(name);
      values[index] = value;
      long[] shape = tensor(name).shape();
      int[] axes = new int[shape.length];
      for (int axis = 0; axis < axes.length; axis++) {
        axes[axis] = (int) shape[axis];
      }
      return with(name, values, axes);
    }

    double[] values(String name) {
      StoredTensor tensor = tensor(name);
      double[] values = new double[(int) tensor.elementCount()];
      tensor.read(0, values, 0, values.length);
      return values;
    }

    Tensors without(String name) {
      tensors.remove(name);
      return this;
    }
  }

  private static Report grade(GoldenCase golden, TensorSource dump, FloatFormat format) {
    return new Grader(golden.config(), golden.model(), Workers.of(1))
        .grade(golden.tokenIds(), dump, Candidate.anyOrder(format, PortContract.ELEMENTARY_ULP));
  }

  private static TensorGrade of(Report report, String name) {
    return report.tensors().stream()
        .filter(grade -> grade.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"mild", "hot", "f32", "mqa", "big27", "nocap", "reversed", "single"})
  void theTruthPassesAsFloat64(String id) {
    GoldenCase golden = GoldenCase.of(id);
    Report report = grade(golden, golden.trace(), FloatFormat.F64);
    assertEquals(Report.Outcome.PASS, report.outcome(), report.firstDivergence()::toString);
    assertEquals(golden.trace().names().size(), report.tensors().size());
    assertEquals(List.of(), report.skipped());
  }

  @ParameterizedTest
  @ValueSource(strings = {"mild", "mqa"})
  void huggingFaceInBfloat16Passes(String id) {
    GoldenCase golden = GoldenCase.of(id);
    Report report = grade(golden, golden.bf16Trace().orElseThrow(), FloatFormat.BF16);
    assertEquals(Report.Outcome.PASS, report.outcome(), report.firstDivergence()::toString);
    TensorGrade q = of(report, "blocks.1.attn.hook_q");
    assertEquals(Verdict.BIT_EQUAL, q.verdict());
    assertEquals(q.elements(), q.equal());
  }

  @Test
  void huggingFaceInBfloat16IsNoFloat32() {
    Report report = grade(MILD, MILD.bf16Trace().orElseThrow(), FloatFormat.F32);
    assertEquals(Report.Outcome.FAIL, report.outcome());
    assertEquals("hook_embed", report.firstDivergence().orElseThrow().name());
  }

  @Test
  void oneWrongElementIsFoundWhereItIsAndNowhereElse() {
    String name = "blocks.2.mlp.hook_pre";
    Tensors dump = Tensors.copyOf(MILD.trace());
    int width = MILD.config().dMlp();
    double right = dump.values(name)[3 * width + 5];
    dump.with(name, 3 * width + 5, right * (1 + 1e-9));

    Report report = grade(MILD, dump, FloatFormat.F64);

    assertEquals(Report.Outcome.FAIL, report.outcome());
    TensorGrade first = report.firstDivergence().orElseThrow();
    assertEquals(name, first.name());
    assertEquals("bound", first.reason());
    TensorGrade.Worst worst = first.worst().orElseThrow();
    assertArrayEquals(new int[] {3, 5}, worst.index());
    assertEquals(right, worst.ours(), Math.abs(right) * 1e-14);
    assertEquals(right * (1 + 1e-9), worst.theirs());
    assertTrue(worst.bound() < Math.abs(right) * 1e-13, worst.toString());
    assertEquals(Math.abs(right) * 1e-9, first.added(), Math.abs(right) * 1e-13);
    // The next step is judged from the wrong value, and finds that it was not used.
    List<String> bad =
        report.tensors().stream()
            .filter(grade -> grade.verdict().isBad())
            .map(TensorGrade::name)
            .toList();
    assertEquals(List.of(name, "blocks.2.mlp.hook_post"), bad);
  }

  @Test
  void addedAndInheritedErrorsComeApart() {
    // A port that went wrong in layer 1 and from there on did all right.
    Tensors dump = Tensors.copyOf(MILD.trace());
    String name = "blocks.1.attn.hook_out";
    dump.tensors()
        .keySet()
        .removeIf(other -> !other.equals(name) && !other.equals("blocks.1.hook_attn_out"));
    double[] values = dump.values(name);
    double[] normalized = dump.values("blocks.1.hook_attn_out");
    for (int i = 0; i < values.length; i++) {
      values[i] *= 1.5; // RMSNorm takes it away again, but for its epsilon.
    }
    dump.with(name, values, 13, MILD.config().dModel());

    Report report = grade(MILD, dump, FloatFormat.F32);

    TensorGrade out = of(report, name);
    assertTrue(out.added() > 0.3 * out.scale() && out.inherited() < 1e-6 * out.scale());
    TensorGrade after = of(report, "blocks.1.hook_attn_out");
    assertTrue(after.added() < 1e-4 * after.scale(), after.toString());
    assertEquals(13 * MILD.config().dModel(), normalized.length);
  }

  @Test
  void aGapMakesALongerStepWithAWiderBound() {
    Tensors dump = Tensors.copyOf(MILD.trace());
    double whole =
        of(grade(MILD, dump, FloatFormat.F64), "hook_logits").worst().orElseThrow().bound();
    Map<String, StoredTensor> only = new LinkedHashMap<>();
    only.put("hook_logits", dump.tensor("hook_logits"));

    Report report = grade(MILD, new Tensors(only), FloatFormat.F64);

    assertEquals(Report.Outcome.PASS, report.outcome());
    assertEquals(1, report.tensors().size());
    assertTrue(report.tensors().get(0).worst().orElseThrow().bound() > 10 * whole);
  }

  @Test
  void anotherNumberOfPositionsIsGradedNotRefused() {
    Tensors dump = Tensors.copyOf(MILD.trace());
    int width = MILD.config().dModel();
    dump.with("hook_embed", new double[14 * width], 14, width);

    Report report = grade(MILD, dump, FloatFormat.F64);

    TensorGrade first = report.firstDivergence().orElseThrow();
    assertEquals("hook_embed", first.name());
    assertEquals("shape", first.reason());
    assertTrue(first.worst().isEmpty());
    assertArrayEquals(new long[] {14, width}, first.theirShape());
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void whatIsNotFiniteFailsAndIsNotCarriedOn(double value) {
    Tensors dump = Tensors.copyOf(MILD.trace()).with("blocks.0.attn.hook_out", 7, value);

    Report report = grade(MILD, dump, FloatFormat.F64);

    TensorGrade first = report.firstDivergence().orElseThrow();
    assertEquals("blocks.0.attn.hook_out", first.name());
    assertEquals("not finite", first.reason());
    assertArrayEquals(new int[] {0, 7}, first.worst().orElseThrow().index());
    assertEquals(1, report.tensors().stream().filter(grade -> grade.verdict().isBad()).count());
  }

  @Test
  void hugeValuesEndThePassAndTheRestIsSkippedWithTheReason() {
    Tensors dump = Tensors.copyOf(MILD.trace());
    double[] values = dump.values("blocks.0.hook_resid_post");
    java.util.Arrays.fill(values, 1e300);
    dump.with("blocks.0.hook_resid_post", values, 13, MILD.config().dModel());
    dump.without("blocks.1.hook_resid_pre");

    Report report = grade(MILD, dump, FloatFormat.F64);

    assertEquals("blocks.0.hook_resid_post", report.firstDivergence().orElseThrow().name());
    assertTrue(report.skipped().stream().anyMatch(one -> one.name().equals("hook_logits")));
    assertTrue(report.skipped().get(0).reason().contains("not finite"), report::toString);
  }

  @Test
  void scoresOutsideOfMaskAndWindowDoNotCount() {
    Tensors dump = Tensors.copyOf(MILD.trace());
    // Layer 0 is local with a window of 3: query 5 does not see key 2, nor key 6.
    dump.with("blocks.0.attn.hook_scores_capped", 5 * 13 + 2, -1e38);
    dump.with("blocks.0.attn.hook_scores_raw", 5 * 13 + 6, Double.NaN);
    assertEquals(Report.Outcome.PASS, grade(MILD, dump, FloatFormat.F64).outcome());

    dump.with("blocks.0.attn.hook_scores_raw", 5 * 13 + 3, Double.NaN);
    assertEquals(
        "blocks.0.attn.hook_scores_raw",
        grade(MILD, dump, FloatFormat.F64).firstDivergence().orElseThrow().name());
  }

  @Test
  void aPatternMustBeZeroWhereTheWindowEnds() {
    Tensors dump = Tensors.copyOf(MILD.trace());
    dump.with("blocks.0.attn.hook_pattern", 5 * 13 + 2, 1e-30);
    TensorGrade first = grade(MILD, dump, FloatFormat.F64).firstDivergence().orElseThrow();
    assertEquals("blocks.0.attn.hook_pattern", first.name());
    assertArrayEquals(new int[] {0, 5, 2}, first.worst().orElseThrow().index());
    assertEquals(0, first.worst().orElseThrow().bound());
  }

  @Test
  void nothingInCommonIsAnError() {
    Tensors dump = new Tensors(new LinkedHashMap<>());
    dump.with("model.layers.0", new double[3], 3);
    InputException e = assertThrows(InputException.class, () -> grade(MILD, dump, FloatFormat.F64));
    assertTrue(e.getMessage().contains("a dump in memory"), e.getMessage());
  }

  @Test
  void unknownNamesAreSkippedWithTheReason() {
    Tensors dump = Tensors.copyOf(MILD.trace()).with("extra", new double[3], 3);
    Report report = grade(MILD, dump, FloatFormat.F64);
    assertEquals(Report.Outcome.PASS, report.outcome());
    assertEquals("extra", report.skipped().get(0).name());
  }
}
