package loupe.reference;

/**
 * The loops inside one task of a product: some packed rows by some packed columns, one residue of k
 * after another. No order of these loops shows in a result: every output has its own 16 partial
 * sums.
 */
final class PackedProduct {
  private static final int RESIDUES = FloatKernels.RESIDUES;

  /** Levels of the tree that adds up partial sums. */
  private static final int LEVELS = Integer.numberOfTrailingZeros(RESIDUES);

  /** Elements of a cache line. */
  static final int LINE = 16;

  /** Columns of one task: a multiple of every kernel's panel. */
  static final int COLUMNS = 64;

  /** Rows of one task, where rows are shared out too: a multiple of every kernel's tile. */
  static final int ROWS = 120;

  private final FloatKernels kernels;

  PackedProduct(FloatKernels kernels) {
    this.kernels = kernels;
  }

  /**
   * Packed rows of one operand: as floats, or, null then, as pairs of BF16 weights.
   *
   * @param offset of the first group, at the step to begin with
   */
  record Operand(Panels panels, float[] data, int[] pairs, int offset, int rows) {
    Operand(Panels panels, float[] data, int offset, int rows) {
      this(panels, data, null, offset, rows);
    }

    Operand(Panels panels, int[] pairs, int offset, int rows) {
      this(panels, null, pairs, offset, rows);
    }

    /** {@code count} of the rows from one on that begins a group of {@code group} rows. */
    Operand rows(int from, int count, int group) {
      int at = offset + from / group * panels.groupSize();
      return new Operand(panels, data, pairs, at, count);
    }
  }

  /** Length of an array for the partial sums of one tile by one panel: one for each level. */
  long sumsLength() {
    return Panels.FIRST + (long) (LEVELS + 1) * tileSize();
  }

  /** Outputs of one tile by one panel. */
  private int tileSize() {
    return kernels.tileRows() * kernels.panelColumns();
  }

  /**
   * {@code a}'s rows by {@code b}'s rows, which are the columns.
   *
   * @param sums of {@link #sumsLength} at least; modified
   * @param out row r, column c goes to {@code rowOffsets[r] + outOffset + c}; modified
   * @return NaN if one of the results is not finite, else a zero
   */
  float multiply(Operand a, Operand b, float[] sums, float[] out, int[] rowOffsets, int outOffset) {
    float check = 0f;
    int touched = 0;
    for (int row = 0; row < a.rows; row += kernels.tileRows()) {
      int rows = Math.min(kernels.tileRows(), a.rows - row);
      for (int column = 0; column < b.rows; column += kernels.panelColumns()) {
        int columns = Math.min(kernels.panelColumns(), b.rows - column);
        touched |= touch(out, rowOffsets, row, rows, outOffset + column, columns);
        accumulate(a, row / kernels.tileRows(), b, column / kernels.panelColumns(), sums);
        check +=
            kernels.finish(
                sums, Panels.FIRST, rows, columns, out, rowOffsets, row, outOffset + column);
      }
    }
    Scratch.ofThread().note(touched);
    return check;
  }

  /**
   * Reads where results will go, so that these lines come from memory while the sums are made:
   * stores that wait for them one after another took up to a tenth of the time.
   */
  private static int touch(
      float[] out, int[] rowOffsets, int firstRow, int rows, int outOffset, int columns) {
    int bits = 0;
    for (int row = firstRow; row < firstRow + rows; row++) {
      for (int column = 0; column < columns; column += LINE) {
        bits |= Float.floatToRawIntBits(out[rowOffsets[row] + outOffset + column]);
      }
    }
    return bits;
  }

  /**
   * Sums of one tile by one panel, but for the last level of each subtree, which {@link
   * FloatKernels#finish} adds up. Residues lie in the order in which the tree of {@link
   * ScalarKernels#tree} adds them: each subtree is added up as soon as it is whole, so that few
   * partial sums are held at once.
   */
  private void accumulate(Operand a, int tile, Operand b, int panel, float[] sums) {
    int x = a.offset + tile * a.panels.groupSize();
    int w = b.offset + panel * b.panels.groupSize();
    int size = tileSize();
    for (int n = 0; n < RESIDUES; n++) {
      int at = Panels.FIRST + Integer.bitCount(n) * size;
      accumulate(a, x + n * a.panels.residueSize(), b, w + n * b.panels.residueSize(), sums, at);
      int halves = Integer.numberOfTrailingZeros(~n);
      if (0 < halves && halves < LEVELS) {
        kernels.collapse(sums, at - halves * size, halves, size);
      }
    }
  }

  private void accumulate(Operand a, int x, Operand b, int w, float[] sums, int at) {
    int steps = a.panels.steps();
    if (b.pairs == null) {
      kernels.accumulate(b.data, w, a.data, x, steps, sums, at);
    } else {
      kernels.accumulate(b.pairs, w, a.data, x, steps, sums, at);
    }
  }
}
