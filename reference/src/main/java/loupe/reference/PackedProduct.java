package loupe.reference;

/**
 * The loops inside one task of a product: some packed rows by some packed columns, k in blocks, so
 * that 16 columns stay in a cache while tiles pass by. No blocking shows in a result: every output
 * has its own 16 partial sums, which go on from one block of k to the next.
 */
final class PackedProduct {
  private static final int RESIDUES = FloatKernels.RESIDUES;

  /** Sixteenths of k in one block: 16 columns and all tiles of a pass take 700 KB. */
  private static final int BLOCK_STEPS = 144;

  /** Columns whose sums are added up at once; a multiple of every kernel's panel. */
  private static final int STRIP = 16;

  private static final int COLUMNS = 4 * STRIP;

  private static final int TILES = 20;

  private final FloatKernels kernels;

  PackedProduct(FloatKernels kernels) {
    this.kernels = kernels;
  }

  /** Most columns of one task. */
  int columns() {
    return COLUMNS;
  }

  /** Rows that stay in a cache while the panels of a task pass by: whole tiles. */
  int rows() {
    return TILES * kernels.tileRows();
  }

  /**
   * Packed rows of one operand.
   *
   * @param offset of the first group, at the step to begin with
   */
  record Operand(Panels panels, float[] data, int offset, int rows) {
    int groups() {
      return panels.groups(rows);
    }
  }

  /** Length of an array for the partial sums of so many rows by 16 columns. */
  long sumsLength(int rows) {
    return Panels.FIRST + (long) tiles(rows) * tileSums();
  }

  private int tiles(int rows) {
    return (rows + kernels.tileRows() - 1) / kernels.tileRows();
  }

  /** Partial sums of one tile by 16 columns. */
  private int tileSums() {
    return kernels.tileRows() * STRIP * RESIDUES;
  }

  /**
   * {@code a}'s rows by {@code b}'s rows, which are the columns.
   *
   * @param sums of {@link #sumsLength} at least; modified
   * @param out row r, column c goes to {@code rowOffsets[r] + outOffset + c}; modified
   * @return NaN if one of the results is not finite, else a zero
   */
  float multiply(Operand a, Operand b, float[] sums, float[] out, int[] rowOffsets, int outOffset) {
    int blocks = Math.max(1, (a.panels.steps() + BLOCK_STEPS - 1) / BLOCK_STEPS);
    float check = 0f;
    for (int column = 0; column < b.rows; column += STRIP) {
      int columns = Math.min(STRIP, b.rows - column);
      for (int block = 0; block < blocks; block++) {
        for (int tile = 0; tile < tiles(a.rows); tile++) {
          accumulate(a, tile, b, column, block, blocks, sums);
          if (block < blocks - 1) {
            continue;
          }
          // Now, while the tile's last sums are in the nearest cache.
          int row = tile * kernels.tileRows();
          int rows = Math.min(kernels.tileRows(), a.rows - row);
          int at = Panels.FIRST + tile * tileSums();
          check +=
              kernels.finish(sums, at, rows, columns, out, rowOffsets, row, outOffset + column);
        }
      }
    }
    return check;
  }

  /** One tile by the 16 columns from {@code column} on, for one block of k. */
  private void accumulate(
      Operand a, int tile, Operand b, int column, int block, int blocks, float[] sums) {
    int steps = a.panels.steps();
    int from = block * steps / blocks;
    int to = (block + 1) * steps / blocks;
    int panel = column / kernels.panelColumns();
    kernels.accumulate(
        b.data,
        b.offset + panel * b.panels.groupSize() + b.panels.stepOffset(from),
        b.panels.partSize(),
        b.panels.groupSize(),
        Math.min(STRIP / kernels.panelColumns(), b.groups() - panel),
        a.data,
        a.offset + tile * a.panels.groupSize() + a.panels.stepOffset(from),
        a.panels.partSize(),
        to - from,
        sums,
        Panels.FIRST + tile * tileSums(),
        block > 0);
  }
}
