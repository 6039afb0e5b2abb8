package loupe.reference;

/**
 * The inner loops of {@link Float32}. {@link ScalarKernels} defines what each one computes, {@link
 * VectorKernels} gives the same bits. Kernels trust their caller: offsets and counts are in range.
 *
 * <p>A product of many rows runs over two packed operands (see {@link Panels}): <b>tiles</b> of
 * {@link #tileRows()} rows by <b>panels</b> of {@link #panelColumns()} columns. The 16 partial sums
 * of every output stay in registers while k runs, and are added up in a pass of their own.
 */
interface FloatKernels {
  /** Partial sums of a dot product. */
  int RESIDUES = 16;

  /** {@code scalar} or {@code vector}. */
  String name();

  /** Partial sums that are side by side in packed operands: 16 or a part of it. */
  int lanes();

  /** Rows of a tile. */
  int tileRows();

  /** Columns of a panel. */
  int panelColumns();

  /** Widens {@code count} BF16 or F16 values, exactly, into {@code to}, which is modified. */
  void widen(DType type, short[] bits, int bitsOffset, float[] to, int toOffset, int count);

  /**
   * Dot products of {@code rows} rows of {@code k} weights, one row after another, with {@code k}
   * elements of x.
   *
   * @param sums 64 elements to work with; modified
   * @param out row r goes to {@code outOffset + r}; modified
   */
  void dots(
      float[] weights,
      int weightsOffset,
      int rows,
      int k,
      float[] x,
      int xOffset,
      float[] sums,
      float[] out,
      int outOffset);

  /** As the other {@code dots}, of BF16 or F16 weights as they are stored. */
  void dots(
      DType type,
      short[] bits,
      int bitsOffset,
      int rows,
      int k,
      float[] x,
      int xOffset,
      float[] sums,
      float[] out,
      int outOffset);

  /** The dot product of two runs of {@code count} elements. */
  float dot(float[] a, int aOffset, float[] b, int bOffset, int count);

  /**
   * Packs the first elements of a row of {@code k} for {@link Panels}.
   *
   * @param to modified
   * @return how many are packed, a multiple of 16; the caller does the others
   */
  int packRow(float[] from, int fromOffset, int k, float[] to, int toOffset, Panels panels);

  /**
   * Adds the products of one tile with {@code panelCount} panels to the partial sums {@code [panel,
   * row, column of panel, 16]}.
   *
   * @param panelPart elements from one part of a panel to the next
   * @param panelSize elements from one panel to the next
   * @param tilePart elements from one part of the tile to the next
   * @param steps sixteenths of k
   * @param sums modified; those of the first panel's first row start at {@code sumsOffset}
   * @param continued whether to go on with {@code sums}; else they start at +0
   */
  void accumulate(
      float[] panels,
      int panelOffset,
      int panelPart,
      int panelSize,
      int panelCount,
      float[] tile,
      int tileOffset,
      int tilePart,
      int steps,
      float[] sums,
      int sumsOffset,
      boolean continued);

  /**
   * Adds up the 16 partial sums of a tile's first {@code rows} rows by {@code columns <= 16}
   * columns into {@code out}, which is modified: row r, column c goes to {@code rowOffsets[firstRow
   * + r] + outOffset + c}.
   *
   * @param sums as {@link #accumulate} leaves them; what it holds is lost
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
   * {@code x * factor} in place.
   *
   * @return NaN if one of the results is not finite, else a zero
   */
  float scale(float[] x, int offset, int count, float factor);

  /** {@code tanh(from / cap) * cap} into {@code to}, which is modified and may be {@code from}. */
  void softcap(float[] from, int fromOffset, float[] to, int toOffset, int count, float cap);

  /** GELU in its tanh form into {@code to}, which is modified and may be {@code from}. */
  void gelu(float[] from, int fromOffset, float[] to, int toOffset, int count);

  /** The greatest of {@code count >= 1} elements, NaN if one of them is NaN. */
  float max(float[] x, int offset, int count);

  /** {@code exp(x - subtrahend)} in place. */
  void expDifference(float[] x, int offset, int count, float subtrahend);

  /** Sum of the elements, element i in partial sum {@code (firstIndex + i) mod 16}. */
  float sum(float[] x, int offset, int count, int firstIndex);
}
