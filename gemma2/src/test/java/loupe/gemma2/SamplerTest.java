package loupe.gemma2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import loupe.reference.DoubleTensor;
import loupe.reference.InputException;
import loupe.reference.Tensor;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SamplerTest {
  @Test
  void temperatureZeroTakesTheLowestIdOfATie() {
    Tensor logits = row(1, 5, 5, 2);
    assertEquals(1, new Sampler(Sampling.GREEDY).choose(logits, 0));
  }

  @Test
  void theTemperatureDividesTheCappedLogits() {
    double[] p = new Sampler(new Sampling(2, 0, 1, 0)).distribution(row(0, 2), 0).probabilities();
    assertEquals(Math.E / (1 + Math.E), p[0], 1e-15);
  }

  @Test
  void topKKeepsTheMostProbableAndOfTiesTheLowestIds() {
    Sampler.Distribution d = new Sampler(new Sampling(1, 2, 1, 0)).distribution(row(3, 7, 3, 3), 0);
    assertArrayEquals(new int[] {1, 0}, d.ids());
  }

  @Test
  void zerosOfBothSignsTie() {
    Tensor logits = row(-0.0, 0.0, -0.0, -1);
    assertArrayEquals(new int[] {0, 1, 2, 3}, Sampler.mostProbable(logits, 0, 9).ids());
  }

  @Test
  void topPKeepsTheFewestIdsThatReachIt() {
    // Probabilities 0.5, 0.25, 0.25.
    Tensor logits = row(Math.log(2), 0, 0);
    assertEquals(1, new Sampler(new Sampling(1, 0, 0.4, 0)).distribution(logits, 0).ids().length);
    assertEquals(2, new Sampler(new Sampling(1, 0, 0.7, 0)).distribution(logits, 0).ids().length);
    assertEquals(3, new Sampler(new Sampling(1, 0, 1, 0)).distribution(logits, 0).ids().length);
  }

  @Test
  void aSeedMeansTheSameIdsForEver() {
    Tensor logits = row(0, 0.5, 1, 1.5, 0.2, 0.1, 0.9);
    Sampler sampler = new Sampler(new Sampling(1, 0, 1, 42));
    int[] ids = new int[12];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = sampler.choose(logits, 0);
    }
    // Worked out by another program.
    assertArrayEquals(new int[] {1, 3, 3, 2, 3, 5, 3, 4, 2, 6, 3, 6}, ids);
  }

  @Test
  void drawsFollowTheProbabilities() {
    Tensor logits = row(Math.log(0.6), Math.log(0.3), Math.log(0.1));
    Sampler sampler = new Sampler(new Sampling(1, 0, 1, 7));
    int[] counts = new int[3];
    for (int i = 0; i < 10_000; i++) {
      counts[sampler.choose(logits, 0)]++;
    }
    // Six standard deviations of a binomial count.
    assertTrue(Math.abs(counts[0] - 6000) < 294, "seed 7: " + counts[0]);
    assertTrue(Math.abs(counts[1] - 3000) < 275, "seed 7: " + counts[1]);
  }

  @Property
  void aChosenIdIsAlwaysOneThatTheFiltersLeave(
      @ForAll @Size(min = 1, max = 20) List<@DoubleRange(min = -30, max = 30) Double> values,
      @ForAll @DoubleRange(min = 0.1, max = 5) double temperature,
      @ForAll @IntRange(max = 25) int topK,
      @ForAll @DoubleRange(min = 0.01, max = 1) double topP,
      @ForAll long seed) {
    Tensor logits = row(values.stream().mapToDouble(Double::doubleValue).toArray());
    Sampler sampler = new Sampler(new Sampling(temperature, topK, topP, seed));
    Sampler.Distribution d = sampler.distribution(logits, 0);
    int chosen = sampler.choose(logits, 0);
    assertTrue(java.util.Arrays.stream(d.ids()).anyMatch(id -> id == chosen));
    assertTrue(topK == 0 || d.ids().length <= topK);
    assertEquals(1, java.util.Arrays.stream(d.probabilities()).sum(), 1e-12);
  }

  @Property
  void theMostProbableAreTheFirstOfAll(
      @ForAll @Size(min = 1, max = 30) List<@IntRange(min = -9, max = 9) Integer> values,
      @ForAll @IntRange(min = 1, max = 33) int k) {
    Tensor logits = row(values.stream().mapToDouble(Integer::doubleValue).toArray());
    Sampler.Distribution all = new Sampler(new Sampling(1, 0, 1, 0)).distribution(logits, 0);
    Sampler.Distribution few = Sampler.mostProbable(logits, 0, k);
    int count = Math.min(k, values.size());
    assertArrayEquals(java.util.Arrays.copyOf(all.ids(), count), few.ids());
    assertArrayEquals(
        java.util.Arrays.copyOf(all.probabilities(), count), few.probabilities(), 1e-15);
    Sampler topK = new Sampler(new Sampling(1, k, 1, 0));
    assertArrayEquals(few.ids(), topK.distribution(logits, 0).ids());
  }

  @Test
  void manyAreSortedAndFewAreFoundInTheSameOrder() {
    double[] values = new double[5000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i * 7919 % 1237;
    }
    int[] many = Sampler.mostProbable(row(values), 0, 1001).ids();
    int[] few = Sampler.mostProbable(row(values), 0, 1000).ids();
    assertArrayEquals(java.util.Arrays.copyOf(many, 1000), few);
    for (int i = 1; i < many.length; i++) {
      double step = values[many[i - 1]] - values[many[i]];
      assertTrue(step > 0 || step == 0 && many[i - 1] < many[i], "place " + i);
    }
  }

  @Test
  void settingsOutOfRangeAreRefused() {
    assertThrows(InputException.class, () -> new Sampling(-1, 0, 1, 0));
    assertThrows(InputException.class, () -> new Sampling(Double.NaN, 0, 1, 0));
    assertThrows(InputException.class, () -> new Sampling(1, -1, 1, 0));
    assertThrows(InputException.class, () -> new Sampling(1, 0, 0, 0));
  }

  private static Tensor row(double... logits) {
    return new DoubleTensor(logits, 1, logits.length);
  }
}
