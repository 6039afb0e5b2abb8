package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The vector kernels against the scalar ones, which define the bits. */
class FloatKernelsTest {
  private static final long SEED = 20261124;

  private final Random random = new Random(SEED);
  private final FloatKernels scalar = new ScalarKernels();
  private FloatKernels vector;

  static boolean vectorModulePromised() {
    return !"false".equals(System.getProperty("loupe.test.vector"));
  }

  private static boolean fmaIsEmulated() {
    return !FusedMultiplyAdd.hasInstruction();
  }

  @BeforeEach
  void needVectorModule() {
    assumeTrue(vectorModulePromised(), "this run is without the vector module");
    // Nobody would choose them where fused multiply-adds are emulated; the bits are the same.
    vector = fmaIsEmulated() ? new VectorKernels() : KernelProvider.ofWish("vector").kernels();
  }

  @Test
  void vectorKernelsAreChosenWhereTheModuleIsPromised() {
    assertEquals(fmaIsEmulated() ? "scalar" : "vector", KernelProvider.ofWish(null).name());
  }

  @Test
  void fusedMultiplyAddsAreFoundToBeEmulatedWhereTheyAre() {
    assertEquals(KernelProvider.emulatesFma(), fmaIsEmulated());
  }

  @Tag("many")
  @Test
  void scalarKernelsAreChosenForShortWorkUnlessOthersAreAskedFor() {
    assertEquals("scalar", KernelProvider.choose(Map.of(), 1_000_000).name());
    assertEquals("vector", KernelProvider.choose(Map.of(), 1L << 40).name());
    assertEquals(
        "vector", KernelProvider.choose(Map.of("LOUPE_KERNELS", "vector"), 1_000_000).name());
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
    assertTrue(fmaIsEmulated() || vector.readsMemory(DType.BF16), "this JDK has no such loads");
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

  private static void same(float expected, float actual, String what) {
    Awkward.assertSameBits(new float[] {expected}, new float[] {actual}, what);
  }

  @Test
  void aDotProductIsNeverMinusZero() {
    float[] tiny = {-0x1p-100f, 0x1p-100f};
    for (FloatKernels kernels : new FloatKernels[] {scalar, vector}) {
      same(0f, kernels.dot(tiny, 0, tiny, 1, 1), kernels.name());
      same(0f, kernels.dot(new float[] {-0f}, 0, new float[] {1f}, 0, 1), kernels.name());
    }
  }

  @Test
  void widenIsExactForAllBits() {
    short[] all = new short[1 << 16];
    for (int i = 0; i < all.length; i++) {
      all[i] = (short) i;
    }
    for (DType type : new DType[] {DType.BF16, DType.F16}) {
      float[] expected = new float[all.length];
      new ShortTensor(type, all, new long[] {all.length}).read(0, expected, 0, all.length);
      for (FloatKernels kernels : new FloatKernels[] {scalar, vector}) {
        float[] wide = new float[all.length];
        kernels.widen(type, all, 0, wide, 0, all.length - 3);
        kernels.widen(type, all, all.length - 3, wide, all.length - 3, 3);
        Awkward.assertSameBits(expected, wide, kernels.name() + " " + type);
      }
    }
  }

  @Test
  void elementwiseKernelsGiveTheSameBitsForAnyBits() {
    for (int size : Awkward.SIZES) {
      float[] x = Awkward.anyBits(random, size + 3);
      x[random.nextInt(size)] = random.nextBoolean() ? -0f : 0f;
      float[] moderate = Awkward.floats(random, size + 3);
      for (float[] from : new float[][] {x, moderate}) {
        float[] a = new float[size + 3];
        float[] b = new float[size + 3];
        scalar.gelu(from, 1, a, 2, size);
        vector.gelu(from, 1, b, 2, size);
        Awkward.assertSameBits(a, b, "gelu");
        scalar.softcap(from, 2, a, 0, size, 50f);
        vector.softcap(from, 2, b, 0, size, 50f);
        Awkward.assertSameBits(a, b, "softcap");
        a = from.clone();
        b = from.clone();
        scalar.expDifference(a, 1, size, 0.25f);
        vector.expDifference(b, 1, size, 0.25f);
        Awkward.assertSameBits(a, b, "exp");
        a = from.clone();
        b = from.clone();
        float scalarCheck = scalar.scale(a, 1, size, 0.3f);
        float vectorCheck = vector.scale(b, 1, size, 0.3f);
        Awkward.assertSameBits(a, b, "scale");
        assertEquals(Float.isNaN(scalarCheck), Float.isNaN(vectorCheck));
      }
    }
  }

  @Tag("many")
  @Test
  void elementaryFunctionsGiveTheSameBitsOnASweepOfAllExponents() {
    int count = 1 << 20;
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      x[i] = Float.intBitsToFloat(i << 12 | random.nextInt(1 << 12));
    }
    float[] a = new float[count];
    float[] b = new float[count];
    scalar.gelu(x, 0, a, 0, count);
    vector.gelu(x, 0, b, 0, count);
    Awkward.assertSameBits(a, b, "gelu");
    scalar.softcap(x, 0, a, 0, count, 1f);
    vector.softcap(x, 0, b, 0, count, 1f);
    Awkward.assertSameBits(a, b, "tanh");
    a = x.clone();
    scalar.expDifference(a, 0, count, 0f);
    vector.expDifference(x, 0, count, 0f);
    Awkward.assertSameBits(a, x, "exp");
  }

  @Test
  void maxAndSumGiveTheSameBits() {
    for (int size : Awkward.SIZES) {
      for (int phase = 0; phase < 16; phase++) {
        float[] x = Awkward.floats(random, size + 1);
        same(scalar.max(x, 1, size), vector.max(x, 1, size), "max");
        float sum = vector.sum(x, 1, size, phase);
        same(scalar.sum(x, 1, size, phase), sum, "sum of " + size + " from " + phase);
        Float32Definition.Sum definition = new Float32Definition.Sum();
        for (int i = 0; i < size; i++) {
          definition.add(phase + i, x[1 + i]);
        }
        same(definition.total(), sum, "sum of " + size + " from " + phase);
      }
    }
    float[] withNaN = {1, 2, 3, 4, 5, 6, 7, 8, Float.NaN, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    assertTrue(Float.isNaN(vector.max(withNaN, 0, withNaN.length)));
    assertTrue(Float.isNaN(scalar.max(withNaN, 0, withNaN.length)));
  }

  @Test
  void addMultipleGivesTheSameBits() {
    for (int size : Awkward.SIZES) {
      float[] row = Awkward.floats(random, size + 1);
      float[] a = Awkward.floats(random, size);
      float[] b = a.clone();
      scalar.addMultiple(0.7f, row, 1, a, 0, size);
      vector.addMultiple(0.7f, row, 1, b, 0, size);
      Awkward.assertSameBits(a, b, "addMultiple");
    }
  }

  @Test
  void jumpReluGivesTheSameBits() {
    for (int size : Awkward.SIZES) {
      float[] u = Awkward.floats(random, size + 1);
      float[] thresholds = Awkward.floats(random, size);
      thresholds[size / 2] = u[1 + size / 2];
      float[] a = new float[size + 1];
      float[] b = Awkward.floats(random, size + 1);
      b[0] = 0f;
      scalar.jumpRelu(u, 1, thresholds, a, size);
      vector.jumpRelu(u, 1, thresholds, b, size);
      Awkward.assertSameBits(a, b, "jumpRelu");
      assertEquals(0f, b[1 + size / 2], "a feature at its threshold does not fire");
    }
  }

  @Test
  void functionsThatStartScalarGiveTheSameBitsBeforeAndAfter() {
    VectorKernels starting = new VectorKernels(150);
    float[] x = Awkward.floats(random, 50);
    float[] expected = new float[50];
    scalar.gelu(x, 0, expected, 0, 50);
    for (int i = 0; i < 5; i++) {
      float[] actual = new float[50];
      starting.gelu(x, 0, actual, 0, 50);
      Awkward.assertSameBits(expected, actual, "call " + i);
    }
  }
}
