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

  /** Columns of one task, unless one panel has more: a multiple of others' panels. */
  private static final int COLUMNS = 64;

  /** Rows of one task, where rows are shared out too: a multiple of every kernel's tile. */
  static final int ROWS = 120;

  /**
   * Elements of packed columns, of 4 bytes each, that stay in a core's cache of 1 or 2 MB while all
   * rows go by. Where there are more, all rows go by some of the residues, then by the next.
   */
  private static final int ELEMENTS_IN_CACHE = 160 << 10;

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

  /**
   * Residues {@code [first, end)} in the order of {@link Panels}: all 16, or one of 2, 4, 8 or 16
   * equal parts.
   *
   * @param held what each tile has of the residues before, tile by tile: a partial sum for each bit
   *     of {@code first}, which is a subtree that is whole; modified
   */
  record Part(int first, int end, float[] held) {
    static final Part WHOLE = new Part(0, RESIDUES, null);

    /** The part that follows, or null after the last. */
    Part next() {
      return isLast() ? null : new Part(end, 2 * end - first, held);
    }

    boolean isLast() {
      return end == RESIDUES;
    }

    /** Partial sums that a tile may have to hold. */
    private int levels() {
      return Integer.numberOfTrailingZeros(RESIDUES / (end - first));
    }
  }

  /** The first part of a product of so many rows by packed columns, the whole where they fit. */
  Part firstPart(int rows, Operand b) {
    int panels = panels(b);
    long elements = (long) panels * b.panels.groupSize();
    int parts = 1;
    while (parts < RESIDUES && elements > (long) parts * ELEMENTS_IN_CACHE) {
      parts *= 2;
    }
    if (parts == 1) {
      return Part.WHOLE;
    }
    Part first = new Part(0, RESIDUES / parts, null);
    long length = Panels.FIRST + heldBefore(rows + kernels.tileRows() - 1, panels, first);
    return new Part(0, first.end, Scratch.ofThread().floats(Scratch.Use.HELD_SUMS, length));
  }

  /** Columns of one task. */
  static int columns(FloatKernels kernels) {
    return Math.max(COLUMNS, kernels.panelColumns());
  }

  private int panels(Operand b) {
    return (b.rows + kernels.panelColumns() - 1) / kernels.panelColumns();
  }

  /** Elements that the tiles of so many rows hold. */
  private long heldBefore(int rows, int panels, Part part) {
    return (long) rows / kernels.tileRows() * panels * part.levels() * tileSize();
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
    return multiply(a, b, sums, out, rowOffsets, outOffset, Part.WHOLE, 0);
  }

  /**
   * As the other {@code multiply}, a part of it; results are there after the last one.
   *
   * @param rowsBefore of the product, that are not in {@code a}: a multiple of a tile
   */
  float multiply(
      Operand a,
      Operand b,
      float[] sums,
      float[] out,
      int[] rowOffsets,
      int outOffset,
      Part part,
      int rowsBefore) {
    float check = 0f;
    int touched = 0;
    int held = Panels.FIRST + (int) heldBefore(rowsBefore, panels(b), part);
    for (int row = 0; row < a.rows; row += kernels.tileRows()) {
      int rows = Math.min(kernels.tileRows(), a.rows - row);
      for (int column = 0; column < b.rows; column += kernels.panelColumns()) {
        int columns = Math.min(kernels.panelColumns(), b.rows - column);
        take(part, held, sums);
        if (part.isLast()) {
          touched |= touch(out, rowOffsets, row, rows, outOffset + column, columns);
        }
        accumulate(a, row / kernels.tileRows(), b, column / kernels.panelColumns(), sums, part);
        if (part.isLast()) {
          check +=
              kernels.finish(
                  sums, Panels.FIRST, rows, columns, out, rowOffsets, row, outOffset + column);
        } else {
          hold(part, held, sums);
        }
        held += part.levels() * tileSize();
      }
    }
    Scratch.ofThread().note(touched);
    return check;
  }

  /** Partial sums of the parts before. */
  private void take(Part part, int at, float[] sums) {
    if (part.first > 0) {
      int length = Integer.bitCount(part.first) * tileSize();
      System.arraycopy(part.held, at, sums, Panels.FIRST, length);
    }
  }

  private void hold(Part part, int at, float[] sums) {
    int length = Integer.bitCount(part.end) * tileSize();
    System.arraycopy(sums, Panels.FIRST, part.held, at, length);
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
   * Adds a part to the sums of one tile by one panel, but for the last level of each subtree, which
   * {@link FloatKernels#finish} adds up. Residues lie in the order in which the tree of {@link
   * ScalarKernels#tree} adds them: each subtree is added up as soon as it is whole, so that few
   * partial sums are held at once.
   */
  private void accumulate(Operand a, int tile, Operand b, int panel, float[] sums, Part part) {
    int x = a.offset + tile * a.panels.groupSize();
    int w = b.offset + panel * b.panels.groupSize();
    int size = tileSize();
    for (int n = part.first; n < part.end; n++) {
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
