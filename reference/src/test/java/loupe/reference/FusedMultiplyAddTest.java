package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The stand-in for a missing instruction against {@code Math.fma}. */
class FusedMultiplyAddTest {
  private static final long SEED = 20261127;

  private static void same(float a, float b, float c) {
    int expected = Float.floatToIntBits(Math.fma(a, b, c));
    int actual = Float.floatToIntBits(FusedMultiplyAdd.inFloat64(a, b, c));
    assertEquals(expected, actual, () -> "fma(" + a + ", " + b + ", " + c + "), seed " + SEED);
  }

  @Property(tries = 20_000)
  void float64StandsInForAnyBits(@ForAll int a, @ForAll int b, @ForAll int c) {
    same(Float.intBitsToFloat(a), Float.intBitsToFloat(b), Float.intBitsToFloat(c));
  }

  @Test
  void sumsThatLieNextToTheMiddleOfTwoFloatsRoundOnce() {
    Random random = new Random(SEED);
    for (int i = 0; i < 200_000; i++) {
      // A product with few bits, and an addend that puts it near half a unit of the sum.
      float a = (1 + random.nextInt(1 << 12)) * 0x1p-12f;
      float b = (1 + random.nextInt(1 << 12)) * 0x1p-12f;
      float c = Math.scalb(1 + random.nextInt(1 << 24), random.nextInt(60) - 40);
      same(a, random.nextBoolean() ? b : -b, random.nextBoolean() ? c : -c);
      same(a * 0x1p-70f, b * 0x1p-70f, Float.intBitsToFloat(random.nextInt(1 << 24)));
    }
  }

  @Test
  void zerosKeepTheirSigns() {
    for (float a : new float[] {0f, -0f, 1f, -1f}) {
      for (float b : new float[] {0f, -0f, 1f}) {
        for (float c : new float[] {0f, -0f, 1f, -1f}) {
          same(a, b, c);
        }
      }
    }
  }
}
