package loupe.reference;

/**
 * The loops inside one task of a product: some packed rows by some packed columns, k in blocks, so
 * that a panel stays in the nearest cache while tiles pass by. No blocking shows in a result: every
 * output has its own 16 partial sums, which go on from one block of k to the next.
 */
final class PackedProduct {
  /** Most columns of one task: a multiple of 16 and of every kernel's panel. */
  static final int COLUMNS = 48;

  /** Elements from one row to the next in the array of partial sums. */
  static final int SUMS_STRIDE = COLUMNS * FloatKernels.RESIDUES;

  /** Sixteenths of k in one block: 32 KB hold a panel and a tile. */
  private static final int BLOCK_STEPS = 32;

  private final FloatKernels kernels;

  PackedProduct(FloatKernels kernels) {
    this.kernels = kernels;
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

  /** Elements of the partial sums of so many rows. */
  long sumsSize(int rows) {
    return (long) (rows + kernels.tileRows()) * SUMS_STRIDE;
  }

  /**
   * Partial sums of {@code a}'s rows by {@code b}'s rows, which are the columns.
   *
   * @param steps sixteenths of k
   * @param sums {@code [row, COLUMNS, 16]}; modified
   */
  void accumulate(Operand a, Operand b, int steps, float[] sums) {
    int done = 0;
    do {
      int count = Math.min(BLOCK_STEPS, steps - done);
      int tiles = a.offset + a.panels.stepOffset(done);
      for (int panel = 0; panel < b.groups(); panel++) {
        kernels.accumulate(
            b.data,
            b.offset + panel * b.panels.groupSize() + b.panels.stepOffset(done),
            b.panels.partSize(),
            a.data,
            tiles,
            a.panels.partSize(),
            a.panels.groupSize(),
            a.groups(),
            count,
            sums,
            panel * kernels.panelColumns() * FloatKernels.RESIDUES,
            SUMS_STRIDE,
            done > 0);
      }
      done += count;
    } while (done < steps);
  }

  /** Adds up the partial sums; see {@link FloatKernels#finish}. */
  float finish(float[] sums, int fromRow, int rows, int columns, float[] out, int at, int stride) {
    return kernels.finish(sums, fromRow * SUMS_STRIDE, SUMS_STRIDE, rows, columns, out, at, stride);
  }
}
