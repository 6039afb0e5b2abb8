package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each rounding by itself: on numbers where it shows. */
class RoundedTest {
  private static final NameGlob ALL = new NameGlob("*");

  /** An arithmetic with roundings to bfloat16 at these points alone. */
  private static Rounded bf16(RoundingPoint... points) {
    List<RoundingPolicy.Rule> rules = new ArrayList<>();
    for (RoundingPoint point : points) {
      rules.add(new RoundingPolicy.Rule(point, FloatFormat.BF16, ALL));
    }
    return new Rounded(new RoundingPolicy("test", FloatFormat.BF16, rules), Workers.of(1));
  }

  private static Tensor row(double... values) {
    return new DoubleTensor(values, 1, values.length);
  }

  private static Weight weight(Rounded a, String name, int rows, double... values) {
    DoubleTensor tensor =
        rows == 0
            ? new DoubleTensor(values, values.length)
            : new DoubleTensor(values, rows, values.length / rows);
    return a.weight(new HeapTensor(name, tensor));
  }

  @Test
  void withoutPointsNothingIsRounded() {
    Rounded a = bf16();
    Float64 exact = new Float64(Workers.of(1));
    Tensor x = row(0.1, -2.3, 17.7, 1e-3);
    SameElements.assertSame(exact.normalize(x, 1e-6), a.normalize(x, 1e-6));
    SameElements.assertSame(exact.gelu(x), a.gelu(x));
    SameElements.assertSame(exact.softcap(x, 3), a.softcap(x, 3));
    Tensor heads = x.reshape(1, 1, 4);
    SameElements.assertSame(
        exact.rotate(heads, new int[] {7}, 100), a.rotate(heads, new int[] {7}, 100));
  }

  @Test
  void theFactorOfTheEmbeddingIsRoundedBeforeItsProduct() {
    Rounded a = bf16(RoundingPoint.EMBED_FACTOR);
    Weight table = weight(a, "e", 1, 1, 3);
    double[] scaled = a.embedScaled(table, new int[] {0}, Math.sqrt(3584)).toDoubles();
    assertArrayEquals(new double[] {59.75, 179.25}, scaled);
  }

  @Test
  void aCoarserPolicyKeepsFewerDigitsOfResultsButAllOfWeights() {
    RoundingPolicy bf16 =
        new RoundingPolicy(
            "test",
            FloatFormat.BF16,
            List.of(
                new RoundingPolicy.Rule(RoundingPoint.WEIGHT, FloatFormat.BF16, ALL),
                new RoundingPolicy.Rule(RoundingPoint.RESIDUAL, FloatFormat.BF16, ALL)));
    Rounded a = new Rounded(bf16.coarser(3), Workers.of(1));
    // Five digits: numbers from 16 to 32 lie 1 apart; 8 bits of the weight are 1.0078125.
    assertArrayEquals(new double[] {17, -24}, a.add(row(17, -24), row(0.375, 0.375)).toDoubles());
    assertArrayEquals(
        new double[] {1.0078125}, a.project(row(1), weight(a, "w", 1, 1.0078125)).toDoubles());
  }

  @Test
  void weightsAreRoundedWhenTheyAreLoaded() {
    Rounded a = bf16(RoundingPoint.WEIGHT);
    double[] y = a.project(row(1), weight(a, "w", 1, 1.001)).toDoubles();
    assertArrayEquals(new double[] {1}, y);
    double[] vector = a.gain(row(1), weight(bf16(RoundingPoint.VECTOR), "w", 0, 0.1)).toDoubles();
    assertArrayEquals(new double[] {1 + 0.10009765625}, vector);
  }

  @Test
  void aRuleMayConcernSomeWeightsOnly() {
    RoundingPolicy policy =
        new RoundingPolicy(
            "test",
            FloatFormat.F32,
            List.of(
                new RoundingPolicy.Rule(
                    RoundingPoint.PROJECT_OUTPUT, FloatFormat.BF16, new NameGlob("*.gate"))));
    Rounded a = new Rounded(policy, Workers.of(1));
    assertEquals(257, a.project(row(257), weight(a, "0.up", 1, 1)).get(0));
    assertEquals(256, a.project(row(257), weight(a, "0.gate", 1, 1)).get(0));
  }

  @Test
  void anEngineRoundsByWayOfFloat32() {
    // Just above the middle of 1 and its neighbour; float32 holds the middle itself.
    double x = 1 + 0x1p-8 + 0x1p-40;
    assertEquals(1 + 0x1p-7, FloatFormat.BF16.round(x));
    assertEquals(1.0, bf16(RoundingPoint.RESIDUAL).add(row(x), row(0)).get(0));
  }

  @Test
  void theCacheHoldsRoundedRows() {
    RowBuffer buffer = bf16(RoundingPoint.CACHE).rowBuffer(1, 2);
    buffer.append(row(257, 1.001));
    assertArrayEquals(new double[] {256, 1}, ((DoubleRows) buffer).snapshot().toDoubles());
  }

  @Test
  void aPositionThatHasNoNumberIsRoundedToItsNeighbour() {
    Tensor q = row(1, 0, 0, 0).reshape(1, 1, 4);
    Rounded a = bf16(RoundingPoint.ROTARY_POSITION);
    SameElements.assertSame(
        a.rotate(q, new int[] {256}, 10000), a.rotate(q, new int[] {257}, 10000));
  }

  @Test
  void anglesMayFollowFromEachOther() {
    Tensor q = row(1, 2, 3, 4, 5, 6).reshape(1, 1, 6);
    double[] step = bf16(RoundingPoint.ROTARY_STEP).rotate(q, new int[] {3}, 500).toDoubles();
    double factor = FloatFormat.BF16.round(StrictMath.pow(500, -2.0 / 6));
    double angle = 3 * factor * factor;
    assertEquals(3 * StrictMath.cos(angle) - 6 * StrictMath.sin(angle), step[2], 1e-12);
  }

  @Test
  void gelusTableHasFloat16OnBothSidesAndEnds() {
    RoundingPolicy policy =
        new RoundingPolicy(
            "test",
            FloatFormat.F32,
            List.of(new RoundingPolicy.Rule(RoundingPoint.GELU_TABLE, FloatFormat.F16, ALL)));
    Rounded a = new Rounded(policy, Workers.of(1));
    double in = FloatFormat.F16.round(1.2345);
    double exact = new Float64(Workers.of(1)).gelu(row(in)).get(0);
    assertArrayEquals(
        new double[] {FloatFormat.F16.round(exact), 0, 12.3456789},
        a.gelu(row(1.2345, -10, 12.3456789)).toDoubles());
  }

  @Test
  void scoresAreScaledOnceWhicheverWay() {
    Rounded query = bf16(RoundingPoint.QUERY_FACTOR);
    Rounded factor = bf16(RoundingPoint.SCORE_FACTOR);
    Rounded divisor = bf16(RoundingPoint.SCORE_DIVISOR);
    Span span = new Span(0, 1, 1);
    double scale = 1 / Math.sqrt(150);
    for (Rounded a : List.of(query, factor, divisor)) {
      RowBuffer keys = a.rowBuffer(1, 2);
      keys.append(row(3, 5));
      double expected =
          a == divisor
              ? 34 / FloatFormat.BF16.round(1 / scale)
              : 34 * FloatFormat.BF16.round(scale);
      Tensor q = row(3, 5).reshape(1, 1, 2);
      assertEquals(expected, a.scores(q, keys, span, scale).get(0), 1e-13);
    }
  }

  @Test
  void aProductThatOverflowsItsFormatIsRefused() {
    RoundingPolicy policy =
        new RoundingPolicy(
            "test",
            FloatFormat.F16,
            List.of(new RoundingPolicy.Rule(RoundingPoint.PROJECT_OUTPUT, FloatFormat.F16, ALL)));
    Rounded a = new Rounded(policy, Workers.of(1));
    Weight w = weight(a, "w", 1, 1000);
    assertEquals(65504, a.project(row(65.504), w).get(0));
    assertThrows(NonFiniteException.class, () -> a.project(row(66), w));
  }

  /** Tensors of one shape with the same elements. */
  private static final class SameElements {
    static void assertSame(Tensor expected, Tensor actual) {
      assertArrayEquals(expected.shape(), actual.shape());
      assertArrayEquals(expected.toDoubles(), actual.toDoubles(), 1e-15);
    }
  }
}
