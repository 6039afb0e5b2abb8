package loupe.golden.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import loupe.golden.GoldenCase;
import loupe.reference.DoubleTensor;
import loupe.reference.FloatFormat;
import loupe.reference.HeapTensor;
import loupe.reference.PortContract;
import loupe.reference.StoredTensor;
import loupe.reference.TensorMap;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Dumps with gaps: Hugging Face's recorded run in bfloat16, of which only some tensors are left.
 */
class LongStepsTest {
  private static final Predicate<String> LOGITS = "hook_logits"::equals;
  private static final Predicate<String> LAYERS =
      LOGITS.or(name -> name.endsWith("hook_resid_post"));

  private static TensorSource some(TensorSource all, Predicate<String> wanted) {
    Map<String, StoredTensor> some = new LinkedHashMap<>();
    all.names().stream().filter(wanted).forEach(name -> some.put(name, all.tensor(name)));
    return new TensorMap("a dump with gaps", some);
  }

  private static Report grade(GoldenCase golden, TensorSource dump) {
    return new Grader(golden.config(), golden.model(), Workers.of(1))
        .grade(
            golden.tokenIds(),
            dump,
            List.of(Candidate.anyOrder(FloatFormat.BF16, PortContract.ELEMENTARY_ULP)));
  }

  @Test
  void logitsAloneAreJudgedByWhatSuchProgramsMake() {
    GoldenCase golden = GoldenCase.of("mqa");
    Report report = grade(golden, some(golden.bf16Trace().orElseThrow(), LOGITS));
    assertEquals(Verdict.PLAUSIBLE, report.tensors().get(0).verdict());
    TensorGrade logits = report.tensors().get(0);
    double limit = logits.worst().orElseThrow().bound() / logits.scale();
    assertTrue(limit < 0.75, "limit " + limit);
    assertTrue(report.premises().contains("measured, not proven"), report.premises());
  }

  @ParameterizedTest
  @ValueSource(strings = {"mild", "mqa"})
  void layerOutputsPass(String id) {
    GoldenCase golden = GoldenCase.of(id);
    Report report = grade(golden, some(golden.bf16Trace().orElseThrow(), LAYERS));
    assertEquals(Report.Outcome.PASS, report.outcome(), report.firstDivergence()::toString);
  }

  @Test
  void wrongLogitsAloneAreImplausibleThoughTheirBoundAdmitsThem() {
    GoldenCase golden = GoldenCase.of("mqa");
    StoredTensor logits = golden.bf16Trace().orElseThrow().tensor("hook_logits");
    double[] values = new double[(int) logits.elementCount()];
    logits.read(0, values, 0, values.length);
    double[] shifted = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      shifted[i] = values[(i + 1) % values.length];
    }
    int width = golden.config().dVocab();
    HeapTensor wrong =
        new HeapTensor("hook_logits", new DoubleTensor(shifted, values.length / width, width));
    Report report = grade(golden, new TensorMap("a dump with gaps", Map.of("hook_logits", wrong)));
    assertEquals(Report.Outcome.FAIL, report.outcome());
    TensorGrade first = report.firstDivergence().orElseThrow();
    assertEquals(Verdict.IMPLAUSIBLE, first.verdict());
    assertEquals("measured", first.reason());
    assertTrue(first.ratio() > 1);
  }

  @Test
  void whereSuchProgramsAreFarApartNothingIsDecided() {
    GoldenCase hot = GoldenCase.of("hot");
    TensorSource truth = some(hot.trace(), LOGITS);
    assertEquals(Report.Outcome.UNDECIDABLE, grade(hot, truth).outcome());
  }

  @Test
  void aDumpWithoutGapsKeepsItsProvenVerdicts() {
    GoldenCase golden = GoldenCase.of("mild");
    Report report = grade(golden, golden.bf16Trace().orElseThrow());
    assertTrue(report.tensors().stream().noneMatch(grade -> grade.verdict() == Verdict.PLAUSIBLE));
  }
}
