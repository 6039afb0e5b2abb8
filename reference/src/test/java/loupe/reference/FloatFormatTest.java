package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FloatFormatTest {
  @Provide
  Arbitrary<Double> anyDoubles() {
    return Arbitraries.longs().map(Double::longBitsToDouble);
  }

  /** Bits near those of float32 and its halves: ties, subnormal numbers, the edge of infinity. */
  @Provide
  Arbitrary<Double> nearFloats() {
    return Arbitraries.integers()
        .flatMap(
            bits ->
                Arbitraries.longs()
                    .between(-2, 2)
                    .map(
                        ulps ->
                            Double.longBitsToDouble(
                                Double.doubleToRawLongBits(Float.intBitsToFloat(bits)) + ulps)));
  }

  @Property
  void roundingToFloat32IsTheConversionOfJava(@ForAll("anyDoubles") double x) {
    assertEquals((float) x, FloatFormat.F32.round(x));
  }

  @Property
  void roundingToFloat32IsTheConversionOfJavaNearItsNumbers(@ForAll("nearFloats") double x) {
    assertEquals((float) x, FloatFormat.F32.round(x));
  }

  /** The well-known formula on the bits of a float32. */
  @Property
  void roundingAFloat32ToBfloat16AddsHalfAUnitToItsBits(@ForAll float x) {
    int bits = Float.floatToRawIntBits(x);
    int rounded = bits + 0x7fff + (bits >> 16 & 1) & 0xffff0000;
    assertEquals(Float.intBitsToFloat(rounded), FloatFormat.BF16.round(x));
  }

  @ParameterizedTest
  @CsvSource({
    "1.0009765625, 1.0009765625", // 1 + 2^-10
    "1.00048828125, 1", // a tie, to even
    "1.00146484375, 1.001953125", // a tie, to even
    "1.000488281250001, 1.0009765625",
    "65519.99, 65504",
    "65520, Infinity",
    "-65520, -Infinity",
    "5.960464477539063e-8, 5.960464477539063e-8", // 2^-24, the smallest
    "2.9802322387695312e-8, 0", // half of it, a tie
    "2.98023224e-8, 5.960464477539063e-8",
    "-1e-300, -0.0"
  })
  void roundingToFloat16(double x, double expected) {
    assertEquals(expected, FloatFormat.F16.round(x));
  }

  @Property
  void theErrorOfARoundingIsWithinTheUnitRoundoffAndTheUnderflow(
      @ForAll FloatFormat format, @ForAll("anyDoubles") double x) {
    double rounded = format.round(x);
    if (Double.isFinite(rounded)) {
      double bound =
          Math.max(
              Math.abs(x) * format.unitRoundoff(),
              format == FloatFormat.F64 ? 0 : format.underflow());
      assertTrue(Math.abs(rounded - x) <= bound, () -> x + " to " + rounded);
      assertEquals(rounded, format.round(rounded));
    }
  }

  @Test
  void aDoubleIsRoundedOnceNotByWayOfFloat32() {
    // Just above a tie of bfloat16, by less than float32 can say.
    assertEquals(1.0078125, FloatFormat.BF16.round(1.00390625 + 0x1p-40));
    assertEquals(1, FloatFormat.BF16.round(1.00390625));
  }

  @Test
  void unitsAreThoseOfTheFormat() {
    assertEquals(0.125, FloatFormat.BF16.ulp(17));
    assertEquals(0x1p-24, FloatFormat.F16.ulp(1e-9));
    assertEquals(0x1p-23, FloatFormat.F32.ulp(-1));
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
