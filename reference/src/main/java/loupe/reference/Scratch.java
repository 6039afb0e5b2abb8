package loupe.reference;

import java.nio.ByteBuffer;
import java.util.function.Function;

/**
 * Arrays that one thread uses again and again, so that kernels allocate nothing once they are warm.
 * Each array has one purpose, since a method may hold several at a time; contents are whatever the
 * last use left.
 */
final class Scratch {
  private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

  /** What an array is for. */
  enum Use {
    /** Rows of weights, widened. */
    WEIGHTS,
    /** Packed panels that one task works with. */
    PANELS,
    /** Packed panels that all threads share; held by the thread that started the operation. */
    SHARED_PANELS,
    /** As {@link #SHARED_PANELS}, for the values of attention. */
    SHARED_VALUES,
    /** Packed tiles that one task works with. */
    TILES,
    /** Packed tiles that all threads share; held by the thread that started the operation. */
    SHARED_TILES,
    /** Partial sums. */
    SUMS,
    /** Partial sums of all tiles of a task, where its columns are taken in parts. */
    HELD_SUMS,
    /** Partial sums that all threads share; held by the thread that started the operation. */
    SHARED_SUMS,
    /** Rows of attention scores, then of the pattern. */
    SCORES,
    /** Steps of an elementary function. */
    FUNCTION
  }

  /**
   * Arrays from {@link #LARGE} elements on get this many at least. G1 gives an array of more than
   * half a region a region of its own, so it starts on a cache line where regions have 1 MB ({@code
   * -XX:+UseG1GC -XX:G1HeapRegionSize=1m}).
   */
  private static final int OWN_REGION = (1 << 17) + (1 << 12);

  private static final int LARGE = 1 << 12;

  private final float[][] floats = new float[Use.values().length][0];
  private short[] shorts = new short[0];
  private int[] ints = new int[0];
  private int[] pairs = new int[0];
  private int[] block = new int[0];
  private int noted;
  private ByteBuffer lastBuffer;
  private Object lastMemory;

  private Scratch() {}

  /** The arrays of the calling thread. */
  static Scratch ofThread() {
    return OF_THREAD.get();
  }

  /** An array of at least {@code size} elements. */
  float[] floats(Use use, long size) {
    float[] held = floats[use.ordinal()];
    if (held.length < size) {
      held = new float[Math.toIntExact(size < LARGE ? size : Math.max(size, OWN_REGION))];
      floats[use.ordinal()] = held;
    }
    return held;
  }

  /** What {@link VectorMemory} made of the buffer that this thread read last. */
  Object memory(ByteBuffer buffer, Function<ByteBuffer, Object> make) {
    if (lastBuffer != buffer) {
      lastMemory = make.apply(buffer);
      lastBuffer = buffer;
    }
    return lastMemory;
  }

  /** Keeps what was read only to have it near, since the compiler would leave out such a read. */
  void note(int bits) {
    noted = bits;
  }

  /** An array of at least {@code size} elements, for the places of rows. */
  int[] ints(int size) {
    if (ints.length < size) {
      ints = new int[size];
    }
    return ints;
  }

  /** An array of at least {@code size} elements, for packed pairs of BF16 weights. */
  int[] pairs(int size) {
    if (pairs.length < size) {
      pairs = new int[Math.max(size, OWN_REGION)];
    }
    return pairs;
  }

  /** An array of at least {@code size} elements, for a few rows while they are packed. */
  int[] block(int size) {
    if (block.length < size) {
      block = new int[size];
    }
    return block;
  }

  /** An array of at least {@code size} elements, for 16-bit weights. */
  short[] shorts(int size) {
    if (shorts.length < size) {
      shorts = new short[size];
    }
    return shorts;
  }
}
