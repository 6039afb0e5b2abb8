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
 * As {@link VectorDotKernels}, by four rows of x at a time: a weight is loaded and widened once for
 * the four, and 24 times 16 partial sums stay in registers. So two to four rows take little longer
 * than one, and nothing is packed. For vectors of 512 bits, which have 32 registers.
 */
final class VectorDotTileKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = VectorWidening.INTS;
  private static final VectorSpecies<Short> SHORTS = VectorWidening.SHORTS;
  private static final int RESIDUES = FloatKernels.RESIDUES;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  /** More rows of x than this are better multiplied by packed weights. */
  static final int MOST_ROWS = 16;

  private VectorDotTileKernels() {}

  /** Whether there is a tile for weights of this type. */
  static boolean has(DType type) {
    return VectorTileKernels.WIDE && (type == DType.BF16 || type == DType.F32);
  }

  /**
   * All runs of 16 elements of a row of weights of each stream by four rows of x.
   *
   * @param places the first byte of each row of weights, then the first element of each row of x
   * @param sums those of weight row w by x row r begin at {@code (r * 6 + w) * 16}; modified
   */
  static void multiply(DType type, Object memory, int[] places, int whole, float[] x, float[] sums)
      throws Throwable {
    if (type == DType.BF16) {
      bf16Tile(memory, places, whole, x, sums);
    } else {
      f32Tile(memory, places, whole, x, sums);
    }
  }

  private static void bf16Tile(Object memory, int[] places, int whole, float[] x, float[] sums)
      throws Throwable {
    int a = places[0];
    int b = places[1];
    int c = places[2];
    int d = places[3];
    int e = places[4];
    int f = places[5];
    int x0 = places[6];
    int x1 = places[7];
    int x2 = places[8];
    int x3 = places[9];
    FloatVector sumA0 = FloatVector.zero(FLOATS);
    FloatVector sumB0 = FloatVector.zero(FLOATS);
    FloatVector sumC0 = FloatVector.zero(FLOATS);
    FloatVector sumD0 = FloatVector.zero(FLOATS);
    FloatVector sumE0 = FloatVector.zero(FLOATS);
    FloatVector sumF0 = FloatVector.zero(FLOATS);
    FloatVector sumA1 = FloatVector.zero(FLOATS);
    FloatVector sumB1 = FloatVector.zero(FLOATS);
    FloatVector sumC1 = FloatVector.zero(FLOATS);
    FloatVector sumD1 = FloatVector.zero(FLOATS);
    FloatVector sumE1 = FloatVector.zero(FLOATS);
    FloatVector sumF1 = FloatVector.zero(FLOATS);
    FloatVector sumA2 = FloatVector.zero(FLOATS);
    FloatVector sumB2 = FloatVector.zero(FLOATS);
    FloatVector sumC2 = FloatVector.zero(FLOATS);
    FloatVector sumD2 = FloatVector.zero(FLOATS);
    FloatVector sumE2 = FloatVector.zero(FLOATS);
    FloatVector sumF2 = FloatVector.zero(FLOATS);
    FloatVector sumA3 = FloatVector.zero(FLOATS);
    FloatVector sumB3 = FloatVector.zero(FLOATS);
    FloatVector sumC3 = FloatVector.zero(FLOATS);
    FloatVector sumD3 = FloatVector.zero(FLOATS);
    FloatVector sumE3 = FloatVector.zero(FLOATS);
    FloatVector sumF3 = FloatVector.zero(FLOATS);
    for (int i = 0; i < whole; i += RESIDUES) {
      ShortVector bitsA =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, a + i * Short.BYTES, ORDER);
      IntVector wideA = (IntVector) ((Vector<Short>) bitsA).convertShape(S2I, INTS, 0);
      FloatVector wA = wideA.lanewise(LSHL, Short.SIZE).reinterpretAsFloats();
      ShortVector bitsB =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, b + i * Short.BYTES, ORDER);
      IntVector wideB = (IntVector) ((Vector<Short>) bitsB).convertShape(S2I, INTS, 0);
      FloatVector wB = wideB.lanewise(LSHL, Short.SIZE).reinterpretAsFloats();
      ShortVector bitsC =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, c + i * Short.BYTES, ORDER);
      IntVector wideC = (IntVector) ((Vector<Short>) bitsC).convertShape(S2I, INTS, 0);
      FloatVector wC = wideC.lanewise(LSHL, Short.SIZE).reinterpretAsFloats();
      ShortVector bitsD =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, d + i * Short.BYTES, ORDER);
      IntVector wideD = (IntVector) ((Vector<Short>) bitsD).convertShape(S2I, INTS, 0);
      FloatVector wD = wideD.lanewise(LSHL, Short.SIZE).reinterpretAsFloats();
      ShortVector bitsE =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, e + i * Short.BYTES, ORDER);
      IntVector wideE = (IntVector) ((Vector<Short>) bitsE).convertShape(S2I, INTS, 0);
      FloatVector wE = wideE.lanewise(LSHL, Short.SIZE).reinterpretAsFloats();
      ShortVector bitsF =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, f + i * Short.BYTES, ORDER);
      IntVector wideF = (IntVector) ((Vector<Short>) bitsF).convertShape(S2I, INTS, 0);
      FloatVector wF = wideF.lanewise(LSHL, Short.SIZE).reinterpretAsFloats();
      FloatVector by = FloatVector.fromArray(FLOATS, x, x0 + i);
      sumA0 = wA.fma(by, sumA0);
      sumB0 = wB.fma(by, sumB0);
      sumC0 = wC.fma(by, sumC0);
      sumD0 = wD.fma(by, sumD0);
      sumE0 = wE.fma(by, sumE0);
      sumF0 = wF.fma(by, sumF0);
      by = FloatVector.fromArray(FLOATS, x, x1 + i);
      sumA1 = wA.fma(by, sumA1);
      sumB1 = wB.fma(by, sumB1);
      sumC1 = wC.fma(by, sumC1);
      sumD1 = wD.fma(by, sumD1);
      sumE1 = wE.fma(by, sumE1);
      sumF1 = wF.fma(by, sumF1);
      by = FloatVector.fromArray(FLOATS, x, x2 + i);
      sumA2 = wA.fma(by, sumA2);
      sumB2 = wB.fma(by, sumB2);
      sumC2 = wC.fma(by, sumC2);
      sumD2 = wD.fma(by, sumD2);
      sumE2 = wE.fma(by, sumE2);
      sumF2 = wF.fma(by, sumF2);
      by = FloatVector.fromArray(FLOATS, x, x3 + i);
      sumA3 = wA.fma(by, sumA3);
      sumB3 = wB.fma(by, sumB3);
      sumC3 = wC.fma(by, sumC3);
      sumD3 = wD.fma(by, sumD3);
      sumE3 = wE.fma(by, sumE3);
      sumF3 = wF.fma(by, sumF3);
    }
    sumA0.intoArray(sums, 0 * RESIDUES);
    sumB0.intoArray(sums, 1 * RESIDUES);
    sumC0.intoArray(sums, 2 * RESIDUES);
    sumD0.intoArray(sums, 3 * RESIDUES);
    sumE0.intoArray(sums, 4 * RESIDUES);
    sumF0.intoArray(sums, 5 * RESIDUES);
    sumA1.intoArray(sums, 6 * RESIDUES);
    sumB1.intoArray(sums, 7 * RESIDUES);
    sumC1.intoArray(sums, 8 * RESIDUES);
    sumD1.intoArray(sums, 9 * RESIDUES);
    sumE1.intoArray(sums, 10 * RESIDUES);
    sumF1.intoArray(sums, 11 * RESIDUES);
    sumA2.intoArray(sums, 12 * RESIDUES);
    sumB2.intoArray(sums, 13 * RESIDUES);
    sumC2.intoArray(sums, 14 * RESIDUES);
    sumD2.intoArray(sums, 15 * RESIDUES);
    sumE2.intoArray(sums, 16 * RESIDUES);
    sumF2.intoArray(sums, 17 * RESIDUES);
    sumA3.intoArray(sums, 18 * RESIDUES);
    sumB3.intoArray(sums, 19 * RESIDUES);
    sumC3.intoArray(sums, 20 * RESIDUES);
    sumD3.intoArray(sums, 21 * RESIDUES);
    sumE3.intoArray(sums, 22 * RESIDUES);
    sumF3.intoArray(sums, 23 * RESIDUES);
  }

  private static void f32Tile(Object memory, int[] places, int whole, float[] x, float[] sums)
      throws Throwable {
    int a = places[0];
    int b = places[1];
    int c = places[2];
    int d = places[3];
    int e = places[4];
    int f = places[5];
    int x0 = places[6];
    int x1 = places[7];
    int x2 = places[8];
    int x3 = places[9];
    FloatVector sumA0 = FloatVector.zero(FLOATS);
    FloatVector sumB0 = FloatVector.zero(FLOATS);
    FloatVector sumC0 = FloatVector.zero(FLOATS);
    FloatVector sumD0 = FloatVector.zero(FLOATS);
    FloatVector sumE0 = FloatVector.zero(FLOATS);
    FloatVector sumF0 = FloatVector.zero(FLOATS);
    FloatVector sumA1 = FloatVector.zero(FLOATS);
    FloatVector sumB1 = FloatVector.zero(FLOATS);
    FloatVector sumC1 = FloatVector.zero(FLOATS);
    FloatVector sumD1 = FloatVector.zero(FLOATS);
    FloatVector sumE1 = FloatVector.zero(FLOATS);
    FloatVector sumF1 = FloatVector.zero(FLOATS);
    FloatVector sumA2 = FloatVector.zero(FLOATS);
    FloatVector sumB2 = FloatVector.zero(FLOATS);
    FloatVector sumC2 = FloatVector.zero(FLOATS);
    FloatVector sumD2 = FloatVector.zero(FLOATS);
    FloatVector sumE2 = FloatVector.zero(FLOATS);
    FloatVector sumF2 = FloatVector.zero(FLOATS);
    FloatVector sumA3 = FloatVector.zero(FLOATS);
    FloatVector sumB3 = FloatVector.zero(FLOATS);
    FloatVector sumC3 = FloatVector.zero(FLOATS);
    FloatVector sumD3 = FloatVector.zero(FLOATS);
    FloatVector sumE3 = FloatVector.zero(FLOATS);
    FloatVector sumF3 = FloatVector.zero(FLOATS);
    for (int i = 0; i < whole; i += RESIDUES) {
      FloatVector wA =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, a + i * Float.BYTES, ORDER);
      FloatVector wB =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, b + i * Float.BYTES, ORDER);
      FloatVector wC =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, c + i * Float.BYTES, ORDER);
      FloatVector wD =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, d + i * Float.BYTES, ORDER);
      FloatVector wE =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, e + i * Float.BYTES, ORDER);
      FloatVector wF =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, f + i * Float.BYTES, ORDER);
      FloatVector by = FloatVector.fromArray(FLOATS, x, x0 + i);
      sumA0 = wA.fma(by, sumA0);
      sumB0 = wB.fma(by, sumB0);
      sumC0 = wC.fma(by, sumC0);
      sumD0 = wD.fma(by, sumD0);
      sumE0 = wE.fma(by, sumE0);
      sumF0 = wF.fma(by, sumF0);
      by = FloatVector.fromArray(FLOATS, x, x1 + i);
      sumA1 = wA.fma(by, sumA1);
      sumB1 = wB.fma(by, sumB1);
      sumC1 = wC.fma(by, sumC1);
      sumD1 = wD.fma(by, sumD1);
      sumE1 = wE.fma(by, sumE1);
      sumF1 = wF.fma(by, sumF1);
      by = FloatVector.fromArray(FLOATS, x, x2 + i);
      sumA2 = wA.fma(by, sumA2);
      sumB2 = wB.fma(by, sumB2);
      sumC2 = wC.fma(by, sumC2);
      sumD2 = wD.fma(by, sumD2);
      sumE2 = wE.fma(by, sumE2);
      sumF2 = wF.fma(by, sumF2);
      by = FloatVector.fromArray(FLOATS, x, x3 + i);
      sumA3 = wA.fma(by, sumA3);
      sumB3 = wB.fma(by, sumB3);
      sumC3 = wC.fma(by, sumC3);
      sumD3 = wD.fma(by, sumD3);
      sumE3 = wE.fma(by, sumE3);
      sumF3 = wF.fma(by, sumF3);
    }
    sumA0.intoArray(sums, 0 * RESIDUES);
    sumB0.intoArray(sums, 1 * RESIDUES);
    sumC0.intoArray(sums, 2 * RESIDUES);
    sumD0.intoArray(sums, 3 * RESIDUES);
    sumE0.intoArray(sums, 4 * RESIDUES);
    sumF0.intoArray(sums, 5 * RESIDUES);
    sumA1.intoArray(sums, 6 * RESIDUES);
    sumB1.intoArray(sums, 7 * RESIDUES);
    sumC1.intoArray(sums, 8 * RESIDUES);
    sumD1.intoArray(sums, 9 * RESIDUES);
    sumE1.intoArray(sums, 10 * RESIDUES);
    sumF1.intoArray(sums, 11 * RESIDUES);
    sumA2.intoArray(sums, 12 * RESIDUES);
    sumB2.intoArray(sums, 13 * RESIDUES);
    sumC2.intoArray(sums, 14 * RESIDUES);
    sumD2.intoArray(sums, 15 * RESIDUES);
    sumE2.intoArray(sums, 16 * RESIDUES);
    sumF2.intoArray(sums, 17 * RESIDUES);
    sumA3.intoArray(sums, 18 * RESIDUES);
    sumB3.intoArray(sums, 19 * RESIDUES);
    sumC3.intoArray(sums, 20 * RESIDUES);
    sumD3.intoArray(sums, 21 * RESIDUES);
    sumE3.intoArray(sums, 22 * RESIDUES);
    sumF3.intoArray(sums, 23 * RESIDUES);
  }
}
