package loupe.reference;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.S2I;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link VectorDotKernels} for vectors of 128 or 256 bits: two of each row at a time, eight sums in
 * registers, so that 256 bits read memory once and 128 bits twice. While rows are read again from
 * the cache, none come from memory.
 */
final class VectorNarrowDotKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final VectorSpecies<Integer> INTS = VectorWidening.INTS;
  private static final VectorSpecies<Short> SHORTS = VectorWidening.SHORTS;
  private static final int RESIDUES = FloatKernels.RESIDUES;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  private VectorNarrowDotKernels() {}

  /**
   * All runs of 16 elements of four rows of BF16 or F32 weights by a row of x.
   *
   * @param first byte of each row of weights
   * @param sums those of row w begin at {@code w * 16}; modified
   */
  static void multiply(
      DType type, Object memory, int[] first, int whole, float[] x, int xOffset, float[] sums)
      throws Throwable {
    int a = first[0];
    int b = first[1];
    int c = first[2];
    int d = first[3];
    for (int part = 0; part < RESIDUES; part += 2 * LANES) {
      if (type == DType.BF16) {
        bf16Tile(memory, a, b, c, d, part, whole, x, xOffset, sums);
      } else {
        f32Tile(memory, a, b, c, d, part, whole, x, xOffset, sums);
      }
    }
  }

  /** Four rows by two vectors of BF16 weights. */
  private static void bf16Tile(
      Object memory,
      int a,
      int b,
      int c,
      int d,
      int part,
      int whole,
      float[] x,
      int xOffset,
      float[] sums)
      throws Throwable {
    FloatVector sumA0 = FloatVector.zero(FLOATS);
    FloatVector sumA1 = FloatVector.zero(FLOATS);
    FloatVector sumB0 = FloatVector.zero(FLOATS);
    FloatVector sumB1 = FloatVector.zero(FLOATS);
    FloatVector sumC0 = FloatVector.zero(FLOATS);
    FloatVector sumC1 = FloatVector.zero(FLOATS);
    FloatVector sumD0 = FloatVector.zero(FLOATS);
    FloatVector sumD1 = FloatVector.zero(FLOATS);
    for (int i = part; i < whole; i += RESIDUES) {
      FloatVector by0 = FloatVector.fromArray(FLOATS, x, xOffset + i);
      FloatVector by1 = FloatVector.fromArray(FLOATS, x, xOffset + i + LANES);
      ShortVector wA0 =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, a + i * Short.BYTES, ORDER);
      IntVector wideA0 = (IntVector) ((Vector<Short>) wA0).convertShape(S2I, INTS, 0);
      sumA0 = wideA0.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(by0, sumA0);
      ShortVector wA1 =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, a + (i + LANES) * Short.BYTES, ORDER);
      IntVector wideA1 = (IntVector) ((Vector<Short>) wA1).convertShape(S2I, INTS, 0);
      sumA1 = wideA1.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(by1, sumA1);
      ShortVector wB0 =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, b + i * Short.BYTES, ORDER);
      IntVector wideB0 = (IntVector) ((Vector<Short>) wB0).convertShape(S2I, INTS, 0);
      sumB0 = wideB0.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(by0, sumB0);
      ShortVector wB1 =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, b + (i + LANES) * Short.BYTES, ORDER);
      IntVector wideB1 = (IntVector) ((Vector<Short>) wB1).convertShape(S2I, INTS, 0);
      sumB1 = wideB1.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(by1, sumB1);
      ShortVector wC0 =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, c + i * Short.BYTES, ORDER);
      IntVector wideC0 = (IntVector) ((Vector<Short>) wC0).convertShape(S2I, INTS, 0);
      sumC0 = wideC0.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(by0, sumC0);
      ShortVector wC1 =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, c + (i + LANES) * Short.BYTES, ORDER);
      IntVector wideC1 = (IntVector) ((Vector<Short>) wC1).convertShape(S2I, INTS, 0);
      sumC1 = wideC1.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(by1, sumC1);
      ShortVector wD0 =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, d + i * Short.BYTES, ORDER);
      IntVector wideD0 = (IntVector) ((Vector<Short>) wD0).convertShape(S2I, INTS, 0);
      sumD0 = wideD0.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(by0, sumD0);
      ShortVector wD1 =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, d + (i + LANES) * Short.BYTES, ORDER);
      IntVector wideD1 = (IntVector) ((Vector<Short>) wD1).convertShape(S2I, INTS, 0);
      sumD1 = wideD1.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(by1, sumD1);
    }
    sumA0.intoArray(sums, part + 0 * RESIDUES);
    sumA1.intoArray(sums, part + 0 * RESIDUES + LANES);
    sumB0.intoArray(sums, part + 1 * RESIDUES);
    sumB1.intoArray(sums, part + 1 * RESIDUES + LANES);
    sumC0.intoArray(sums, part + 2 * RESIDUES);
    sumC1.intoArray(sums, part + 2 * RESIDUES + LANES);
    sumD0.intoArray(sums, part + 3 * RESIDUES);
    sumD1.intoArray(sums, part + 3 * RESIDUES + LANES);
  }

  /** Four rows by two vectors of F32 weights. */
  private static void f32Tile(
      Object memory,
      int a,
      int b,
      int c,
      int d,
      int part,
      int whole,
      float[] x,
      int xOffset,
      float[] sums)
      throws Throwable {
    FloatVector sumA0 = FloatVector.zero(FLOATS);
    FloatVector sumA1 = FloatVector.zero(FLOATS);
    FloatVector sumB0 = FloatVector.zero(FLOATS);
    FloatVector sumB1 = FloatVector.zero(FLOATS);
    FloatVector sumC0 = FloatVector.zero(FLOATS);
    FloatVector sumC1 = FloatVector.zero(FLOATS);
    FloatVector sumD0 = FloatVector.zero(FLOATS);
    FloatVector sumD1 = FloatVector.zero(FLOATS);
    for (int i = part; i < whole; i += RESIDUES) {
      FloatVector by0 = FloatVector.fromArray(FLOATS, x, xOffset + i);
      FloatVector by1 = FloatVector.fromArray(FLOATS, x, xOffset + i + LANES);
      FloatVector wA0 =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, a + i * Float.BYTES, ORDER);
      sumA0 = wA0.fma(by0, sumA0);
      FloatVector wA1 =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, a + (i + LANES) * Float.BYTES, ORDER);
      sumA1 = wA1.fma(by1, sumA1);
      FloatVector wB0 =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, b + i * Float.BYTES, ORDER);
      sumB0 = wB0.fma(by0, sumB0);
      FloatVector wB1 =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, b + (i + LANES) * Float.BYTES, ORDER);
      sumB1 = wB1.fma(by1, sumB1);
      FloatVector wC0 =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, c + i * Float.BYTES, ORDER);
      sumC0 = wC0.fma(by0, sumC0);
      FloatVector wC1 =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, c + (i + LANES) * Float.BYTES, ORDER);
      sumC1 = wC1.fma(by1, sumC1);
      FloatVector wD0 =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, d + i * Float.BYTES, ORDER);
      sumD0 = wD0.fma(by0, sumD0);
      FloatVector wD1 =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, d + (i + LANES) * Float.BYTES, ORDER);
      sumD1 = wD1.fma(by1, sumD1);
    }
    sumA0.intoArray(sums, part + 0 * RESIDUES);
    sumA1.intoArray(sums, part + 0 * RESIDUES + LANES);
    sumB0.intoArray(sums, part + 1 * RESIDUES);
    sumB1.intoArray(sums, part + 1 * RESIDUES + LANES);
    sumC0.intoArray(sums, part + 2 * RESIDUES);
    sumC1.intoArray(sums, part + 2 * RESIDUES + LANES);
    sumD0.intoArray(sums, part + 3 * RESIDUES);
    sumD1.intoArray(sums, part + 3 * RESIDUES + LANES);
  }
}
