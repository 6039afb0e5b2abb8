package loupe.reference;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.S2I;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Dot products with rows of weights where they lie, in a mapped file, as four streams: each reads
 * memory in one long run, so that it comes before it is asked for, and an element of x is loaded
 * once for the four.
 */
final class VectorDotKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final VectorSpecies<Integer> INTS = VectorWidening.INTS;
  private static final VectorSpecies<Short> SHORTS = VectorWidening.SHORTS;
  private static final int RESIDUES = FloatKernels.RESIDUES;
  private static final int STREAMS = FloatKernels.STREAMS;
  private static final int AT_ONCE = FloatKernels.ROWS_AT_ONCE;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  private VectorDotKernels() {}

  /**
   * See {@link FloatKernels#readsMemory} and the {@code dots} after it. Each of four streams has a
   * quarter of the rows; where rows do not divide by four, a last row is taken by more than one.
   */
  static void dots(
      DType type,
      StoredTensor.Run run,
      int rows,
      int k,
      float[] x,
      int xRows,
      float[] sums,
      float[] out,
      int outOffset,
      int outStride) {
    int quarter = (rows + STREAMS - 1) / STREAMS;
    int atOnce = VectorDotTileKernels.has(type) ? AT_ONCE : 1;
    int[] places = Scratch.ofThread().ints(STREAMS + AT_ONCE);
    try {
      Object memory = VectorMemory.of(run.memory());
      for (int i = 0; i < quarter; i++) {
        for (int stream = 0; stream < STREAMS; stream++) {
          int row = Math.min(rows - 1, stream * quarter + i);
          places[stream] = run.byteOffset() + row * k * (type.bits() / Byte.SIZE);
        }
        for (int r = 0; r < xRows; r += atOnce) {
          int some = Math.min(atOnce, xRows - r);
          multiply(type, memory, places, k, x, r, some, sums);
          for (int n = 0; n < some * STREAMS; n++) {
            int stream = n % STREAMS;
            int at = n * RESIDUES;
            rest(type, run.memory(), places[stream], k, x, (r + n / STREAMS) * k, sums, at);
            int row = Math.min(rows - 1, stream * quarter + i);
            out[(r + n / STREAMS) * outStride + outOffset + row] = ScalarKernels.tree(sums, at, 1);
          }
        }
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** All runs of 16 elements of four rows of weights by some rows of x from {@code r} on. */
  private static void multiply(
      DType type, Object memory, int[] places, int k, float[] x, int r, int some, float[] sums)
      throws Throwable {
    int whole = k / RESIDUES * RESIDUES;
    if (some == 1) {
      whole(type, memory, places, whole, x, r * k, sums);
      return;
    }
    for (int row = 0; row < AT_ONCE; row++) {
      places[STREAMS + row] = (r + Math.min(row, some - 1)) * k;
    }
    VectorDotTileKernels.multiply(type, memory, places, whole, x, sums);
  }

  /** All runs of 16 elements of four rows. */
  private static void whole(
      DType type, Object memory, int[] first, int whole, float[] x, int xOffset, float[] sums)
      throws Throwable {
    if (LANES < RESIDUES && type != DType.F16) {
      VectorNarrowDotKernels.multiply(type, memory, first, whole, x, xOffset, sums);
      return;
    }
    int a = first[0];
    int b = first[1];
    int c = first[2];
    int d = first[3];
    for (int part = 0; part < RESIDUES; part += LANES) {
      switch (type) {
        case BF16 -> bf16(memory, a, b, c, d, part, whole, x, xOffset, sums);
        case F16 -> f16(memory, a, b, c, d, part, whole, x, xOffset, sums);
        default -> f32(memory, a, b, c, d, part, whole, x, xOffset, sums);
      }
    }
  }

  /** What is left of one row. */
  private static void rest(
      DType type,
      ByteBuffer memory,
      int first,
      int k,
      float[] x,
      int xOffset,
      float[] sums,
      int s) {
    int whole = k / RESIDUES * RESIDUES;
    for (int i = whole; i < k; i++) {
      float w = VectorMemory.element(type, memory, first + i * (type.bits() / Byte.SIZE));
      int at = s + i - whole;
      sums[at] = FusedMultiplyAdd.fma(x[xOffset + i], w, sums[at]);
    }
  }

  private static void bf16(
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
    FloatVector sumA = FloatVector.zero(FLOATS);
    FloatVector sumB = FloatVector.zero(FLOATS);
    FloatVector sumC = FloatVector.zero(FLOATS);
    FloatVector sumD = FloatVector.zero(FLOATS);
    for (int i = part; i < whole; i += RESIDUES) {
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
    }
    sumA.intoArray(sums, part + 0 * RESIDUES);
    sumB.intoArray(sums, part + 1 * RESIDUES);
    sumC.intoArray(sums, part + 2 * RESIDUES);
    sumD.intoArray(sums, part + 3 * RESIDUES);
  }

  private static void f16(
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
    FloatVector sumA = FloatVector.zero(FLOATS);
    FloatVector sumB = FloatVector.zero(FLOATS);
    FloatVector sumC = FloatVector.zero(FLOATS);
    FloatVector sumD = FloatVector.zero(FLOATS);
    for (int i = part; i < whole; i += RESIDUES) {
      FloatVector by = FloatVector.fromArray(FLOATS, x, xOffset + i);
      ShortVector wA =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, a + i * Short.BYTES, ORDER);
      IntVector wideA = (IntVector) ((Vector<Short>) wA).convertShape(S2I, INTS, 0);
      sumA = VectorWidening.f16(wideA).fma(by, sumA);
      ShortVector wB =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, b + i * Short.BYTES, ORDER);
      IntVector wideB = (IntVector) ((Vector<Short>) wB).convertShape(S2I, INTS, 0);
      sumB = VectorWidening.f16(wideB).fma(by, sumB);
      ShortVector wC =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, c + i * Short.BYTES, ORDER);
      IntVector wideC = (IntVector) ((Vector<Short>) wC).convertShape(S2I, INTS, 0);
      sumC = VectorWidening.f16(wideC).fma(by, sumC);
      ShortVector wD =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, d + i * Short.BYTES, ORDER);
      IntVector wideD = (IntVector) ((Vector<Short>) wD).convertShape(S2I, INTS, 0);
      sumD = VectorWidening.f16(wideD).fma(by, sumD);
    }
    sumA.intoArray(sums, part + 0 * RESIDUES);
    sumB.intoArray(sums, part + 1 * RESIDUES);
    sumC.intoArray(sums, part + 2 * RESIDUES);
    sumD.intoArray(sums, part + 3 * RESIDUES);
  }

  private static void f32(
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
    FloatVector sumA = FloatVector.zero(FLOATS);
    FloatVector sumB = FloatVector.zero(FLOATS);
    FloatVector sumC = FloatVector.zero(FLOATS);
    FloatVector sumD = FloatVector.zero(FLOATS);
    for (int i = part; i < whole; i += RESIDUES) {
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
    }
    sumA.intoArray(sums, part + 0 * RESIDUES);
    sumB.intoArray(sums, part + 1 * RESIDUES);
    sumC.intoArray(sums, part + 2 * RESIDUES);
    sumD.intoArray(sums, part + 3 * RESIDUES);
  }
}
