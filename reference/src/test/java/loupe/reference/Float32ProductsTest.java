package loupe.reference;

import static loupe.reference.Awkward.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Matrix products against the definition, bit for bit, for all kernels and thread counts. */
class Float32ProductsTest {
  private static final long SEED = 42;

  private final Random random = new Random(SEED);
  private final List<Float32> all = AllKernels.float32();

  private StoredTensor stored(DType type, int rows, int columns) {
    int count = rows * columns;
    if (type == DType.F32) {
      return new HeapTensor("w", Awkward.tensor(random, rows, columns));
    }
    if (type == DType.F64) {
      double[] values = new double[count];
      for (int i = 0; i < count; i++) {
        values[i] = random.nextGaussian();
      }
      return new HeapTensor("w", new DoubleTensor(values, rows, columns));
    }
    short[] bits = new short[count];
    for (int i = 0; i < count; i++) {
      int any = random.nextInt();
      // Exponents all ones would be NaN or infinity.
      boolean special = type == DType.F16 ? (any & 0x7c00) == 0x7c00 : (any & 0x7f80) >= 0x5000;
      bits[i] = (short) (special ? any & 0x8fff : any);
    }
    return new ShortTensor(type, bits, new long[] {rows, columns});
  }

  private static float[] values(StoredTensor stored) {
    float[] out = new float[(int) stored.elementCount()];
    stored.read(0, out, 0, out.length);
    return out;
  }

  @Test
  void productsAreAsDefinedForAllShapesTypesKernelsAndThreads() {
    int[][] shapes = {
      {1, 1, 1},
      {1, 16, 5},
      {2, 17, 33},
      {3, 40, 7},
      {4, 15, 16},
      {5, 16, 17},
      {6, 33, 31},
      {7, 64, 65},
      {8, 1, 63},
      {9, 257, 32},
      {16, 48, 48},
      {31, 65, 97},
      {33, 127, 50},
      {65, 37, 129},
      {1, 2311, 70},
      {5, 2311, 40},
      {36, 4700, 19},
      {13, 11000, 66},
      {2, 300, 1500},
      {9, 70, 1030},
      {0, 5, 6}
    };
    for (int[] shape : shapes) {
      for (DType type : new DType[] {DType.BF16, DType.F16, DType.F32, DType.F64}) {
        FloatTensor x = Awkward.tensor(random, shape[0], shape[1]);
        StoredTensor w = stored(type, shape[2], shape[1]);
        StoredTensor v = stored(type, shape[1], shape[2]);
        FloatTensor projected = Float32Definition.project(x, values(w), shape[2]);
        FloatTensor combined = Float32Definition.combine(x, values(v), shape[2]);
        for (Float32 f : all) {
          String what = java.util.Arrays.toString(shape) + " " + type;
          assertSameBits(projected, f.project(x, f.weight(w)), "project " + what);
          assertSameBits(combined, f.combine(x, f.weight(v)), "combine " + what);
        }
      }
    }
  }

  @Test
  void aBigStreamedWeightGivesTheSameBitsAsTheDefinitionForAnyNumberOfRows() {
    FloatTensor x = Awkward.tensor(random, 18, 606);
    for (DType type : new DType[] {DType.BF16, DType.F16, DType.F32}) {
      StoredTensor heap = stored(type, 700, 606);
      FloatTensor expected = Float32Definition.project(x, values(heap), 700);
      for (StoredTensor w : new StoredTensor[] {heap, DirectTensor.of(heap)}) {
        for (Float32 f : all) {
          for (int rows : new int[] {1, 2, 4, 5, 16, 17, 18}) {
            String what = rows + " rows by " + type + " in " + w.getClass().getSimpleName();
            Tensor actual = f.project(x.rows(18 - rows, 18), f.weight(w));
            assertSameBits(expected.rows(18 - rows, 18), actual, what);
          }
        }
      }
    }
  }

  @Test
  void sparseRowsCombineAsDefined() {
    float[] sparse = new float[9 * 400];
    for (int i = 0; i < 40; i++) {
      sparse[random.nextInt(sparse.length)] = (float) random.nextGaussian();
    }
    FloatTensor x = new FloatTensor(sparse, 9, 400);
    StoredTensor w = stored(DType.F32, 400, 1100);
    FloatTensor expected = Float32Definition.combine(x, values(w), 1100);
    for (Float32 f : all) {
      assertSameBits(expected, f.combine(x, f.weight(w)), "sparse");
    }
  }

  @Test
  void zerosOfXAddNothingEvenWhereTheWeightIsNotFinite() {
    float[] w = new float[20 * 40];
    java.util.Arrays.fill(w, 1f);
    w[3 * 40 + 7] = Float.NaN;
    w[5 * 40 + 8] = Float.POSITIVE_INFINITY;
    float[] x = new float[6 * 20];
    for (int i = 0; i < x.length; i++) {
      x[i] = i % 20 == 3 || i % 20 == 5 ? -0f : i;
    }
    FloatTensor dense = new FloatTensor(x, 6, 20);
    FloatTensor expected = Float32Definition.combine(dense, w, 40);
    StoredTensor stored = new HeapTensor("w", new FloatTensor(w, 20, 40));
    for (Float32 f : all) {
      assertSameBits(expected, f.combine(dense, f.weight(stored)), "dense");
      Tensor one = f.combine(dense.rows(2, 3), f.weight(stored));
      assertSameBits(expected.rows(2, 3), one, "one row");
    }
  }

  @Test
  void rowsAloneEqualRowsInABatch() {
    FloatTensor x = Awkward.tensor(random, 23, 50);
    StoredTensor w = stored(DType.F32, 37, 50);
    for (Float32 f : all) {
      Weight weight = f.weight(w);
      Tensor batch = f.project(x, weight);
      for (int r = 0; r < 23; r++) {
        assertSameBits(batch.rows(r, r + 1), f.project(x.rows(r, r + 1), weight), "row " + r);
      }
    }
  }

  @Test
  void productsStayWithinTheirBoundFromTheExactResult() {
    FloatTensor x = Awkward.smooth(random, 6, 2304);
    FloatTensor w = Awkward.smooth(random, 50, 2304);
    for (Float32 f : all) {
      Tensor y = f.project(x, f.weight(new HeapTensor("w", w)));
      for (int r = 0; r < 6; r++) {
        for (int o = 0; o < 50; o++) {
          double exact = 0;
          double magnitude = 0;
          for (int k = 0; k < 2304; k++) {
            double product = (double) x.data()[r * 2304 + k] * w.data()[o * 2304 + k];
            exact += product;
            magnitude += Math.abs(product);
          }
          double bound = 2304 * 0x1p-24 * magnitude;
          assertTrue(Math.abs(y.get(r * 50 + o) - exact) <= bound);
        }
      }
    }
  }
}
