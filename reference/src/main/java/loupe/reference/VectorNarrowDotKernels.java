package loupe.reference;

import static jdk.incubator.vector.VectorOperators.LSHL;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link VectorDotKernels} for vectors of 128 or 256 bits: two vectors of sums for each row, so
 * that 256 bits read memory once and 128 bits twice. While rows are read again from the cache, none
 * come from memory.
 *
 * <p>BF16 weights are loaded two in an int, and widened by a shift and by a mask: first come those
 * at even places, then those at odd ones. So x is wanted in that order, see {@link #arranged}.
 */
final class VectorNarrowDotKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final VectorSpecies<Integer> INTS = VectorWidening.INTS;
  private static final int RESIDUES = FloatKernels.RESIDUES;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final int HIGH = 0xffff0000;

  /**
   * Rows of one call. Not more: JDK 17's compiler loses what it knows of a class at about the
   * eighth reinterpretation of a method (in some starts and not in others), and makes objects of
   * vectors.
   */
  private static final int ROWS = 3;

  private VectorNarrowDotKernels() {}

  /** Rows {@code [row, k]} in the order in which {@link #multiply} wants them. */
  static float[] arranged(DType type, float[] x, int rows, int k) {
    if (type != DType.BF16) {
      return x;
    }
    float[] to = Scratch.ofThread().floats(Scratch.Use.TILES, (long) rows * k);
    for (int row = 0; row < rows; row++) {
      int end = row * k + k / RESIDUES * RESIDUES;
      for (int at = row * k; at < end; at += 2 * LANES) {
        for (int lane = 0; lane < LANES; lane++) {
          to[at + lane] = x[at + 2 * lane];
          to[at + LANES + lane] = x[at + 2 * lane + 1];
        }
      }
    }
    return to;
  }

  /**
   * All runs of 16 elements of six rows of BF16 or F32 weights by a row of x.
   *
   * @param places the first byte of each row of weights
   * @param x as {@link #arranged}
   * @param sums those of row w begin at {@code w * 16}; modified
   */
  static void multiply(
      DType type, Object memory, int[] places, int whole, float[] x, int xOffset, float[] sums)
      throws Throwable {
    for (int part = 0; part < RESIDUES; part += 2 * LANES) {
      for (int first = 0; first < FloatKernels.STREAMS; first += ROWS) {
        if (type == DType.BF16) {
          bf16Tile(memory, places, first, part, whole, x, xOffset, sums);
        } else {
          f32Tile(memory, places, first, part, whole, x, xOffset, sums);
        }
      }
    }
    if (type == DType.BF16) {
      for (int at = 0; at < FloatKernels.STREAMS * RESIDUES; at += 2 * LANES) {
        alternate(sums, at);
      }
    }
  }

  /** Sums of even places, then of odd ones, in the order of places. */
  private static void alternate(float[] sums, int at) {
    float[] even = Scratch.ofThread().floats(Scratch.Use.FUNCTION, LANES);
    System.arraycopy(sums, at, even, 0, LANES);
    for (int lane = 0; lane < LANES; lane++) {
      float odd = sums[at + LANES + lane];
      sums[at + 2 * lane] = even[lane];
      sums[at + 2 * lane + 1] = odd;
    }
  }

  /** Three rows by two vectors of BF16 weights. */
  private static void bf16Tile(
      Object memory,
      int[] places,
      int first,
      int part,
      int whole,
      float[] x,
      int xOffset,
      float[] sums)
      throws Throwable {
    int a = places[first];
    int b = places[first + 1];
    int c = places[first + 2];
    FloatVector sumA0 = FloatVector.zero(FLOATS);
    FloatVector sumA1 = FloatVector.zero(FLOATS);
    FloatVector sumB0 = FloatVector.zero(FLOATS);
    FloatVector sumB1 = FloatVector.zero(FLOATS);
    FloatVector sumC0 = FloatVector.zero(FLOATS);
    FloatVector sumC1 = FloatVector.zero(FLOATS);
    for (int i = part; i < whole; i += RESIDUES) {
      FloatVector by0 = FloatVector.fromArray(FLOATS, x, xOffset + i);
      FloatVector by1 = FloatVector.fromArray(FLOATS, x, xOffset + i + LANES);
      IntVector wA =
          (IntVector)
              VectorMemory.LOAD_INTS.invokeExact(
                  (VectorSpecies) INTS, memory, a + i * Short.BYTES, ORDER);
      sumA0 = wA.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(by0, sumA0);
      sumA1 = wA.and(HIGH).reinterpretAsFloats().fma(by1, sumA1);
      IntVector wB =
          (IntVector)
              VectorMemory.LOAD_INTS.invokeExact(
                  (VectorSpecies) INTS, memory, b + i * Short.BYTES, ORDER);
      sumB0 = wB.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(by0, sumB0);
      sumB1 = wB.and(HIGH).reinterpretAsFloats().fma(by1, sumB1);
      IntVector wC =
          (IntVector)
              VectorMemory.LOAD_INTS.invokeExact(
                  (VectorSpecies) INTS, memory, c + i * Short.BYTES, ORDER);
      sumC0 = wC.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(by0, sumC0);
      sumC1 = wC.and(HIGH).reinterpretAsFloats().fma(by1, sumC1);
    }
    int to = first * RESIDUES + part;
    sumA0.intoArray(sums, to + 0 * RESIDUES);
    sumA1.intoArray(sums, to + 0 * RESIDUES + LANES);
    sumB0.intoArray(sums, to + 1 * RESIDUES);
    sumB1.intoArray(sums, to + 1 * RESIDUES + LANES);
    sumC0.intoArray(sums, to + 2 * RESIDUES);
    sumC1.intoArray(sums, to + 2 * RESIDUES + LANES);
  }

  /** Three rows by two vectors of F32 weights. */
  private static void f32Tile(
      Object memory,
      int[] places,
      int first,
      int part,
      int whole,
      float[] x,
      int xOffset,
      float[] sums)
      throws Throwable {
    int a = places[first];
    int b = places[first + 1];
    int c = places[first + 2];
    FloatVector sumA0 = FloatVector.zero(FLOATS);
    FloatVector sumA1 = FloatVector.zero(FLOATS);
    FloatVector sumB0 = FloatVector.zero(FLOATS);
    FloatVector sumB1 = FloatVector.zero(FLOATS);
    FloatVector sumC0 = FloatVector.zero(FLOATS);
    FloatVector sumC1 = FloatVector.zero(FLOATS);
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
    }
    int to = first * RESIDUES + part;
    sumA0.intoArray(sums, to + 0 * RESIDUES);
    sumA1.intoArray(sums, to + 0 * RESIDUES + LANES);
    sumB0.intoArray(sums, to + 1 * RESIDUES);
    sumB1.intoArray(sums, to + 1 * RESIDUES + LANES);
    sumC0.intoArray(sums, to + 2 * RESIDUES);
    sumC1.intoArray(sums, to + 2 * RESIDUES + LANES);
  }
}
