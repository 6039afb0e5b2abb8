package loupe.reference;

/** The products of {@link VectorKernels}: their loops are in classes of their own. */
abstract class VectorProductKernels implements FloatKernels {
  /** More rows of x than this are better multiplied by packed F16 weights. */
  private static final int ROWS_BY_F16 = 8;

  @Override
  public int tileRows() {
    return VectorTileKernels.TILE_ROWS;
  }

  @Override
  public int panelColumns() {
    return VectorTileKernels.PANEL_COLUMNS;
  }

  @Override
  public int pairDistance() {
    return VectorTileKernels.LANES;
  }

  @Override
  public boolean pairsWeights() {
    return true;
  }

  @Override
  public boolean readsMemory(DType type) {
    return VectorMemory.has(type);
  }

  @Override
  public int rowsForDots(DType type) {
    if (type == DType.F16) {
      return ROWS_BY_F16;
    }
    return VectorDotTileKernels.has(type) ? VectorDotTileKernels.MOST_ROWS : FEW_ROWS;
  }

  @Override
  public void dots(
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
    VectorDotKernels.dots(type, run, rows, k, x, xRows, sums, out, outOffset, outStride);
  }

  @Override
  public void addMultiples(
      DType type,
      StoredTensor.Run run,
      int[] rows,
      float[] factors,
      float[] sums,
      int sumsOffset,
      int count) {
    VectorSumKernels.addMultiples(type, run, rows, factors, sums, sumsOffset, count);
  }

  @Override
  public void dots(
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
    VectorRowKernels.dots(rows, rowsOffset, count, k, x, xOffset, xRows, out, outOffset, outStride);
  }

  @Override
  public void addMultiples(
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
    boolean whole = count % VectorTileKernels.LANES == 0;
    int fours = whole ? rows / ROWS_AT_ONCE * ROWS_AT_ONCE : 0;
    for (int row = 0; row < fours; row += ROWS_AT_ONCE) {
      int factor = firstFactor + row * factorStride;
      int first = firstRow + row * rowStride;
      VectorRowKernels.addFour(
          factors, factor, factorStride, from, first, rowStride, sums, sumsOffset, count);
    }
    int factor = firstFactor + fours * factorStride;
    int first = firstRow + fours * rowStride;
    FloatKernels.super.addMultiples(
        factors,
        factor,
        factorStride,
        from,
        first,
        rowStride,
        rows - fours,
        sums,
        sumsOffset,
        count);
  }

  @Override
  public void pairUp(StoredTensor.Run run, int low, int high, int[] to, int toOffset, int count) {
    VectorPairKernels.pairUp(run, low, high, to, toOffset, count);
  }

  @Override
  public void accumulate(
      float[] panel,
      int panelOffset,
      float[] tile,
      int tileOffset,
      int steps,
      float[] sums,
      int sumsOffset) {
    VectorTileKernels.accumulate(panel, panelOffset, tile, tileOffset, steps, sums, sumsOffset);
  }

  @Override
  public void accumulate(
      int[] panel,
      int panelOffset,
      float[] tile,
      int tileOffset,
      int steps,
      float[] sums,
      int sumsOffset) {
    VectorPairKernels.accumulate(panel, panelOffset, tile, tileOffset, steps, sums, sumsOffset);
  }

  @Override
  public void collapse(float[] sums, int first, int levels, int size) {
    VectorTileKernels.collapse(sums, first, levels, size);
  }

  @Override
  public float finish(
      float[] sums,
      int sumsOffset,
      int rows,
      int columns,
      float[] out,
      int[] rowOffsets,
      int firstRow,
      int outOffset) {
    return VectorTileKernels.finish(
        sums, sumsOffset, rows, columns, out, rowOffsets, firstRow, outOffset);
  }
}
