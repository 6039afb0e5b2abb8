package loupe.reference;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.S2I;

import java.lang.invoke.MethodHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Packs a weight that lies inputs by outputs, from memory itself, four inputs at a time: each is on
 * another page, and one waits for memory while the others go on. Nothing is transposed, since
 * columns are side by side in a panel too.
 */
final class VectorColumnKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = VectorWidening.INTS;
  private static final VectorSpecies<Short> SHORTS = VectorWidening.SHORTS;
  private static final MethodHandle F32 = VectorMemory.LOAD_FLOATS;
  private static final MethodHandle BF16 = VectorMemory.LOAD_SHORTS;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final int LANES = FLOATS.length();
  private static final int FOUR = 4;

  private VectorColumnKernels() {}

  /** See the {@code packColumns} of {@link FloatKernels}. */
  static int packColumns(
      DType type,
      StoredTensor.Run run,
      int stride,
      int columns,
      int firstK,
      int k,
      Panels panels,
      float[] to,
      int at) {
    if (columns % LANES != 0) {
      return 0;
    }
    Object memory = VectorMemory.of(run.memory());
    int bytes = stride * type.bits() / Byte.SIZE;
    int whole = k / FOUR * FOUR;
    for (int i = firstK; i < firstK + whole; i += FOUR) {
      int first = run.byteOffset() + (i - firstK) * bytes;
      int target = at + panels.stepOffset(i / FloatKernels.RESIDUES);
      fourRows(type, memory, first, bytes, columns, panels, i % FloatKernels.RESIDUES, to, target);
    }
    return whole;
  }

  private static void fourRows(
      DType type,
      Object memory,
      int first,
      int stride,
      int columns,
      Panels panels,
      int residue,
      float[] to,
      int target) {
    try {
      if (type == DType.F32) {
        fourF32(memory, first, stride, columns, panels, residue, to, target);
      } else {
        fourBf16(memory, first, stride, columns, panels, residue, to, target);
      }
    } catch (Throwable e) {
      throw VectorMemory.unchecked(e);
    }
  }

  private static void fourF32(
      Object memory,
      int first,
      int stride,
      int columns,
      Panels panels,
      int residue,
      float[] to,
      int target)
      throws Throwable {
    int[] residues = panels.residues();
    int t0 = target + residues[residue];
    int t1 = target + residues[residue + 1];
    int t2 = target + residues[residue + 2];
    int t3 = target + residues[residue + 3];
    int group = panels.group();
    int next = panels.groupSize() - group;
    for (int from = 0, p = 0; from < columns; from += group, p += next) {
      int end = Math.min(columns, from + group);
      for (int c = from; c < end; c += LANES) {
        int a = first + c * Float.BYTES;
        FloatVector w0 = (FloatVector) F32.invokeExact((VectorSpecies) FLOATS, memory, a, ORDER);
        a += stride;
        FloatVector w1 = (FloatVector) F32.invokeExact((VectorSpecies) FLOATS, memory, a, ORDER);
        a += stride;
        FloatVector w2 = (FloatVector) F32.invokeExact((VectorSpecies) FLOATS, memory, a, ORDER);
        a += stride;
        FloatVector w3 = (FloatVector) F32.invokeExact((VectorSpecies) FLOATS, memory, a, ORDER);
        w0.intoArray(to, t0 + p + c);
        w1.intoArray(to, t1 + p + c);
        w2.intoArray(to, t2 + p + c);
        w3.intoArray(to, t3 + p + c);
      }
    }
  }

  private static void fourBf16(
      Object memory,
      int first,
      int stride,
      int columns,
      Panels panels,
      int residue,
      float[] to,
      int target)
      throws Throwable {
    int[] residues = panels.residues();
    int t0 = target + residues[residue];
    int t1 = target + residues[residue + 1];
    int t2 = target + residues[residue + 2];
    int t3 = target + residues[residue + 3];
    int group = panels.group();
    int next = panels.groupSize() - group;
    for (int from = 0, p = 0; from < columns; from += group, p += next) {
      int end = Math.min(columns, from + group);
      for (int c = from; c < end; c += LANES) {
        int a = first + c * Short.BYTES;
        ShortVector w0 = (ShortVector) BF16.invokeExact((VectorSpecies) SHORTS, memory, a, ORDER);
        a += stride;
        ShortVector w1 = (ShortVector) BF16.invokeExact((VectorSpecies) SHORTS, memory, a, ORDER);
        a += stride;
        ShortVector w2 = (ShortVector) BF16.invokeExact((VectorSpecies) SHORTS, memory, a, ORDER);
        a += stride;
        ShortVector w3 = (ShortVector) BF16.invokeExact((VectorSpecies) SHORTS, memory, a, ORDER);
        IntVector i0 = (IntVector) ((Vector<Short>) w0).convertShape(S2I, INTS, 0);
        IntVector i1 = (IntVector) ((Vector<Short>) w1).convertShape(S2I, INTS, 0);
        IntVector i2 = (IntVector) ((Vector<Short>) w2).convertShape(S2I, INTS, 0);
        IntVector i3 = (IntVector) ((Vector<Short>) w3).convertShape(S2I, INTS, 0);
        i0.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().intoArray(to, t0 + p + c);
        i1.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().intoArray(to, t1 + p + c);
        i2.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().intoArray(to, t2 + p + c);
        i3.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().intoArray(to, t3 + p + c);
      }
    }
  }
}
