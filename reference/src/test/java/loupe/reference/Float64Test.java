package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Values from the papers' formulas, worked out by hand or with more digits than float64 has. */
class Float64Test {
  private final Float64 float64 = new Float64(Workers.of(1));

  @Test
  void normalizeDividesByTheRootOfTheMeanSquarePlusEps() {
    Tensor y = float64.normalize(row(3, 4), 0);
    assertArrayEquals(
        new double[] {3 / Math.sqrt(12.5), 4 / Math.sqrt(12.5)}, y.toDoubles(), 1e-16);
    // With x = 1e-3 and eps = 1e-6 inside the root the result is 1/sqrt(2), not 1 (pitfall P6).
    assertEquals(Math.sqrt(0.5), float64.normalize(row(1e-3), 1e-6).get(0), 1e-15);
  }

  @Test
  void gainIsOnePlusTheStoredWeight() {
    Weight w = float64.weight(new HeapTensor("w", row(0.5, -1).reshape(2)));
    assertArrayEquals(new double[] {3, 0}, float64.gain(row(2, 7), w).toDoubles());
  }

  @Test
  void geluIsTheTanhForm() {
    // The erf form would give 0.8413447461 at 1 (pitfall P45).
    assertEquals(0.8411919906, float64.gelu(row(1)).get(0), 1e-10);
    assertEquals(-0.1588080094, float64.gelu(row(-1)).get(0), 1e-10);
    assertEquals(2.9963626079, float64.gelu(row(3)).get(0), 1e-10);
  }

  @Test
  void softcapIsCapTimesTanh() {
    assertEquals(48.20138, float64.softcap(row(100), 50).get(0), 1e-5);
    assertEquals(28.92083, float64.softcap(row(60), 30).get(0), 1e-5);
  }

  @Test
  void rotateTurnsPairsOfHalvesByThePosition() {
    Tensor x = new DoubleTensor(new double[] {1, 0, 0, 0}, 1, 1, 4);
    Tensor y = float64.rotate(x, new int[] {1}, 10000);
    assertArrayEquals(
        new double[] {StrictMath.cos(1), 0, StrictMath.sin(1), 0}, y.toDoubles(), 1e-16);
    Tensor second = new DoubleTensor(new double[] {0, 1, 0, 0}, 1, 1, 4);
    Tensor z = float64.rotate(second, new int[] {300}, 10000);
    assertArrayEquals(
        new double[] {0, StrictMath.cos(3), 0, StrictMath.sin(3)}, z.toDoubles(), 1e-13);
  }

  @Test
  void aWindowAdmitsExactlyItsNumberOfKeysWithTheQueryItself() {
    RowBuffer keys = float64.rowBuffer(1, 2);
    keys.append(new DoubleTensor(new double[10], 5, 2));
    Tensor q = new DoubleTensor(new double[10], 5, 1, 2);
    Span span = new Span(0, 5, 3);
    Tensor pattern = float64.softmax(float64.scores(q, keys, span, 1), span);
    double third = 1.0 / 3;
    assertArrayEquals(
        new double[] {
          1, 0, 0, 0, 0, 0.5, 0.5, 0, 0, 0, third, third, third, 0, 0, 0, third, third, third, 0, 0,
          0, third, third, third
        },
        pattern.toDoubles());
  }

  @Test
  void adjacentQueryHeadsShareAKeyHead() {
    RowBuffer values = float64.rowBuffer(2, 1);
    values.append(new DoubleTensor(new double[] {7, 9}, 1, 2));
    Tensor pattern = new DoubleTensor(new double[] {1, 1, 1, 1}, 4, 1, 1);
    Tensor z = float64.mix(pattern, values, new Span(0, 1, Span.UNLIMITED));
    assertArrayEquals(new double[] {7, 7, 9, 9}, z.toDoubles());
  }

  @Test
  void jumpReluIsStrict() {
    Weight threshold = float64.weight(new HeapTensor("t", row(1, 1, 1).reshape(3)));
    Tensor u = row(1, Math.nextUp(1.0), Math.nextDown(1.0));
    assertArrayEquals(
        new double[] {0, Math.nextUp(1.0), 0}, float64.jumpRelu(u, threshold).toDoubles());
  }

  @Test
  void attendIsTheCompositionOfItsParts() {
    Random random = new Random(3);
    RowBuffer keys = float64.rowBuffer(2, 4);
    RowBuffer values = float64.rowBuffer(2, 4);
    keys.append(Float64ProductsTest.random(random, 6, 2, 4));
    values.append(Float64ProductsTest.random(random, 6, 2, 4));
    Tensor q = Float64ProductsTest.random(random, 6, 4, 4);
    Span span = new Span(0, 6, 3);
    Tensor pattern = float64.softmax(float64.softcap(float64.scores(q, keys, span, 0.3), 5), span);
    assertArrayEquals(
        float64.mix(pattern, values, span).toDoubles(),
        float64.attend(q, keys, values, span, 0.3, 5).toDoubles());
  }

  @Test
  void anOverflowOfTheMeanSquareIsAnErrorAndNotAZero() {
    assertThrows(NonFiniteException.class, () -> float64.normalize(row(1e200), 1e-6));
  }

  private static DoubleTensor row(double... values) {
    return new DoubleTensor(values, 1, values.length);
  }
}
