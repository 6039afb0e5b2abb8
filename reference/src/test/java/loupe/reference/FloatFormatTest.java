package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FloatFormatTest {
  /** The value of a code of 16 bits, from the definition of the format. */
  private static double value(FloatFormat format, int code) {
    int mantissaBits = format.precision() - 1;
    int exponent = (code & 0x7fff) >> mantissaBits;
    int mantissa = code & (1 << mantissaBits) - 1;
    double magnitude =
        exponent == 0
            ? Math.scalb((double) mantissa, format.minExponent() - mantissaBits)
            : Math.scalb(
                (double) (mantissa | 1 << mantissaBits),
                format.minExponent() + exponent - 1 - mantissaBits);
    return (code & 0x8000) == 0 ? magnitude : -magnitude;
  }

  /** The codes of the positive finite numbers are 0 to this. */
  private static int lastFinite(FloatFormat format) {
    return format == FloatFormat.BF16 ? 0x7f7f : 0x7bff;
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "F16"})
  void everyNumberOfAFormatIsItsOwnRounding(FloatFormat format) {
    for (int code = 0; code <= lastFinite(format); code++) {
      double x = value(format, code);
      assertEquals(x, format.round(x), 0.0);
      assertEquals(-x, format.round(-x), 0.0);
    }
    assertEquals(value(format, lastFinite(format)), format.largest());
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "F16"})
  void tiesGoToTheEvenNeighbourAndAllElseToTheNearest(FloatFormat format) {
    for (int code = 0; code < lastFinite(format); code++) {
      double below = value(format, code);
      double above = value(format, code + 1);
      double middle = below + (above - below) / 2;
      assertEquals(code % 2 == 0 ? below : above, format.round(middle), "tie above " + below);
      assertEquals(below, format.round(Math.nextDown(middle)));
      assertEquals(above, format.round(Math.nextUp(middle)));
      assertEquals(below, -format.round(-Math.nextDown(middle)));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "F16"})
  void halfAUnitBeyondTheLargestNumberIsInfinity(FloatFormat format) {
    double largest = format.largest();
    double edge = largest + format.ulp(largest) / 2;
    assertEquals(largest, format.round(Math.nextDown(edge)));
    assertEquals(Double.POSITIVE_INFINITY, format.round(edge));
    assertEquals(Double.NEGATIVE_INFINITY, format.round(-edge));
    assertEquals(Double.POSITIVE_INFINITY, format.round(Double.MAX_VALUE));
  }

  @ParameterizedTest
  @EnumSource
  void zerosKeepTheirSignAndSpecialsStay(FloatFormat format) {
    assertEquals(-0.0, format.round(-0.0));
    assertEquals(0.0, format.round(0.0));
    assertEquals(Double.NEGATIVE_INFINITY, format.round(Double.NEGATIVE_INFINITY));
    assertTrue(Double.isNaN(format.round(Double.NaN)));
  }

  @Test
  void tinyNumbersRoundToASignedZero() {
    assertEquals(-0.0, FloatFormat.F16.round(-0x1p-25));
    assertEquals(0x1p-24, FloatFormat.F16.round(Math.nextUp(0x1p-25)));
    assertEquals(0.0, FloatFormat.BF16.round(Double.MIN_VALUE));
    assertEquals(-0.0, FloatFormat.BF16.round(-0x1p-134));
  }

  @Test
  void bfloat16OfAFloatIsRoundingOfItsUpperHalf() {
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 200_000; i++) {
      int bits = random.nextInt();
      float x = Float.intBitsToFloat(bits);
      if (Math.abs(x) < 3e38f) {
        int rounded = bits + 0x7fff + (bits >>> 16 & 1) & 0xffff0000;
        assertEquals(Float.intBitsToFloat(rounded), (float) FloatFormat.BF16.round(x), "" + x);
      }
    }
  }

  @Test
  void float32IsTheCast() {
    SplittableRandom random = new SplittableRandom(8);
    for (int i = 0; i < 10_000; i++) {
      double x = Double.longBitsToDouble(random.nextLong());
      assertEquals((double) (float) x, FloatFormat.F32.round(x));
    }
  }

  @Test
  void anEngineRoundsByWayOfFloat32() {
    // Just above the middle of 1 and its neighbour; float32 holds the middle itself.
    double x = 1 + 0x1p-8 + 0x1p-40;
    assertEquals(1 + 0x1p-7, FloatFormat.BF16.round(x));
    assertEquals(1.0, RoundingPolicy.round(FloatFormat.BF16, x));
  }

  @Test
  void unitsAreThoseOfTheFormat() {
    assertEquals(0x1p-8, FloatFormat.BF16.unitRoundoff());
    assertEquals(0.125, FloatFormat.BF16.ulp(17));
    assertEquals(0x1p-24, FloatFormat.F16.ulp(1e-9));
    assertEquals(0x1p-23, FloatFormat.F32.ulp(1));
  }

  @Test
  void anUnknownFormatIsRefusedByName() {
    assertEquals(FloatFormat.BF16, FloatFormat.parse("bf16"));
    assertTrue(
        assertThrows(InputException.class, () -> FloatFormat.parse("fp8"))
            .getMessage()
            .contains("fp8"));
  }
}
