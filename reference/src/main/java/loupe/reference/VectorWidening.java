package loupe.reference;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.S2I;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
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

  private VectorWidening() {}

  /** Whole vectors of BF16, exactly, into {@code to}, which is modified. */
  static void widenBf16(short[] bits, int bitsOffset, float[] to, int toOffset, int count) {
    for (int i = 0; i < count; i += LANES) {
      ShortVector some = ShortVector.fromArray(SHORTS, bits, bitsOffset + i);
      IntVector wide = (IntVector) some.convertShape(S2I, INTS, 0);
      wide.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().intoArray(to, toOffset + i);
    }
  }

  /** As {@link #widenBf16}, of F16. */
  static void widenF16(short[] bits, int bitsOffset, float[] to, int toOffset, int count) {
    for (int i = 0; i < count; i += LANES) {
      ShortVector some = ShortVector.fromArray(SHORTS, bits, bitsOffset + i);
      // Sign-extending, since the zero-extending conversion of 512 bits fails on JDK 17.
      f16((IntVector) some.convertShape(S2I, INTS, 0)).intoArray(to, toOffset + i);
    }
  }

  /** The values of sign-extended F16 bits. */
  static FloatVector f16(IntVector wide) {
    IntVector sign = wide.and(0x80000000);
    IntVector magnitude = wide.and(0x7fff).lanewise(LSHL, 13);
    IntVector finite = magnitude.reinterpretAsFloats().mul(0x1p112f).reinterpretAsInts();
    VectorMask<Integer> special = magnitude.compare(VectorOperators.GE, 0x0f800000);
    return finite.blend(magnitude.or(0x7f800000), special).or(sign).reinterpretAsFloats();
  }
}
