package loupe.reference;

/** The products of {@link VectorKernels}: their loops are in classes of their own. */
abstract class VectorProductKernels implements FloatKernels {
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
