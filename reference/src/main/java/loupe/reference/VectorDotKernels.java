package loupe.reference;

import java.nio.ByteBuffer;

/**
 * Dot products with rows of weights where they lie, in a mapped file, as six streams: each reads
 * memory in one long run, so that it comes before it is asked for, but for the beginning of each
 * page, where a stream waits while the others go on; and an element of x is loaded once for all.
 */
final class VectorDotKernels {
  private static final int RESIDUES = FloatKernels.RESIDUES;
  private static final int STREAMS = FloatKernels.STREAMS;
  private static final int AT_ONCE = FloatKernels.ROWS_AT_ONCE;

  private VectorDotKernels() {}

  /**
   * See {@link FloatKernels#readsMemory} and the {@code dots} after it. Each stream has as many of
   * the rows; where they do not divide by six, a last row is taken by more than one.
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
    int ofStream = (rows + STREAMS - 1) / STREAMS;
    int atOnce = VectorDotTileKernels.has(type) ? AT_ONCE : 1;
    float[] by = VectorDotRowKernels.arranged(type, x, xRows, k);
    int[] places = Scratch.ofThread().ints(STREAMS + AT_ONCE);
    try {
      Object memory = VectorMemory.of(run.memory());
      for (int i = 0; i < ofStream; i++) {
        for (int stream = 0; stream < STREAMS; stream++) {
          int row = Math.min(rows - 1, stream * ofStream + i);
          places[stream] = run.byteOffset() + row * k * (type.bits() / Byte.SIZE);
        }
        for (int r = 0; r < xRows; r += atOnce) {
          int some = Math.min(atOnce, xRows - r);
          multiply(type, memory, places, k, by, r, some, sums);
          for (int n = 0; n < some * STREAMS; n++) {
            int stream = n % STREAMS;
            int at = n * RESIDUES;
            int xOffset = (r + n / STREAMS) * k;
            int row = Math.min(rows - 1, stream * ofStream + i);
            out[(r + n / STREAMS) * outStride + outOffset + row] =
                total(type, run.memory(), places[stream], k, x, xOffset, sums, at);
          }
        }
      }
    } catch (Throwable e) {
      throw VectorMemory.unchecked(e);
    }
  }

  /** All runs of 16 elements of a row of each stream by some rows of x from {@code r} on. */
  private static void multiply(
      DType type, Object memory, int[] places, int k, float[] x, int r, int some, float[] sums)
      throws Throwable {
    int whole = k / RESIDUES * RESIDUES;
    if (some == 1) {
      VectorDotRowKernels.multiply(type, memory, places, whole, x, r * k, sums);
      return;
    }
    for (int row = 0; row < AT_ONCE; row++) {
      places[STREAMS + row] = (r + Math.min(row, some - 1)) * k;
    }
    VectorDotTileKernels.multiply(type, memory, places, whole, x, sums);
  }

  /** Adds up one row: the partial sums of all its whole runs, and what is left of it. */
  private static float total(
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
    return ScalarKernels.tree(sums, s, 1);
  }
}
