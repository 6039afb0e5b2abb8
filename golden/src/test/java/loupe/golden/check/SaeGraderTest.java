package loupe.golden.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import loupe.golden.GoldenCase;
import loupe.golden.GoldenSae;
import loupe.reference.DoubleTensor;
import loupe.reference.FloatFormat;
import loupe.reference.HeapTensor;
import loupe.reference.PortContract;
import loupe.reference.StoredTensor;
import loupe.reference.TensorMap;
import loupe.reference.Workers;
import loupe.sae.AttachedSae;
import loupe.sae.JumpReluSae;
import loupe.sae.SaeWeights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SaeGraderTest {
  private static final List<String> NAMES = List.of("pre", "features", "reconstruction");

  static Stream<String> saes() {
    return GoldenSae.ids().stream();
  }

  private static SaeGrader grader(GoldenSae golden) {
    return new SaeGrader(
        arithmetic ->
            new AttachedSae(
                golden.id(),
                new JumpReluSae(arithmetic, SaeWeights.load(golden.parameters(), arithmetic)),
                golden.attachment()),
        Workers.of(1));
  }

  private static Map<String, StoredTensor> truth(GoldenSae golden, List<String> names) {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    names.forEach(name -> tensors.put(name, golden.truth().tensor(name)));
    return tensors;
  }

  private static Report grade(
      GoldenSae golden, Map<String, StoredTensor> tensors, FloatFormat format, boolean withInput) {
    GoldenCase model = golden.goldenCase();
    Optional<StoredTensor> own =
        withInput
            ? Optional.of(model.trace().tensor(golden.attachment().input()))
            : Optional.empty();
    return grader(golden)
        .grade(
            new SaeGrader.Input(
                own,
                model.config(),
                model.model(),
                model.tokenIds(),
                new TensorMap("none", Map.of())),
            tensors,
            List.of(Candidate.anyOrder(format, PortContract.ELEMENTARY_ULP)));
  }

  private static double[] values(StoredTensor tensor) {
    double[] values = new double[(int) tensor.elementCount()];
    tensor.read(0, values, 0, values.length);
    return values;
  }

  private static StoredTensor changed(StoredTensor tensor, UnaryOperator<double[]> change) {
    long[] shape = tensor.shape();
    return new HeapTensor(
        tensor.name(),
        new DoubleTensor(change.apply(values(tensor)), (int) shape[0], (int) shape[1]));
  }

  @ParameterizedTest
  @MethodSource("saes")
  void theTruthPassesAndNoNameIsMissing(String id) {
    GoldenSae golden = GoldenSae.of(id);
    Report report = grade(golden, truth(golden, NAMES), FloatFormat.F64, true);
    assertEquals(Report.Outcome.PASS, report.outcome(), report.firstDivergence()::toString);
    assertEquals(NAMES, report.tensors().stream().map(TensorGrade::name).toList());
  }

  @ParameterizedTest
  @MethodSource("saes")
  void theInputCanBeComputedFromTheModel(String id) {
    GoldenSae golden = GoldenSae.of(id);
    Report report = grade(golden, truth(golden, NAMES), FloatFormat.F64, false);
    assertTrue(report.outcome() != Report.Outcome.FAIL, report.firstDivergence()::toString);
  }

  @Test
  void aThresholdThatIsNotStrictFailsAtTheFeatureThatStandsOnIt() {
    GoldenSae golden = GoldenSae.of("hot-res");
    Map<String, StoredTensor> tensors = truth(golden, List.of("pre", "features"));
    double[] pre = values(tensors.get("pre"));
    double[] threshold = values(golden.parameters().tensor("threshold"));
    tensors.put(
        "features",
        changed(
            tensors.get("features"),
            features -> {
              for (int i = 0; i < features.length; i++) {
                features[i] = pre[i] >= threshold[i % threshold.length] ? pre[i] : 0;
              }
              return features;
            }));
    TensorGrade first =
        grade(golden, tensors, FloatFormat.F64, true).firstDivergence().orElseThrow();
    assertEquals("features", first.name());
    assertEquals(3, first.worst().orElseThrow().index()[1]);
    assertEquals(0, first.worst().orElseThrow().ours());
  }

  @Test
  void aFeatureWithinTheBoundOfItsThresholdIsUndecidable() {
    GoldenSae golden = GoldenSae.of("hot-res");
    Map<String, StoredTensor> tensors = truth(golden, List.of("features"));
    double[] threshold = values(golden.parameters().tensor("threshold"));
    double[] pre = values(golden.truth().tensor("pre"));
    // Feature 3 stands on its threshold: any rounding of the sum before may turn it on.
    tensors.put(
        "features",
        changed(
            tensors.get("features"),
            features -> {
              for (int i = 0; i < features.length; i++) {
                boolean isOn = i % threshold.length == 3 && pre[i] == threshold[3];
                features[i] = (float) (isOn ? pre[i] : features[i]);
              }
              return features;
            }));
    Report report = grade(golden, tensors, FloatFormat.F32, true);
    assertEquals(Report.Outcome.UNDECIDABLE, report.outcome(), report.firstDivergence()::toString);
    assertEquals(Report.Outcome.FAIL, grade(golden, tensors, FloatFormat.F64, true).outcome());
  }

  @Test
  void eachTensorIsJudgedFromTheOnesBefore() {
    GoldenSae golden = GoldenSae.of("reversed-res");
    Map<String, StoredTensor> tensors = truth(golden, NAMES);
    tensors.put(
        "pre",
        changed(
            tensors.get("pre"),
            pre -> {
              pre[7] += 1;
              return pre;
            }));
    Report report = grade(golden, tensors, FloatFormat.F64, true);
    assertEquals("pre", report.firstDivergence().orElseThrow().name());
    assertEquals(Verdict.INSIDE, report.tensors().get(2).verdict());
  }

  @Test
  void namesOfSaeLensAreKnown() {
    assertEquals(Optional.of("pre"), SaeGrader.known("blocks.3.hook_resid_post.hook_sae_acts_pre"));
    assertEquals(Optional.of("features"), SaeGrader.known("hook_sae_acts_post"));
    assertEquals(Optional.empty(), SaeGrader.known("blocks.3.mlp.hook_pre_linear"));
    assertTrue(SaeGrader.isInput("hook_sae_input"));
  }
}
