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
 * A row of x by {@link FloatKernels#STREAMS} rows of weights where they lie in memory, one vector
 * of each row at a time: an element of x is loaded once for all of them.
 */
final class VectorDotRowKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = VectorWidening.INTS;
  private static final VectorSpecies<Short> SHORTS = VectorWidening.SHORTS;
  private static final int RESIDUES = FloatKernels.RESIDUES;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  private VectorDotRowKernels() {}

  /** Rows {@code [row, k]} in the order in which {@link #multiply} wants them. */
  static float[] arranged(DType type, float[] x, int rows, int k) {
    return VectorTileKernels.WIDE ? x : VectorNarrowDotKernels.arranged(type, x, rows, k);
  }

  /**
   * All runs of 16 elements of the rows of weights by a row of x.
   *
   * @param places the first byte of each row of weights
   * @param x as {@link #arranged}
   * @param sums those of row w begin at {@code w * 16}; modified
   */
  static void multiply(
      DType type, Object memory, int[] places, int whole, float[] x, int xOffset, float[] sums)
      throws Throwable {
    if (!VectorTileKernels.WIDE) {
      VectorNarrowDotKernels.multiply(type, memory, places, whole, x, xOffset, sums);
    } else if (type == DType.BF16) {
      bf16Tile(memory, places, whole, x, xOffset, sums);
    } else {
      f32Tile(memory, places, whole, x, xOffset, sums);
    }
  }

  private static void bf16Tile(
      Object memory, int[] places, int whole, float[] x, int xOffset, float[] sums)
      throws Throwable {
    int a = places[0];
    int b = places[1];
    int c = places[2];
    int d = places[3];
    int e = places[4];
    int f = places[5];
    FloatVector sumA = FloatVector.zero(FLOATS);
    FloatVector sumB = FloatVector.zero(FLOATS);
    FloatVector sumC = FloatVector.zero(FLOATS);
    FloatVector sumD = FloatVector.zero(FLOATS);
    FloatVector sumE = FloatVector.zero(FLOATS);
    FloatVector sumF = FloatVector.zero(FLOATS);
    for (int i = 0; i < whole; i += RESIDUES) {
      FloatVector by = FloatVector.fromArray(FLOATS, x, xOffset + i);
      ShortVector wA =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, a + i * Short.BYTES, ORDER);
      IntVector wideA = (IntVector) ((Vector<Short>) wA).convertShape(S2I, INTS, 0);
      sumA = wideA.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(by, sumA);
      ShortVector wB =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, b + i * Short.BYTES, ORDER);
      IntVector wideB = (IntVector) ((Vector<Short>) wB).convertShape(S2I, INTS, 0);
      sumB = wideB.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(by, sumB);
      ShortVector wC =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, c + i * Short.BYTES, ORDER);
      IntVector wideC = (IntVector) ((Vector<Short>) wC).convertShape(S2I, INTS, 0);
      sumC = wideC.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(by, sumC);
      ShortVector wD =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, d + i * Short.BYTES, ORDER);
      IntVector wideD = (IntVector) ((Vector<Short>) wD).convertShape(S2I, INTS, 0);
      sumD = wideD.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(by, sumD);
      ShortVector wE =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, e + i * Short.BYTES, ORDER);
      IntVector wideE = (IntVector) ((Vector<Short>) wE).convertShape(S2I, INTS, 0);
      sumE = wideE.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(by, sumE);
      ShortVector wF =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, f + i * Short.BYTES, ORDER);
      IntVector wideF = (IntVector) ((Vector<Short>) wF).convertShape(S2I, INTS, 0);
      sumF = wideF.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(by, sumF);
    }
    sumA.intoArray(sums, 0 * RESIDUES);
    sumB.intoArray(sums, 1 * RESIDUES);
    sumC.intoArray(sums, 2 * RESIDUES);
    sumD.intoArray(sums, 3 * RESIDUES);
    sumE.intoArray(sums, 4 * RESIDUES);
    sumF.intoArray(sums, 5 * RESIDUES);
  }

  private static void f32Tile(
      Object memory, int[] places, int whole, float[] x, int xOffset, float[] sums)
      throws Throwable {
    int a = places[0];
    int b = places[1];
    int c = places[2];
    int d = places[3];
    int e = places[4];
    int f = places[5];
    FloatVector sumA = FloatVector.zero(FLOATS);
    FloatVector sumB = FloatVector.zero(FLOATS);
    FloatVector sumC = FloatVector.zero(FLOATS);
    FloatVector sumD = FloatVector.zero(FLOATS);
    FloatVector sumE = FloatVector.zero(FLOATS);
    FloatVector sumF = FloatVector.zero(FLOATS);
    for (int i = 0; i < whole; i += RESIDUES) {
      FloatVector by = FloatVector.fromArray(FLOATS, x, xOffset + i);
      FloatVector wA =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, a + i * Float.BYTES, ORDER);
      sumA = wA.fma(by, sumA);
      FloatVector wB =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, b + i * Float.BYTES, ORDER);
      sumB = wB.fma(by, sumB);
      FloatVector wC =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, c + i * Float.BYTES, ORDER);
      sumC = wC.fma(by, sumC);
      FloatVector wD =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, d + i * Float.BYTES, ORDER);
      sumD = wD.fma(by, sumD);
      FloatVector wE =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, e + i * Float.BYTES, ORDER);
      sumE = wE.fma(by, sumE);
      FloatVector wF =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, f + i * Float.BYTES, ORDER);
      sumF = wF.fma(by, sumF);
    }
    sumA.intoArray(sums, 0 * RESIDUES);
    sumB.intoArray(sums, 1 * RESIDUES);
    sumC.intoArray(sums, 2 * RESIDUES);
    sumD.intoArray(sums, 3 * RESIDUES);
    sumE.intoArray(sums, 4 * RESIDUES);
    sumF.intoArray(sums, 5 * RESIDUES);
  }
}
