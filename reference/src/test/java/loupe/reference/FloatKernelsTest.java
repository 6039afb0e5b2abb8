package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The vector kernels but for products against the scalar ones, which define the bits. */
class FloatKernelsTest {
  private static final long SEED = 20261124;

  private final Random random = new Random(SEED);
  private final FloatKernels scalar = new ScalarKernels();
  private FloatKernels vector;

  @BeforeEach
  void needVectorModule() {
    vector = AllKernels.vector();
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

  private static void same(float expected, float actual, String what) {
    Awkward.assertSameBits(new float[] {expected}, new float[] {actual}, what);
  }
}
