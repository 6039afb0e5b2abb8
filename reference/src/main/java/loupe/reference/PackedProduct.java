package loupe.reference;

/**
 * The loops inside one task of a product: some packed rows by some packed columns, k in blocks, so
 * that a panel stays in the nearest cache while tiles pass by. No blocking shows in a result: every
 * output has its own 16 partial sums, which go on from one block of k to the next.
 */
final class PackedProduct {
  private static final int RESIDUES = FloatKernels.RESIDUES;

  /** Sixteenths of k in one block: a panel and a tile of the widest kernel take 33 KB. */
  private static final int BLOCK_STEPS = 48;

  /** A multiple of 16, which are added up at once, and of every kernel's panel. */
  private static final int COLUMNS = 64;

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

  /** Length of an array for the partial sums of so many rows. */
  long sumsLength(int rows) {
    return Panels.FIRST + (long) COLUMNS / kernels.panelColumns() * panelSums(rows);
  }

  /** Elements of the partial sums of so many rows by one panel. */
  private int panelSums(int rows) {
    int tiles = (rows + kernels.tileRows() - 1) / kernels.tileRows();
    return tiles * kernels.tileRows() * kernels.panelColumns() * RESIDUES;
  }

  /**
   * Partial sums of {@code a}'s rows by {@code b}'s rows, which are the columns.
   *
   * @param steps sixteenths of k
   * @param sums {@code [panel, row, column of panel, 16]} from {@link Panels#FIRST} on; modified
   */
  void accumulate(Operand a, Operand b, int steps, float[] sums) {
    int blocks = Math.max(1, (steps + BLOCK_STEPS - 1) / BLOCK_STEPS);
    for (int block = 0; block < blocks; block++) {
      int done = block * steps / blocks;
      int count = (block + 1) * steps / blocks - done;
      for (int panel = 0; panel < b.groups(); panel++) {
        kernels.accumulate(
            b.data,
            b.offset + panel * b.panels.groupSize() + b.panels.stepOffset(done),
            b.panels.partSize(),
            a.data,
            a.offset + a.panels.stepOffset(done),
            a.panels.partSize(),
            a.panels.groupSize(),
            a.groups(),
            count,
            sums,
            Panels.FIRST + panel * panelSums(a.rows),
            block > 0);
      }
    }
  }

  /** Adds up the partial sums of some of {@code allRows} rows; see {@link FloatKernels#finish}. */
  float finish(
      float[] sums,
      int allRows,
      int fromRow,
      int rows,
      int columns,
      float[] out,
      int at,
      int stride) {
    int from = Panels.FIRST + fromRow * kernels.panelColumns() * RESIDUES;
    return kernels.finish(sums, from, panelSums(allRows), rows, columns, out, at, stride);
  }
}
