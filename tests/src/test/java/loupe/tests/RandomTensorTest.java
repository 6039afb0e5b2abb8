package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import loupe.reference.DType;
import loupe.tests.arbitraries.RandomTensor;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** The generated weights themselves: a wrong one would make a wrong kernel look right. */
class RandomTensorTest {
  @Property
  void theBitsOfASixteenBitTensorAreThoseOfItsValues(
      @ForAll @IntRange(min = -11, max = 15) int exponent, @ForAll long seed) {
    short[] bits = new short[20];
    double[] values = new double[20];
    RandomTensor brain = new RandomTensor("w", DType.BF16, exponent, seed, 4, 5);
    brain.readBits(0, bits, 0, 20);
    brain.read(0, values, 0, 20);
    for (int i = 0; i < 20; i++) {
      assertEquals(values[i], Float.intBitsToFloat(bits[i] << 16));
    }
    RandomTensor half = new RandomTensor("w", DType.F16, exponent, seed, 4, 5);
    half.readBits(0, bits, 0, 20);
    half.read(0, values, 0, 20);
    for (int i = 0; i < 20; i++) {
      double fraction = 1 + (bits[i] & 0x3ff) / 1024.0;
      double magnitude = Math.scalb(fraction, (bits[i] >> 10 & 0x1f) - 15);
      assertEquals(values[i], bits[i] < 0 ? -magnitude : magnitude);
      assertTrue((bits[i] >> 10 & 0x1f) > 0 && (bits[i] >> 10 & 0x1f) < 31, "a normal number");
    }
  }

  @Property
  void anElementDependsOnItsRowAndColumnAndNotOnTheShape(
      @ForAll @IntRange(max = 5) int row,
      @ForAll @IntRange(max = 6) int column,
      @ForAll long seed) {
    double[] small = new double[1];
    double[] large = new double[1];
    new RandomTensor("w", DType.F64, 0, seed, 6, 7).read(row * 7L + column, small, 0, 1);
    new RandomTensor("w", DType.F64, 0, seed, 60, 70).read(row * 70L + column, large, 0, 1);
    assertEquals(small[0], large[0]);
  }
}
