package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Float64ProductsTest {
  private static final double UNIT = 0x1p-53;
  private final Float64 float64 = new Float64(Workers.of(1));

  @ParameterizedTest(name = "rows {0}, in {1}, out {2}, seed {3}")
  @CsvSource({"1,1,1,1", "3,7,5,2", "2,64,64,3", "5,65,63,4", "4,130,129,5", "1,33,1000,6"})
  void projectAgreesWithEjmlWithinTheErrorOfTwoSums(int rows, int in, int out, long seed) {
    Random random = new Random(seed);
    DoubleTensor x = random(random, rows, in);
    DoubleTensor w = random(random, out, in);
    DMatrixRMaj expected = new DMatrixRMaj(rows, out);
    CommonOps_DDRM.multTransB(
        DMatrixRMaj.wrap(rows, in, x.data()), DMatrixRMaj.wrap(out, in, w.data()), expected);

    Tensor y = float64.project(x, float64.weight(new HeapTensor("w", w)));

    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < out; o++) {
        double magnitude = 0;
        for (int k = 0; k < in; k++) {
          magnitude += Math.abs(x.get(r * in + k) * w.get(o * in + k));
        }
        double bound = 2 * (in + 1) * UNIT * magnitude;
        assertTrue(Math.abs(y.get(r * out + o) - expected.get(r, o)) <= bound, r + "," + o);
      }
    }
  }

  @Test
  void everyOutputIsSummedInOrderOfTheIndex() {
    // 1 is lost beside 1e16, so only the order 1e16, 1, -1e16 gives 0.
    DoubleTensor x = new DoubleTensor(new double[] {1e16, 1, -1e16, 1}, 1, 4);
    Weight ones =
        float64.weight(new HeapTensor("w", new DoubleTensor(new double[] {1, 1, 1, 1}, 1, 4)));
    Weight column =
        float64.weight(new HeapTensor("w", new DoubleTensor(new double[] {1, 1, 1, 1}, 4, 1)));

    assertEquals(1.0, float64.project(x, ones).get(0));
    assertEquals(1.0, float64.combine(x, column).get(0));
  }

  @ParameterizedTest(name = "rows {0}, in {1}, out {2}, seed {3}")
  @CsvSource({"1,1,1,7", "2,3,5,8", "3,4,64,9", "2,6,65,10", "5,131,130,11", "2,9,1100,12"})
  void everyOutputHasTheBitsOfThePlainSum(int rows, int in, int out, long seed) {
    Random random = new Random(seed);
    DoubleTensor x = random(random, rows, in);
    DoubleTensor w = random(random, in, out);
    double[] transposed = new double[out * in];
    double[] expected = new double[rows * out];
    for (int o = 0; o < out; o++) {
      for (int k = 0; k < in; k++) {
        transposed[o * in + k] = w.get(k * out + o);
        for (int r = 0; r < rows; r++) {
          expected[r * out + o] += x.get(r * in + k) * w.get(k * out + o);
        }
      }
    }

    Weight outputsByInputs = weight(new DoubleTensor(transposed, out, in));
    assertArrayEquals(expected, float64.project(x, outputsByInputs).toDoubles());
    assertArrayEquals(expected, float64.combine(x, weight(w)).toDoubles());
  }

  private Weight weight(DoubleTensor w) {
    return float64.weight(new HeapTensor("w", w));
  }

  @ParameterizedTest(name = "threads {0}")
  @CsvSource({"2", "7"})
  void theNumberOfThreadsChangesNoBit(int threads) {
    Random random = new Random(11);
    DoubleTensor x = random(random, 9, 140);
    HeapTensor w = new HeapTensor("w", random(random, 333, 140));
    HeapTensor wide = new HeapTensor("w", random(random, 140, 1500));
    try (Workers workers = Workers.of(threads)) {
      Float64 threaded = new Float64(workers);
      assertArrayEquals(
          float64.project(x, float64.weight(w)).toDoubles(),
          threaded.project(x, threaded.weight(w)).toDoubles());
      assertArrayEquals(
          float64.combine(x, float64.weight(wide)).toDoubles(),
          threaded.combine(x, threaded.weight(wide)).toDoubles());
    }
  }

  @Test
  void combineOfZerosTouchesNoRowOfTheWeight() {
    double[] w = {1, 2, Double.NaN, Double.NaN, 3, 4};
    Weight rows = float64.weight(new HeapTensor("w", new DoubleTensor(w, 3, 2)));
    Tensor y = float64.combine(new DoubleTensor(new double[] {2, 0, 1}, 1, 3), rows);
    assertArrayEquals(new double[] {5, 8}, y.toDoubles());
  }

  @Test
  void aWeightThatIsNotANumberIsNamedWithItsElement() {
    double[] w = {1, 2, Double.NaN, 4};
    Weight weight = float64.weight(new HeapTensor("q_proj", new DoubleTensor(w, 2, 2)));
    Tensor x = new DoubleTensor(new double[] {1, 1}, 1, 2);
    NonFiniteException e = assertThrows(NonFiniteException.class, () -> float64.project(x, weight));
    assertTrue(
        e.getMessage().contains("q_proj") && e.getMessage().contains("element 2"), e.getMessage());
  }

  @Test
  void aShapeThatDoesNotFitPrintsBothShapes() {
    Weight weight = float64.weight(new HeapTensor("w", new DoubleTensor(new double[6], 2, 3)));
    Tensor x = new DoubleTensor(new double[4], 1, 4);
    String message =
        assertThrows(IllegalArgumentException.class, () -> float64.project(x, weight)).getMessage();
    assertTrue(message.contains("[2, 3]") && message.contains("[1, 4]"), message);
  }

  static DoubleTensor random(Random random, int... shape) {
    double[] data = new double[Shapes.size(shape)];
    for (int i = 0; i < data.length; i++) {
      data[i] = random.nextGaussian();
    }
    return new DoubleTensor(data, shape);
  }
}
