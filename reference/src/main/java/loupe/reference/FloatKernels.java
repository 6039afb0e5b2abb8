package loupe.reference;

/**
 * The inner loops of {@link Float32}. {@link ScalarKernels} defines what each one computes, {@link
 * VectorKernels} gives the same bits. Kernels trust their caller: offsets and counts are in range.
 *
 * <p>A product of many rows runs over two packed operands, so that each residue class of k modulo
 * 16, which has a partial sum of its own, lies in one contiguous run:
 *
 * <ul>
 *   <li>a <b>panel</b> of {@link #panelWidth()} columns, {@code [residue][k / 16][column]};
 *   <li><b>tiles</b> of {@link #TILE_ROWS} rows, {@code [residue][tile][k / 16][row of tile]}.
 * </ul>
 */
interface FloatKernels {
  /** Partial sums of a dot product. */
  int RESIDUES = 16;

  /** Rows of one tile. */
  int TILE_ROWS = 4;

  /** {@code scalar} or {@code vector}. */
  String name();

  /** Columns of a packed panel. */
  int panelWidth();

  /** Widens {@code count} BF16 or F16 values, exactly, into {@code to}, which is modified. */
  void widen(DType type, short[] bits, int bitsOffset, float[] to, int toOffset, int count);

  /** The dot product of two runs of {@code count} elements. */
  float dot(float[] a, int aOffset, float[] b, int bOffset, int count);

  /**
   * Adds the products of {@code k} columns to the partial sums of {@code tiles} tiles by one panel.
   *
   * @param panelStride elements from one residue to the next in the panel
   * @param sums {@code [residue][tile][row of tile][column]}; modified
   * @param continued whether to go on with {@code sums}; else they start at +0
   */
  void accumulate(
      float[] panel,
      int panelOffset,
      int panelStride,
      float[] tiles,
      int tilesOffset,
      int tileCount,
      int k,
      float[] sums,
      int sumsOffset,
      boolean continued);

  /**
   * Adds up the 16 partial sums of {@code rows} rows by {@code columns} columns into {@code out},
   * which is modified: row r, column c goes to {@code outOffset + r * outStride + c}.
   *
   * @return NaN if one of the results is not finite, else a zero
   */
  float finish(
      float[] sums,
      int sumsOffset,
      int tileCount,
      int rows,
      int columns,
      float[] out,
      int outOffset,
      int outStride);

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
