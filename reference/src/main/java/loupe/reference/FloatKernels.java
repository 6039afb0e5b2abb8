package loupe.reference;

/**
 * The inner loops of {@link Float32}. {@link ScalarKernels} defines what each one computes, {@link
 * VectorKernels} gives the same bits. Kernels trust their caller: offsets and counts are in range.
 *
 * <p>A product of many rows runs over two packed operands (see {@link Panels}): <b>tiles</b> of
 * {@link #tileRows()} rows by <b>panels</b> of {@link #panelColumns()} columns, one residue of k
 * after another. Columns are side by side in a vector, so that nothing is added across its lanes.
 */
interface FloatKernels {
  /** Partial sums of a dot product. */
  int RESIDUES = 16;

  /**
   * Rows of weights that {@link #dots} reads at once where they lie in memory. Each waits at the
   * beginning of a page, the others go on meanwhile.
   */
  int STREAMS = 6;

  /** Rows that may share loads: of x by weights from memory, of anything that is added up. */
  int ROWS_AT_ONCE = 4;

  /** {@code scalar} or {@code vector}. */
  String name();

  /** The kernels for a product of so many columns: how wide panels are may depend on that. */
  default FloatKernels forOutputs(int outputs) {
    return this;
  }

  /** Rows of a tile. */
  int tileRows();

  /** Columns of a panel. */
  int panelColumns();

  /**
   * How far the two columns are apart that share an int where BF16 weights are packed: a panel has
   * a multiple of twice as many columns.
   */
  int pairDistance();

  /** Whether BF16 weights are packed as they are, two in an int, and not widened before. */
  default boolean pairsWeights() {
    return false;
  }

  /** Widens {@code count} BF16 or F16 values, exactly, into {@code to}, which is modified. */
  void widen(DType type, short[] bits, int bitsOffset, float[] to, int toOffset, int count);

  /** Whether kernels that read memory work for weights of this type. */
  default boolean readsMemory(DType type) {
    return false;
  }

  /** Up to this many rows of x are multiplied by weights as they come, whichever way those lie. */
  int FEW_ROWS = 3;

  /** Up to how many rows of x {@link #dots} is faster than packing weights of this type. */
  default int rowsForDots(DType type) {
    return FEW_ROWS;
  }

  /**
   * Dot products of {@code rows} rows of {@code k} weights, where they lie in memory, with {@code
   * xRows} rows of {@code k} elements of x.
   *
   * @param sums {@link #STREAMS} times {@link #ROWS_AT_ONCE} times 16; modified
   * @param out x row r by weight row i goes to {@code r * outStride + outOffset + i}; modified
   */
  default void dots(
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
    throw new UnsupportedOperationException(name() + " kernels do not read memory");
  }

  /**
   * As {@link #addMultiple} for {@link #ROWS_AT_ONCE} rows of weights where they lie in memory, one
   * after the other.
   *
   * @param rows where they begin, in elements from {@code run} on
   * @param sums modified
   */
  default void addMultiples(
      DType type,
      StoredTensor.Run run,
      int[] rows,
      float[] factors,
      float[] sums,
      int sumsOffset,
      int count) {
    throw new UnsupportedOperationException(name() + " kernels do not read memory");
  }

  /**
   * BF16 weights {@code low} and {@code high}, two in an int, into {@code to}, which is modified.
   */
  default void pairUp(short[] bits, int low, int high, int[] to, int toOffset, int count) {
    for (int i = 0; i < count; i++) {
      to[toOffset + i] = bits[low + i] & 0xffff | bits[high + i] << Short.SIZE;
    }
  }

  /**
   * As the other {@code pairUp}, of weights where they lie in memory.
   *
   * @param low where they begin, in elements from {@code run} on
   */
  default void pairUp(StoredTensor.Run run, int low, int high, int[] to, int toOffset, int count) {
    throw new UnsupportedOperationException(name() + " kernels do not read memory");
  }

  /**
   * Packs as many rows of {@code k} F32 weights as a cache line holds, one after another where they
   * lie in memory, as {@link Panels#packRows} would.
   *
   * @param at of the first row; {@code to} is modified
   * @return how many elements of each row were packed: a multiple of 16, or 0
   */
  default int packRows(StoredTensor.Run run, int k, Panels panels, float[] to, int at) {
    return 0;
  }

  /** As the other, of twice {@link #pairDistance} rows of BF16, as {@link #accumulate} wants. */
  default int packRows(StoredTensor.Run run, int k, Panels panels, int[] to, int at) {
    return 0;
  }

  /**
   * Packs rows {@code [firstK, firstK + k)} of a weight that lies inputs by outputs in memory, as
   * {@link Panels#packColumns} would.
   *
   * @param run where row {@code firstK}, a multiple of 16, has the first of some columns
   * @param at of the first column; {@code to} is modified
   * @return how many rows were packed
   */
  default int packColumns(
      DType type,
      StoredTensor.Run run,
      int stride,
      int columns,
      int firstK,
      int k,
      Panels panels,
      float[] to,
      int at) {
    return 0;
  }

  /** The dot product of two runs of {@code count} elements. */
  float dot(float[] a, int aOffset, float[] b, int bOffset, int count);

  /**
   * {@link #dot} of {@code count} rows of {@code k} elements, one after another, with {@code xRows}
   * rows of x, one after another.
   *
   * @param out x row r by row i goes to {@code r * outStride + outOffset + i}; modified
   */
  default void dots(
      float[] rows,
      int rowsOffset,
      int count,
      int k,
      float[] x,
      int xOffset,
      int xRows,
      float[] out,
      int outOffset,
      int outStride) {
    for (int i = 0; i < count; i++) {
      for (int r = 0; r < xRows; r++) {
        out[r * outStride + outOffset + i] = dot(x, xOffset + r * k, rows, rowsOffset + i * k, k);
      }
    }
  }

  /**
   * One residue's partial sums {@code [row, column]} of one tile by one panel: {@code sum_step
   * tile[step, row] panel[step, column]}, in order, from +0.
   *
   * @param steps how often the residue occurs in k
   * @param sums modified
   */
  void accumulate(
      float[] panel,
      int panelOffset,
      float[] tile,
      int tileOffset,
      int steps,
      float[] sums,
      int sumsOffset);

  /**
   * As the other {@code accumulate}, by BF16 weights. The int at place {@code (step, i)} of the
   * panel has the weight of column {@code c = i / d * 2 d + i mod d} in its low bits, and that of
   * column c + d in its high bits; d is {@link #pairDistance}.
   *
   * @param sums modified
   */
  void accumulate(
      int[] panel,
      int panelOffset,
      float[] tile,
      int tileOffset,
      int steps,
      float[] sums,
      int sumsOffset);

  /**
   * {@code s[0] + (s[1] + (... + s[levels]))} into {@code s[0]}, where {@code s[i]} are the {@code
   * size} sums from {@code first + i * size} on.
   *
   * @param levels 1 to 3
   * @param sums modified
   */
  void collapse(float[] sums, int first, int levels, int size);

  /**
   * Adds up the last five partial sums of a tile's first {@code rows} rows by a panel's first
   * {@code columns} columns, {@code s[0] + (s[1] + (s[2] + (s[3] + s[4]))) + 0}, into {@code out},
   * which is modified: row r, column c goes to {@code rowOffsets[firstRow + r] + outOffset + c}.
   *
   * @param sums {@code [5, row, column]}
   * @return NaN if one of the results is not finite, else a zero
   */
  float finish(
      float[] sums,
      int sumsOffset,
      int rows,
      int columns,
      float[] out,
      int[] rowOffsets,
      int firstRow,
      int outOffset);

  /** {@code sums[i] = fma(factor, row[i], sums[i])}; {@code sums} is modified. */
  void addMultiple(
      float factor, float[] row, int rowOffset, float[] sums, int sumsOffset, int count);

  /**
   * {@link #addMultiple} of some rows of {@code count} elements, one after the other.
   *
   * @param factorStride from a row's factor to that of the next
   * @param rowStride from the start of a row to that of the next
   * @param sums modified
   */
  default void addMultiples(
      float[] factors,
      int firstFactor,
      int factorStride,
      float[] from,
      int firstRow,
      int rowStride,
      int rows,
      float[] sums,
      int sumsOffset,
      int count) {
    for (int row = 0; row < rows; row++) {
      float factor = factors[firstFactor + row * factorStride];
      addMultiple(factor, from, firstRow + row * rowStride, sums, sumsOffset, count);
    }
  }

  /**
   * {@code x * factor} in place.
   *
   * @return NaN if one of the results is not finite, else a zero
   */
  float scale(float[] x, int offset, int count, float factor);

  /** {@code tanh(from / cap) * cap} into {@code to}, which is modified and may be {@code from}. */
  void softcap(float[] from, int fromOffset, float[] to, int toOffset, int count, float cap);

  /** GELU in its tanh form into {@code to}, which is modified and may be {@code from}. */
  void gelu(float[] from, int fromOffset, float[] to, int toOffset, int count);

  /** {@code u > threshold ? u : +0} into the same place of {@code to}, which is modified. */
  void jumpRelu(float[] u, int offset, float[] thresholds, float[] to, int count);

  /** The greatest of {@code count >= 1} elements, NaN if one of them is NaN. */
  float max(float[] x, int offset, int count);

  /** {@code exp(x - subtrahend)} in place. */
  void expDifference(float[] x, int offset, int count, float subtrahend);

  /** Sum of the elements, element i in partial sum {@code (firstIndex + i) mod 16}. */
  float sum(float[] x, int offset, int count, int firstIndex);
}
