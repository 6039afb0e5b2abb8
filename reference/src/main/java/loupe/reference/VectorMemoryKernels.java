package loupe.reference;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.S2I;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Dot products with rows of weights where they lie, in a mapped file: one row after another, so
 * that memory is read in one long run while it is multiplied.
 *
 * <p>No call that loads vectors from such memory is in all JDKs: {@code fromByteBuffer} until 18,
 * {@code fromMemorySegment} since. Method handles that are constants cost nothing.
 */
final class VectorMemoryKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final VectorSpecies<Integer> INTS = VectorWidening.INTS;
  private static final VectorSpecies<Short> SHORTS = VectorWidening.SHORTS;
  private static final int RESIDUES = FloatKernels.RESIDUES;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  /** Of a {@link ByteBuffer}, what the loads take; null where there are none. */
  private static final MethodHandle MEMORY;

  /** {@code (VectorSpecies, Object, int, ByteOrder)}. */
  private static final MethodHandle LOAD_SHORTS;

  private static final MethodHandle LOAD_FLOATS;

  static {
    MethodHandle memory = null;
    MethodHandle shorts = null;
    MethodHandle floats = null;
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      if (Runtime.version().feature() < 19) {
        memory = MethodHandles.identity(ByteBuffer.class);
        shorts = load(lookup, ShortVector.class, "fromByteBuffer", ByteBuffer.class, int.class);
        floats = load(lookup, FloatVector.class, "fromByteBuffer", ByteBuffer.class, int.class);
      } else {
        Class<?> segment = Class.forName("java.lang.foreign.MemorySegment");
        memory =
            lookup.findStatic(segment, "ofBuffer", MethodType.methodType(segment, Buffer.class));
        shorts = load(lookup, ShortVector.class, "fromMemorySegment", segment, long.class);
        floats = load(lookup, FloatVector.class, "fromMemorySegment", segment, long.class);
      }
      memory = memory.asType(MethodType.methodType(Object.class, ByteBuffer.class));
    } catch (ReflectiveOperationException e) {
      memory = null;
    }
    MEMORY = memory;
    LOAD_SHORTS = shorts;
    LOAD_FLOATS = floats;
  }

  private VectorMemoryKernels() {}

  private static MethodHandle load(
      MethodHandles.Lookup lookup, Class<?> vector, String name, Class<?> memory, Class<?> offset)
      throws ReflectiveOperationException {
    MethodType type =
        MethodType.methodType(vector, VectorSpecies.class, memory, offset, ByteOrder.class);
    MethodType common =
        MethodType.methodType(
            vector, VectorSpecies.class, Object.class, int.class, ByteOrder.class);
    return lookup.findStatic(vector, name, type).asType(common);
  }

  /** Whether this JDK has loads, and {@link #dots} works for the type. */
  static boolean has(DType type) {
    return MEMORY != null && (type == DType.BF16 || type == DType.F16 || type == DType.F32);
  }

  /** See {@link FloatKernels#readsMemory} and the {@code dots} after it. */
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
    int size = type.bits() / Byte.SIZE;
    int whole = k / RESIDUES * RESIDUES;
    try {
      Object memory = (Object) MEMORY.invokeExact(run.memory());
      for (int row = 0; row < rows; row++) {
        int at = run.byteOffset() + row * k * size;
        for (int r = 0; r < xRows; r++) {
          for (int part = 0; part < RESIDUES; part += LANES) {
            if (type == DType.BF16) {
              bf16(memory, at, part, whole, x, r * k, sums);
            } else if (type == DType.F16) {
              f16(memory, at, part, whole, x, r * k, sums);
            } else {
              f32(memory, at, part, whole, x, r * k, sums);
            }
          }
          for (int i = whole; i < k; i++) {
            float w = element(type, run.memory(), at + i * size);
            sums[i - whole] = FusedMultiplyAdd.fma(x[r * k + i], w, sums[i - whole]);
          }
          out[r * outStride + outOffset + row] = ScalarKernels.tree(sums, 0, 1);
        }
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static float element(DType type, ByteBuffer memory, int at) {
    int high = memory.get(at + 1) << 8 | memory.get(at) & 0xff;
    if (type == DType.BF16) {
      return Float.intBitsToFloat(high << 16);
    }
    if (type == DType.F16) {
      return ScalarKernels.halfToFloat((short) high);
    }
    int bits = memory.get(at + 3) << 24 | (memory.get(at + 2) & 0xff) << 16 | high & 0xffff;
    return Float.intBitsToFloat(bits);
  }

  private static void bf16(
      Object memory, int at, int part, int whole, float[] x, int xOffset, float[] sums)
      throws Throwable {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int i = part; i < whole; i += RESIDUES) {
      ShortVector w =
          (ShortVector)
              LOAD_SHORTS.invokeExact((VectorSpecies) SHORTS, memory, at + i * Short.BYTES, ORDER);
      IntVector wide = (IntVector) ((Vector<Short>) w).convertShape(S2I, INTS, 0);
      FloatVector a = FloatVector.fromArray(FLOATS, x, xOffset + i);
      sum = wide.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(a, sum);
    }
    sum.intoArray(sums, part);
  }

  private static void f16(
      Object memory, int at, int part, int whole, float[] x, int xOffset, float[] sums)
      throws Throwable {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int i = part; i < whole; i += RESIDUES) {
      ShortVector w =
          (ShortVector)
              LOAD_SHORTS.invokeExact((VectorSpecies) SHORTS, memory, at + i * Short.BYTES, ORDER);
      IntVector wide = (IntVector) ((Vector<Short>) w).convertShape(S2I, INTS, 0);
      FloatVector a = FloatVector.fromArray(FLOATS, x, xOffset + i);
      sum = VectorWidening.f16(wide).fma(a, sum);
    }
    sum.intoArray(sums, part);
  }

  private static void f32(
      Object memory, int at, int part, int whole, float[] x, int xOffset, float[] sums)
      throws Throwable {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int i = part; i < whole; i += RESIDUES) {
      FloatVector w =
          (FloatVector)
              LOAD_FLOATS.invokeExact((VectorSpecies) FLOATS, memory, at + i * Float.BYTES, ORDER);
      sum = w.fma(FloatVector.fromArray(FLOATS, x, xOffset + i), sum);
    }
    sum.intoArray(sums, part);
  }
}
