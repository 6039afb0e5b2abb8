package loupe.reference;

/**
 * A weight of {@link Float32}: streamed from where it is stored, widened block by block; held in
 * memory as float32 only where it is small.
 */
final class Float32Weight implements Weight {
  /** Weights up to this many elements are widened once: 1 MiB. */
  private static final long CACHED_ELEMENTS = 1L << 18;

  /** Elements of rows that are widened, then multiplied: what stays in the cache. */
  private static final int ELEMENTS_AT_ONCE = 1 << 14;

  private final StoredTensor stored;
  private final FloatKernels kernels;
  private final boolean small;
  private volatile float[] cached;
  private volatile float[] gains;
  private volatile boolean checked;

  Float32Weight(StoredTensor stored, FloatKernels kernels) {
    if (!stored.dtype().isWeight()) {
      throw new InputException(
          stored.origin()
              + ": element type "
              + stored.dtype()
              + " cannot be a weight; F64, F32, F16 and BF16 can");
    }
    this.stored = stored;
    this.kernels = kernels;
    this.small = stored.elementCount() <= CACHED_ELEMENTS;
  }

  @Override
  public StoredTensor stored() {
    return stored;
  }

  /** All elements of a vector or small matrix, widened once. Do not modify. */
  float[] all() {
    float[] values = cached;
    if (values == null) {
      values = new float[Math.toIntExact(stored.elementCount())];
      widen(0, values, 0, values.length);
      cached = values;
    }
    return values;
  }

  /** As {@link #all()}, of a vector that is applied elementwise, and so must be finite. */
  float[] vector() {
    float[] values = all();
    if (!checked) {
      Finite.check(values, this, null);
      checked = true;
    }
    return values;
  }

  /**
   * {@code 1 + w} for each element, rounded once from what is stored: where a file holds the gain
   * itself, as GGUF does, and {@code w} is that less 1 in float64, the gain comes back as it was.
   * Do not modify.
   */
  float[] gains() {
    float[] values = gains;
    if (values == null) {
      vector();
      double[] w = new double[Math.toIntExact(stored.elementCount())];
      stored.read(0, w, 0, w.length);
      values = new float[w.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (1 + w[i]);
      }
      gains = values;
    }
    return values;
  }

  /** Widens {@code count} elements from a flat element offset into {@code to}, modified. */
  void read(long elementOffset, float[] to, int toOffset, int count) {
    if (small) {
      System.arraycopy(all(), Math.toIntExact(elementOffset), to, toOffset, count);
    } else {
      widen(elementOffset, to, toOffset, count);
    }
  }

  /** Whether this is BF16, and not held widened. */
  boolean streamsBf16() {
    return !small && stored.dtype() == DType.BF16;
  }

  /**
   * Packs F32 rows from one on, as many as a cache line holds, if they can be read where they lie.
   *
   * @param to modified
   * @return how many elements of each row were packed
   */
  int packRows(int row, Panels panels, float[] to, int at) {
    StoredTensor.Run run = stored.dtype() == DType.F32 ? directRows(row, PackedProduct.LINE) : null;
    return run == null ? 0 : kernels.packRows(run, columns(), panels, to, at);
  }

  /** As the other {@code packRows}, of so many rows of BF16, two in an int. */
  int packRows(int row, int rows, Panels panels, int[] to, int at) {
    StoredTensor.Run run = directRows(row, rows);
    return run == null ? 0 : kernels.packRows(run, columns(), panels, to, at);
  }

  private StoredTensor.Run directRows(int row, int rows) {
    return row + rows <= rows() ? direct((long) row * columns(), (long) rows * columns()) : null;
  }

  /**
   * The BF16 weights of two rows, {@code low <= high}, from an element on, two in an int; {@code
   * to} is modified.
   */
  void pairUp(int low, int high, int from, int[] to, int toOffset) {
    int k = columns() - from;
    long first = (long) low * columns() + from;
    long between = (long) (high - low) * columns();
    StoredTensor.Run run = direct(first, between + k);
    if (run != null) {
      kernels.pairUp(run, 0, (int) between, to, toOffset, k);
      return;
    }
    short[] bits = Scratch.ofThread().shorts(2 * k);
    stored.readBits(first, bits, 0, k);
    stored.readBits(first + between, bits, k, k);
    kernels.pairUp(bits, 0, k, to, toOffset, k);
  }

  /** Up to how many rows of x {@link #dots} is faster than packing. */
  int rowsForDots() {
    boolean fast = stored.dtype() == DType.F16 || direct(0, columns()) != null;
    return fast ? kernels.rowsForDots(stored.dtype()) : FloatKernels.FEW_ROWS;
  }

  /**
   * Dot products of {@code count} rows of {@code k} elements, from a flat element offset on, with
   * {@code xRows} rows of x.
   *
   * @param out x row r by weight row i goes to {@code r * outStride + outOffset + i}; modified
   */
  void dots(
      long elementOffset,
      int count,
      int k,
      float[] x,
      int xRows,
      float[] out,
      int outOffset,
      int outStride) {
    StoredTensor.Run run = direct(elementOffset, (long) count * k);
    if (run != null) {
      int size = FloatKernels.STREAMS * FloatKernels.ROWS_AT_ONCE * FloatKernels.RESIDUES;
      float[] sums = Scratch.ofThread().floats(Scratch.Use.SUMS, size);
      kernels.dots(stored.dtype(), run, count, k, x, xRows, sums, out, outOffset, outStride);
      return;
    }
    int atOnce = Math.max(1, Math.min(count, ELEMENTS_AT_ONCE / Math.max(1, k)));
    float[] weights =
        small ? all() : Scratch.ofThread().floats(Scratch.Use.WEIGHTS, (long) atOnce * k);
    for (int row = 0; row < count; row += atOnce) {
      int some = Math.min(atOnce, count - row);
      long at = elementOffset + (long) row * k;
      if (!small) {
        widen(at, weights, 0, some * k);
      }
      int from = small ? Math.toIntExact(at) : 0;
      kernels.dots(weights, from, some, k, x, 0, xRows, out, outOffset + row, outStride);
    }
  }

  /**
   * Adds multiples of {@link FloatKernels#ROWS_AT_ONCE} rows' columns {@code [first, first +
   * count)} to sums, one row after the other, if they can be read where they lie; else does nothing
   * and returns false.
   *
   * @param ascending the rows
   * @param sums modified
   */
  boolean addMultiples(
      int[] ascending, int first, float[] factors, float[] sums, int sumsOffset, int count) {
    long span = (long) (ascending[ascending.length - 1] - ascending[0]) * columns() + count;
    StoredTensor.Run run = direct((long) ascending[0] * columns() + first, span);
    if (run == null) {
      return false;
    }
    int[] offsets = new int[ascending.length];
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = (ascending[i] - ascending[0]) * columns();
    }
    kernels.addMultiples(stored.dtype(), run, offsets, factors, sums, sumsOffset, count);
    return true;
  }

  /**
   * Packs columns {@code [first, first + count)} of rows {@code [firstK, firstK + k)}, if they can
   * be read where they lie.
   *
   * @param firstK a multiple of 16
   * @param to modified
   * @return how many rows were packed
   */
  int packColumns(int first, int count, int firstK, int k, Panels panels, float[] to, int at) {
    long span = (k - 1L) * columns() + count;
    StoredTensor.Run run = direct((long) firstK * columns() + first, span);
    return run == null
        ? 0
        : kernels.packColumns(stored.dtype(), run, columns(), count, firstK, k, panels, to, at);
  }

  /** Where so many elements can be read as they lie, or null. */
  private StoredTensor.Run direct(long elementOffset, long count) {
    boolean readable = !small && kernels.readsMemory(stored.dtype());
    return readable && count * stored.dtype().bits() / Byte.SIZE <= Integer.MAX_VALUE
        ? stored.direct(elementOffset, (int) count)
        : null;
  }

  private void widen(long elementOffset, float[] to, int toOffset, int count) {
    if (stored.dtype().bits() == Short.SIZE) {
      short[] bits = Scratch.ofThread().shorts(count);
      stored.readBits(elementOffset, bits, 0, count);
      kernels.widen(stored.dtype(), bits, 0, to, toOffset, count);
    } else {
      stored.read(elementOffset, to, toOffset, count);
    }
  }
}
