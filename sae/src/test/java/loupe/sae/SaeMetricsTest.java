package loupe.sae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalDouble;
import java.util.Random;
import loupe.reference.DoubleTensor;
import loupe.reference.InputException;
import loupe.reference.Tensor;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SaeMetricsTest {
  private static DoubleTensor tensor(int rows, double... values) {
    return new DoubleTensor(values, rows, values.length / rows);
  }

  private static SaeMetrics of(Tensor features, Tensor target, Tensor reconstruction) {
    SaeMetrics metrics = new SaeMetrics(reconstruction.dim(1));
    metrics.add(features, target, reconstruction);
    return metrics;
  }

  @Test
  void computesWhatAHandComputes() {
    SaeMetrics metrics =
        of(tensor(2, 1, 0, 2, 0, 0, 3), tensor(2, 3, 4, 1, 0), tensor(2, 3, 4, 0, 1));
    assertEquals(1.5, metrics.l0().getAsDouble());
    assertEquals(0.2, metrics.fvu().getAsDouble(), 1e-16); // 2 / (2 * 1 + 2 * 4)
    assertEquals(0.5, metrics.mse().getAsDouble());
    assertEquals(0.5, metrics.cosine().getAsDouble());
    assertArrayEquals(new double[] {2, 2}, metrics.targetMean());
    assertEquals(2, metrics.rows());
  }

  @Test
  void aSmallFeatureCountsForL0() {
    assertEquals(2, of(tensor(1, 0.001, 0, 7), tensor(1, 1), tensor(1, 1)).l0().getAsDouble());
  }

  @Test
  void constantTargetsHaveNoFvu() {
    SaeMetrics metrics =
        of(
            tensor(3, 1, 1, 1),
            tensor(3, 0.1, 0.7, 0.1, 0.7, 0.1, 0.7),
            tensor(3, 1, 1, 1, 1, 1, 1));
    assertEquals(OptionalDouble.empty(), metrics.fvu());
    assertTrue(metrics.mse().isPresent());
    assertTrue(metrics.cosine().isPresent());
  }

  @Test
  void aRowOfZerosHasNoCosine() {
    SaeMetrics metrics = of(tensor(2, 1, 1), tensor(2, 0, 0, 1, 2), tensor(2, 1, 1, 1, 1));
    assertEquals(OptionalDouble.empty(), metrics.cosine());
    assertTrue(metrics.fvu().isPresent());
  }

  @Test
  void withoutTargetsThereIsL0Alone() {
    SaeMetrics metrics = new SaeMetrics(4);
    metrics.add(tensor(2, 1, 0, 2, 0));
    assertEquals(1, metrics.l0().getAsDouble());
    assertEquals(OptionalDouble.empty(), metrics.fvu());
    assertEquals(OptionalDouble.empty(), metrics.mse());
    assertEquals(OptionalDouble.empty(), metrics.cosine());
  }

  @Test
  void withoutRowsThereIsNothing() {
    SaeMetrics metrics = new SaeMetrics(4);
    assertEquals(OptionalDouble.empty(), metrics.l0());
    assertEquals(OptionalDouble.empty(), metrics.mse());
    assertEquals(OptionalDouble.empty(), metrics.cosine());
  }

  @Test
  void refusesShapesThatDoNotFit() {
    assertThrows(
        IllegalArgumentException.class,
        () -> of(tensor(2, 1, 1), tensor(2, 1, 2, 3, 4), tensor(1, 1, 2)));
  }

  @Property(tries = 40)
  void portionsDoNotMatter(@ForAll long seed, @ForAll @IntRange(min = 0, max = 9) int cut) {
    Random random = new Random(seed);
    Tensor features = SmallSaes.activations(random, 9, 7);
    Tensor target = SmallSaes.activations(random, 9, 5);
    Tensor reconstruction = SmallSaes.activations(random, 9, 5);
    SaeMetrics whole = of(features, target, reconstruction);
    SaeMetrics parts = new SaeMetrics(5);
    parts.add(features.rows(0, cut), target.rows(0, cut), reconstruction.rows(0, cut));
    parts.add(features.rows(cut, 9), target.rows(cut, 9), reconstruction.rows(cut, 9));
    assertEquals(whole.l0(), parts.l0());
    assertEquals(whole.fvu(), parts.fvu());
    assertEquals(whole.mse(), parts.mse());
    assertEquals(whole.cosine(), parts.cosine());
  }

  @Property(tries = 40)
  void agreesWithTheDefinitionInTwoPassesFarFromZero(@ForAll long seed) {
    Random random = new Random(seed);
    double[] t = new double[60];
    double[] r = new double[60];
    double[] mean = new double[5];
    for (int i = 0; i < 60; i++) {
      t[i] = 1000 * (i % 5) + random.nextGaussian();
      r[i] = t[i] + 0.1 * random.nextGaussian();
      mean[i % 5] += t[i] / 12;
    }
    double error = 0;
    double spread = 0;
    for (int i = 0; i < 60; i++) {
      error += (t[i] - r[i]) * (t[i] - r[i]);
      spread += (t[i] - mean[i % 5]) * (t[i] - mean[i % 5]);
    }
    SaeMetrics metrics = of(new DoubleTensor(new double[12], 12, 1), tensor(12, t), tensor(12, r));
    assertEquals(error / spread, metrics.fvu().getAsDouble(), 1e-11);
    assertEquals(error / 60, metrics.mse().getAsDouble(), 1e-15);
  }

  @Test
  void crossEntropyIsTheMeanOverTokensInNats() {
    Tensor logits = tensor(3, 0, 0, 0, 0, Math.log(3), 0, 0, 0, 50, 0, 0, 0);
    double mean = (Math.log(4) + Math.log(6.0 / 3)) / 2;
    assertEquals(mean, CrossEntropy.of(logits, new int[] {3, 1, 0}).getAsDouble(), 1e-15);
  }

  @Test
  void crossEntropyOfOneTokenIsNotDefined() {
    assertEquals(OptionalDouble.empty(), CrossEntropy.of(tensor(1, 1, 2), new int[] {0}));
  }

  @Test
  void crossEntropyBearsLargeLogits() {
    Tensor logits = tensor(2, 1e4, 1e4 - 1, 0, 0);
    assertEquals(
        Math.log(1 + Math.exp(-1)) + 1,
        CrossEntropy.of(logits, new int[] {0, 1}).getAsDouble(),
        1e-11);
  }

  @Test
  void sequencesOfDifferentLengthWeighByTheirTokens() {
    CrossEntropy both = new CrossEntropy();
    both.add(tensor(2, 0, 0, 0, 0), new int[] {0, 1});
    both.add(new DoubleTensor(new double[12], 3, 4), new int[] {0, 1, 2});
    assertEquals(3, both.count());
    assertEquals((Math.log(2) + 2 * Math.log(4)) / 3, both.mean().getAsDouble(), 1e-15);
  }

  @Test
  void crossEntropyRefusesIdsOutsideTheVocabulary() {
    InputException e =
        assertThrows(
            InputException.class, () -> CrossEntropy.of(tensor(2, 1, 2, 3, 4), new int[] {0, 2}));
    assertTrue(e.getMessage().contains("token id 2 at place 1"), e.getMessage());
    assertThrows(
        IllegalArgumentException.class, () -> CrossEntropy.of(tensor(1, 1, 2), new int[] {0, 1}));
  }

  @Test
  void lossRecoveredDependsOnTheAblation() {
    SpliceLoss loss = new SpliceLoss(2, 2.5, OptionalDouble.of(12), OptionalDouble.of(4));
    assertEquals(0.5, loss.delta());
    assertEquals(0.95, loss.recoveredFromZeroAblation().getAsDouble());
    assertEquals(0.75, loss.recoveredFromMeanAblation().getAsDouble());
    SpliceLoss bare = new SpliceLoss(2, 2.5, OptionalDouble.empty(), OptionalDouble.of(2));
    assertEquals(OptionalDouble.empty(), bare.recoveredFromZeroAblation());
    assertEquals(OptionalDouble.empty(), bare.recoveredFromMeanAblation());
  }
}
