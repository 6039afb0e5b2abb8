package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;

/** Test data that finds the corners of float32, and the comparison that sees them. */
final class Awkward {
  /** Lengths around multiples of every vector, panel and block size, and primes. */
  static final int[] SIZES = {
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 63, 64, 65, 97, 127, 255, 256, 257, 509
  };

  private Awkward() {}

  /**
   * Values around 1, with some zeros of both signs, subnormals, and very small ones whose products
   * underflow, to -0 too.
   */
  static float[] floats(Random random, int count) {
    float[] out = new float[count];
    for (int i = 0; i < count; i++) {
      float value = (float) random.nextGaussian();
      switch (random.nextInt(12)) {
        case 0 -> value = random.nextBoolean() ? 0f : -0f;
        case 1 -> value *= 0x1p-140f;
        case 2 -> value *= 0x1p-90f;
        case 3 -> value *= 0x1p20f;
        default -> {}
      }
      out[i] = value;
    }
    return out;
  }

  /** Any bits, NaN and infinities included. */
  static float[] anyBits(Random random, int count) {
    float[] out = new float[count];
    for (int i = 0; i < count; i++) {
      out[i] = Float.intBitsToFloat(random.nextInt());
    }
    return out;
  }

  static FloatTensor tensor(Random random, int... shape) {
    return new FloatTensor(floats(random, Shapes.size(shape)), shape);
  }

  /** Equal to the last bit; any NaN equals any NaN, since their payload is not defined. */
  static void assertSameBits(float[] expected, float[] actual, String what) {
    assertEquals(expected.length, actual.length, what);
    for (int i = 0; i < expected.length; i++) {
      if (Float.floatToIntBits(expected[i]) != Float.floatToIntBits(actual[i])) {
        assertEquals(
            Float.toHexString(expected[i]),
            Float.toHexString(actual[i]),
            what + ": element " + i + " of " + expected.length);
      }
    }
  }

  static void assertSameBits(Tensor expected, Tensor actual, String what) {
    org.junit.jupiter.api.Assertions.assertArrayEquals(expected.shape(), actual.shape(), what);
    assertSameBits(((FloatTensor) expected).data(), ((FloatTensor) actual).data(), what);
  }

  /** Standard normal elements: nothing awkward about them. */
  static FloatTensor smooth(Random random, int... shape) {
    float[] out = new float[Shapes.size(shape)];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) random.nextGaussian();
    }
    return new FloatTensor(out, shape);
  }
}
