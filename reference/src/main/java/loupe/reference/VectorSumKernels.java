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
 * Multiples of rows of weights where they lie, in a mapped file, added to sums: four rows at once,
 * so that memory is read in four long runs, and a sum is loaded and stored once for the four.
 */
final class VectorSumKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final VectorSpecies<Integer> INTS = VectorWidening.INTS;
  private static final VectorSpecies<Short> SHORTS = VectorWidening.SHORTS;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  private VectorSumKernels() {}

  /** See the {@code addMultiples} of {@link FloatKernels}, of BF16 or F32 weights. */
  static void addMultiples(
      DType type,
      StoredTensor.Run run,
      int[] rows,
      float[] factors,
      float[] sums,
      int sumsOffset,
      int count) {
    int size = type.bits() / Byte.SIZE;
    int whole = FLOATS.loopBound(count);
    int a = run.byteOffset() + rows[0] * size;
    int b = run.byteOffset() + rows[1] * size;
    int c = run.byteOffset() + rows[2] * size;
    int d = run.byteOffset() + rows[3] * size;
    try {
      Object memory = VectorMemory.of(run.memory());
      if (type == DType.BF16) {
        bf16(memory, a, b, c, d, factors, sums, sumsOffset, whole);
      } else {
        f32(memory, a, b, c, d, factors, sums, sumsOffset, whole);
      }
    } catch (Throwable e) {
      throw VectorMemory.unchecked(e);
    }
    for (int row = 0; row < FloatKernels.ROWS_AT_ONCE; row++) {
      for (int i = whole; i < count; i++) {
        int at = run.byteOffset() + (rows[row] + i) * size;
        float w = VectorMemory.element(type, run.memory(), at);
        sums[sumsOffset + i] = FusedMultiplyAdd.fma(factors[row], w, sums[sumsOffset + i]);
      }
    }
  }

  private static void bf16(
      Object memory,
      int a,
      int b,
      int c,
      int d,
      float[] factors,
      float[] sums,
      int sumsOffset,
      int whole)
      throws Throwable {
    FloatVector byA = FloatVector.broadcast(FLOATS, factors[0]);
    FloatVector byB = FloatVector.broadcast(FLOATS, factors[1]);
    FloatVector byC = FloatVector.broadcast(FLOATS, factors[2]);
    FloatVector byD = FloatVector.broadcast(FLOATS, factors[3]);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, sumsOffset + i);
      ShortVector wA =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, a + i * Short.BYTES, ORDER);
      IntVector wideA = (IntVector) ((Vector<Short>) wA).convertShape(S2I, INTS, 0);
      sum = wideA.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(byA, sum);
      ShortVector wB =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, b + i * Short.BYTES, ORDER);
      IntVector wideB = (IntVector) ((Vector<Short>) wB).convertShape(S2I, INTS, 0);
      sum = wideB.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(byB, sum);
      ShortVector wC =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, c + i * Short.BYTES, ORDER);
      IntVector wideC = (IntVector) ((Vector<Short>) wC).convertShape(S2I, INTS, 0);
      sum = wideC.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(byC, sum);
      ShortVector wD =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, d + i * Short.BYTES, ORDER);
      IntVector wideD = (IntVector) ((Vector<Short>) wD).convertShape(S2I, INTS, 0);
      sum = wideD.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(byD, sum);
      sum.intoArray(sums, sumsOffset + i);
    }
  }

  private static void f32(
      Object memory,
      int a,
      int b,
      int c,
      int d,
      float[] factors,
      float[] sums,
      int sumsOffset,
      int whole)
      throws Throwable {
    FloatVector byA = FloatVector.broadcast(FLOATS, factors[0]);
    FloatVector byB = FloatVector.broadcast(FLOATS, factors[1]);
    FloatVector byC = FloatVector.broadcast(FLOATS, factors[2]);
    FloatVector byD = FloatVector.broadcast(FLOATS, factors[3]);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, sumsOffset + i);
      FloatVector wA =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, a + i * Float.BYTES, ORDER);
      sum = wA.fma(byA, sum);
      FloatVector wB =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, b + i * Float.BYTES, ORDER);
      sum = wB.fma(byB, sum);
      FloatVector wC =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, c + i * Float.BYTES, ORDER);
      sum = wC.fma(byC, sum);
      FloatVector wD =
          (FloatVector)
              VectorMemory.LOAD_FLOATS.invokeExact(
                  (VectorSpecies) FLOATS, memory, d + i * Float.BYTES, ORDER);
      sum = wD.fma(byD, sum);
      sum.intoArray(sums, sumsOffset + i);
    }
  }
}
