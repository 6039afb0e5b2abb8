package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The products of the vector kernels against the scalar ones, which define the bits. */
class FloatKernelsProductTest {
  private static final long SEED = 20261124;

  private final Random random = new Random(SEED);
  private final FloatKernels scalar = new ScalarKernels();
  private FloatKernels vector;

  @BeforeEach
  void needVectorModule() {
    vector = AllKernels.vector();
  }

  @Test
  void dotGivesTheSameBits() {
    for (int size : Awkward.SIZES) {
      for (int offset = 0; offset < 5; offset++) {
        float[] a = Awkward.floats(random, size + offset);
        float[] b = Awkward.floats(random, size + 2 * offset);
        float expected = Float32Definition.dot(a, offset, b, 2 * offset, size);
        String what = "dot of " + size + " at " + offset;
        same(expected, scalar.dot(a, offset, b, 2 * offset, size), what);
        same(expected, vector.dot(a, offset, b, 2 * offset, size), what);
      }
    }
  }

  @Test
  void dotsOfRowsGiveTheSameBitsForEveryTypeOfWeight() {
    for (int k : new int[] {1, 15, 16, 17, 48, 101}) {
      for (int rows = 1; rows <= 9; rows++) {
        float[] x = Awkward.floats(random, k + 3);
        short[] bits = new short[rows * k + 5];
        for (int i = 0; i < bits.length; i++) {
          bits[i] = (short) random.nextInt();
        }
        for (DType type : new DType[] {DType.BF16, DType.F16}) {
          float[] weights = new float[bits.length];
          scalar.widen(type, bits, 0, weights, 0, bits.length);
          float[] expected = new float[rows];
          for (int row = 0; row < rows; row++) {
            expected[row] = Float32Definition.dot(weights, 5 + row * k, x, 3, k);
          }
          for (FloatKernels kernels : new FloatKernels[] {scalar, vector}) {
            String what = kernels.name() + ", " + type + ", " + rows + " rows of " + k;
            float[] row = Arrays.copyOfRange(x, 3, x.length);
            float[] out = new float[rows + 2];
            StoredTensor stored = new ShortTensor(type, bits, new long[] {bits.length});
            new Float32Weight(stored, kernels).dots(5, rows, k, row, 1, out, 2, rows);
            Awkward.assertSameBits(expected, Arrays.copyOfRange(out, 2, rows + 2), what);
            StoredTensor wide = new HeapTensor("w", new FloatTensor(weights, weights.length));
            new Float32Weight(wide, kernels).dots(5, rows, k, row, 1, out, 2, rows);
            Awkward.assertSameBits(expected, Arrays.copyOfRange(out, 2, rows + 2), what);
          }
        }
      }
    }
  }

  @Test
  void weightsAreMultipliedWhereTheyLieInMemoryWithTheSameBits() {
    assertTrue(
        AllKernels.fmaIsEmulated() || vector.readsMemory(DType.BF16), "this JDK has no such loads");
    for (int k : new int[] {1, 15, 16, 17, 48, 101}) {
      for (DType type : new DType[] {DType.BF16, DType.F32}) {
        int size = type.bits() / Byte.SIZE;
        int start = 3;
        int rows = 17;
        ByteBuffer memory = ByteBuffer.allocateDirect(start + rows * k * size);
        memory.order(ByteOrder.LITTLE_ENDIAN);
        float[] weights = Awkward.floats(random, rows * k);
        for (int i = 0; i < weights.length; i++) {
          int bits = Float.floatToRawIntBits(weights[i]);
          if (type == DType.BF16) {
            memory.putShort(start + i * size, (short) (bits >> 16));
            weights[i] = Float.intBitsToFloat(bits & 0xffff0000);
          } else {
            memory.putInt(start + i * size, bits);
          }
        }
        for (int xRows = 1; xRows <= 9; xRows++) {
          float[] x = Awkward.floats(random, xRows * k);
          float[] expected = new float[xRows * rows];
          for (int i = 0; i < expected.length; i++) {
            expected[i] = Float32Definition.dot(x, i / rows * k, weights, i % rows * k, k);
          }
          float[] out = new float[1 + xRows * rows];
          StoredTensor.Run run = new StoredTensor.Run(memory, start);
          float[] sums = new float[FloatKernels.STREAMS * FloatKernels.ROWS_AT_ONCE * 16];
          vector.dots(type, run, rows, k, x, xRows, sums, out, 1, rows);
          out = Arrays.copyOfRange(out, 1, out.length);
          Awkward.assertSameBits(expected, out, type + ", " + xRows + " by rows of " + k);
        }
      }
    }
  }

  @Test
  void rowsOfAnArrayAreMultipliedAndAddedWithTheSameBits() {
    for (int k : new int[] {1, 15, 16, 17, 48, 101}) {
      for (int rows = 1; rows <= 11; rows++) {
        String what = rows + " rows of " + k;
        float[] x = Awkward.floats(random, 1 + 2 * k);
        float[] from = Awkward.floats(random, 2 + rows * k);
        float[] expected = new float[2 * rows];
        for (int i = 0; i < expected.length; i++) {
          int row = 2 + i % rows * k;
          expected[i] = Float32Definition.dot(x, 1 + i / rows * k, from, row, k);
        }
        float[] factors = Awkward.floats(random, 1 + 3 * rows);
        float[] start = Awkward.floats(random, 3 + k);
        float[] added = start.clone();
        for (int i = 0; i < rows * k; i++) {
          int to = 3 + i % k;
          added[to] = Math.fma(factors[1 + i / k * 3], from[2 + i], added[to]);
        }
        for (FloatKernels kernels : new FloatKernels[] {scalar, vector}) {
          float[] out = new float[1 + 2 * rows];
          kernels.dots(from, 2, rows, k, x, 1, 2, out, 1, rows);
          out = Arrays.copyOfRange(out, 1, out.length);
          Awkward.assertSameBits(expected, out, kernels.name() + ", " + what);
          float[] sums = start.clone();
          kernels.addMultiples(factors, 1, 3, from, 2, k, rows, sums, 3, k);
          Awkward.assertSameBits(added, sums, kernels.name() + ", sums of " + what);
        }
      }
    }
  }

  @Tag("many")
  @Test
  void productsOfLongRowsGiveTheSameBits() {
    int in = 5000;
    float[] x = Awkward.floats(random, 7 * in);
    float[] w = Awkward.floats(random, 21 * in);
    float[] expected = new float[7 * 21];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = Float32Definition.dot(x, i / 21 * in, w, i % 21 * in, in);
    }
    StoredTensor stored = new HeapTensor("w", new FloatTensor(w, 21, in));
    for (FloatKernels kernels : new FloatKernels[] {scalar, vector}) {
      Float32 float32 = new Float32(Workers.of(1), kernels);
      FloatTensor y =
          (FloatTensor) float32.project(new FloatTensor(x, 7, in), float32.weight(stored));
      Awkward.assertSameBits(expected, y.data(), kernels.name());
    }
  }

  @Test
  void packedProductsOfEveryRestOfRowsColumnsAndKGiveTheSameBits() {
    int[][] shapes = {{4, 1, 1}, {5, 3, 15}, {7, 17, 16}, {12, 65, 17}, {13, 8, 33}};
    for (int[] shape : shapes) {
      int rows = shape[0];
      int outputs = shape[1];
      int in = shape[2];
      float[] x = Awkward.floats(random, rows * in);
      float[] w = Awkward.floats(random, outputs * in);
      float[] transposed = new float[w.length];
      float[] expected = new float[rows * outputs];
      for (int i = 0; i < w.length; i++) {
        transposed[i % in * outputs + i / in] = w[i];
      }
      for (int i = 0; i < expected.length; i++) {
        expected[i] = Float32Definition.dot(x, i / outputs * in, w, i % outputs * in, in);
      }
      for (FloatKernels kernels : new FloatKernels[] {scalar, vector}) {
        String what = kernels.name() + ", " + Arrays.toString(shape);
        for (WeightPanels.Layout layout : WeightPanels.Layout.values()) {
          boolean rowsFirst = layout == WeightPanels.Layout.OUTPUTS_BY_INPUTS;
          FloatTensor weight =
              rowsFirst
                  ? new FloatTensor(w, outputs, in)
                  : new FloatTensor(transposed, in, outputs);
          Float32Weight stored = new Float32Weight(new HeapTensor("w", weight), kernels);
          float[] out = new float[expected.length];
          assertTrue(
              new BlockedProduct(kernels, x, 0, rows, in, outputs, out)
                  .run(
                      stored,
                      layout,
                      new Float32Products(kernels, Workers.of(1), Results.ofNewArrays())));
          Awkward.assertSameBits(expected, out, what + ", " + layout);
        }
      }
    }
  }

  @Test
  void aDotProductIsNeverMinusZero() {
    float[] tiny = {-0x1p-100f, 0x1p-100f};
    for (FloatKernels kernels : new FloatKernels[] {scalar, vector}) {
      same(0f, kernels.dot(tiny, 0, tiny, 1, 1), kernels.name());
      same(0f, kernels.dot(new float[] {-0f}, 0, new float[] {1f}, 0, 1), kernels.name());
    }
  }

  private static void same(float expected, float actual, String what) {
    Awkward.assertSameBits(new float[] {expected}, new float[] {actual}, what);
  }
}
