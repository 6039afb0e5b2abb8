package loupe.reference;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.S2I;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Weights of 16 bits as float32. */
final class VectorWidening {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();

  /** As many integers, and shorts, as there are lanes. */
  static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());

  static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(LANES * Short.SIZE));

  /** 224 in the place of a float32's exponent. */
  private static final int RAISE = 0x70000000;

  private VectorWidening() {}

  /** Whole vectors of BF16, exactly, into {@code to}, which is modified. */
  static void widenBf16(short[] bits, int bitsOffset, float[] to, int toOffset, int count) {
    for (int i = 0; i < count; i += LANES) {
      ShortVector some = ShortVector.fromArray(SHORTS, bits, bitsOffset + i);
      IntVector wide = (IntVector) some.convertShape(S2I, INTS, 0);
      wide.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().intoArray(to, toOffset + i);
    }
  }

  /**
   * As {@link #widenBf16}, of F16. The exponent is raised to 2<sup>112</sup> times the value, so
   * that infinity and NaN are such again. A value that is subnormal, {@code x}, has become {@code
   * 2^97 + x * 2^111}: twice that less 2<sup>98</sup> is right, and it is the smaller one only
   * there. No operand is a subnormal float32, which processors multiply a hundred times slower.
   */
  static void widenF16(short[] bits, int bitsOffset, float[] to, int toOffset, int count) {
    for (int i = 0; i < count; i += LANES) {
      ShortVector some = ShortVector.fromArray(SHORTS, bits, bitsOffset + i);
      // Sign-extending, since the zero-extending conversion of 512 bits fails on JDK 17.
      IntVector wide = (IntVector) some.convertShape(S2I, INTS, 0);
      IntVector raised = wide.and(0x7fff).lanewise(LSHL, 13).add(RAISE);
      IntVector other = raised.reinterpretAsFloats().mul(2f).sub(0x1p98f).reinterpretAsInts();
      IntVector signed = raised.min(other).or(wide.and(0x80000000));
      signed.reinterpretAsFloats().mul(0x1p-112f).intoArray(to, toOffset + i);
    }
  }
}
