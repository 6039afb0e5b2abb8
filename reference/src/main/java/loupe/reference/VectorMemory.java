package loupe.reference;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Loads of vectors from memory outside of the heap. No call for it is in all JDKs: {@code
 * fromByteBuffer} until 18, {@code fromMemorySegment} since. Method handles that are constants cost
 * nothing.
 */
final class VectorMemory {
  /** Of a {@link ByteBuffer}, what the loads take; null where there are none. */
  private static final MethodHandle MEMORY;

  /** {@code (VectorSpecies, Object, int, ByteOrder)}. */
  static final MethodHandle LOAD_SHORTS;

  static final MethodHandle LOAD_INTS;

  static final MethodHandle LOAD_FLOATS;

  static {
    MethodHandle memory = null;
    MethodHandle shorts = null;
    MethodHandle ints = null;
    MethodHandle floats = null;
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      if (Runtime.version().feature() < 19) {
        memory = MethodHandles.identity(ByteBuffer.class);
        shorts = load(lookup, ShortVector.class, "fromByteBuffer", ByteBuffer.class, int.class);
        ints = load(lookup, IntVector.class, "fromByteBuffer", ByteBuffer.class, int.class);
        floats = load(lookup, FloatVector.class, "fromByteBuffer", ByteBuffer.class, int.class);
      } else {
        Class<?> segment = Class.forName("java.lang.foreign.MemorySegment");
        memory =
            lookup.findStatic(segment, "ofBuffer", MethodType.methodType(segment, Buffer.class));
        shorts = load(lookup, ShortVector.class, "fromMemorySegment", segment, long.class);
        ints = load(lookup, IntVector.class, "fromMemorySegment", segment, long.class);
        floats = load(lookup, FloatVector.class, "fromMemorySegment", segment, long.class);
      }
      memory = memory.asType(MethodType.methodType(Object.class, ByteBuffer.class));
    } catch (ReflectiveOperationException e) {
      memory = null;
    }
    MEMORY = memory;
    LOAD_SHORTS = shorts;
    LOAD_INTS = ints;
    LOAD_FLOATS = floats;
  }

  private VectorMemory() {}

  /** What the loads take, of a buffer. Made once for many calls, since it is an object. */
  static Object of(ByteBuffer buffer) {
    return Scratch.ofThread().memory(buffer, VectorMemory::make);
  }

  private static Object make(ByteBuffer buffer) {
    try {
      return (Object) MEMORY.invokeExact(buffer);
    } catch (Throwable e) {
      throw unchecked(e);
    }
  }

  /** What to throw for what a method handle threw: itself, or, if it is checked, around it. */
  static RuntimeException unchecked(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException known ? known : new IllegalStateException(e);
  }

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

  /** Whether this JDK has loads, and kernels work for weights of this type. */
  static boolean has(DType type) {
    return MEMORY != null && (type == DType.BF16 || type == DType.F32);
  }

  /** An element that starts at a byte, widened. */
  static float element(DType type, ByteBuffer memory, int at) {
    int high = memory.get(at + 1) << 8 | memory.get(at) & 0xff;
    if (type == DType.BF16) {
      return Float.intBitsToFloat(high << 16);
    }
    int bits = memory.get(at + 3) << 24 | (memory.get(at + 2) & 0xff) << 16 | high & 0xffff;
    return Float.intBitsToFloat(bits);
  }
}
