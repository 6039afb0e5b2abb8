package loupe.reference;

import loupe.reference.PackedProduct.Operand;

/**
 * Packs columns of a product, which are rows or columns of a weight, reading each element once.
 * BF16 weights that lie output by output stay as they are, two in an int; others are widened first.
 */
final class WeightPanels {
  /** Which way a weight lies. */
  enum Layout {
    /** {@code [out, in]}: a column of the product is a row of the weight. */
    OUTPUTS_BY_INPUTS,
    /** {@code [in, out]}. */
    INPUTS_BY_OUTPUTS
  }

  /**
   * Rows of a weight that lies inputs by outputs to pack at once: not all may be in one mapping.
   */
  private static final int ROWS_AT_ONCE = 64;

  /** Elements of a long weight to pack at once, at most. */
  private static final int ELEMENTS_AT_ONCE = 1 << 20;

  private final FloatKernels kernels;
  private final Float32Weight w;
  private final Layout layout;
  private final int in;
  private final int outputs;
  private final boolean pairs;
  private final Panels panels;

  /** From one row to the next while they are packed. */
  private final int stride;

  WeightPanels(FloatKernels kernels, Float32Weight w, Layout layout) {
    this.kernels = kernels;
    this.w = w;
    this.layout = layout;
    boolean rows = layout == Layout.OUTPUTS_BY_INPUTS;
    this.in = rows ? w.columns() : w.rows();
    this.outputs = rows ? w.rows() : w.columns();
    this.pairs = rows && w.streamsBf16() && kernels.pairsWeights();
    this.stride = Panels.apart(in);
    this.panels = new Panels(kernels.panelColumns() / (pairs ? 2 : 1), in);
  }

  /**
   * Columns to pack at once. Where the next column is the next element in memory, they are more:
   * each run of columns is another page, and memory is read ahead only where runs are long.
   */
  int columnsAtOnce() {
    int columns = PackedProduct.columns(kernels);
    if (layout == Layout.OUTPUTS_BY_INPUTS) {
      return columns;
    }
    int blocks = ELEMENTS_AT_ONCE / (columns * Math.max(1, in));
    return Math.max(1, Math.min(4, blocks)) * columns;
  }

  /** Columns {@code [first, first + count)} of the product, in an array of the calling thread. */
  Operand pack(int first, int count) {
    int groups = (count + kernels.panelColumns() - 1) / kernels.panelColumns();
    int length = Math.toIntExact(Panels.FIRST + (long) groups * panels.groupSize());
    Scratch scratch = Scratch.ofThread();
    if (pairs) {
      int[] to = scratch.pairs(length);
      packPairs(first, count, to);
      return new Operand(panels, to, Panels.FIRST, count);
    }
    float[] to = scratch.floats(Scratch.Use.PANELS, length);
    panels.clear(to, Panels.FIRST, count, in);
    if (layout == Layout.OUTPUTS_BY_INPUTS) {
      packOutputs(first, count, to);
    } else {
      packTransposed(first, count, to);
    }
    return new Operand(panels, to, Panels.FIRST, count);
  }

  /** Where a column is packed. */
  private int at(int column) {
    int panel = kernels.panelColumns();
    int inPanel = column % panel / (pairs ? 2 : 1);
    return Panels.FIRST + column / panel * panels.groupSize() + inPanel;
  }

  private void packPairs(int first, int count, int[] to) {
    if (in % FloatKernels.RESIDUES != 0) {
      panels.clear(to, Panels.FIRST, (count + 1) / 2, in);
    }
    int distance = kernels.pairDistance();
    int[] paired = Scratch.ofThread().ints(distance * stride);
    int last = first + count - 1;
    for (int c = 0; c < count; c += 2 * distance) {
      int done = w.packRows(first + c, 2 * distance, panels, to, at(c));
      for (int i = 0; i < distance && done < in; i++) {
        // Columns that are not there are never looked at.
        int low = Math.min(last, first + c + i);
        w.pairUp(low, Math.min(last, low + distance), done, paired, i * stride);
      }
      panels.packRows(paired, 0, stride, distance, done, in - done, to, at(c));
    }
  }

  private void packOutputs(int first, int count, float[] to) {
    int line = PackedProduct.LINE;
    float[] weights = Scratch.ofThread().floats(Scratch.Use.WEIGHTS, (long) line * stride);
    for (int c = 0; c < count; c += line) {
      int some = Math.min(line, count - c);
      int done = some == line ? w.packRows(first + c, panels, to, at(c)) : 0;
      for (int row = 0; row < some && done < in; row++) {
        w.read((long) (first + c + row) * in + done, weights, row * stride, in - done);
      }
      panels.packRows(weights, 0, stride, some, done, in - done, to, at(c));
    }
  }

  private void packTransposed(int first, int count, float[] to) {
    float[] weights = Scratch.ofThread().floats(Scratch.Use.WEIGHTS, count);
    for (int k = 0; k < in; k += ROWS_AT_ONCE) {
      int rows = Math.min(ROWS_AT_ONCE, in - k);
      int done = w.packColumns(first, count, k, rows, panels, to, Panels.FIRST);
      for (int row = k + done; row < k + rows; row++) {
        w.read((long) row * outputs + first, weights, 0, count);
        panels.packColumns(weights, 0, count, count, row, 1, to, Panels.FIRST);
      }
    }
  }
}
