package loupe.reference;

import loupe.reference.PackedProduct.Operand;

/**
 * One product of many rows: the rows are packed once, then every task packs some columns of the
 * weight, reading each of them once, and takes all rows by them.
 */
final class BlockedProduct {
  /** Rows of weights that are packed together, and how many elements of each at a time. */
  private static final int ROWS = 8;

  private static final int CHUNK = 256;

  private final FloatKernels kernels;
  private final PackedProduct packed;
  private final float[] x;
  private final int firstRow;
  private final int rows;
  private final int in;
  private final int outputs;
  private final float[] out;
  private final Panels tiles;
  private final Panels panels;
  private final float[] packedRows;
  private volatile boolean finite = true;

  /**
   * @param x {@code [row, in]}, of which {@code rows} rows from {@code firstRow} on are used
   * @param out {@code [row, outputs]}; modified
   */
  BlockedProduct(
      FloatKernels kernels, float[] x, int firstRow, int rows, int in, int outputs, float[] out) {
    this.kernels = kernels;
    this.packed = new PackedProduct(kernels);
    this.x = x;
    this.firstRow = firstRow;
    this.rows = rows;
    this.in = in;
    this.outputs = outputs;
    this.out = out;
    this.tiles = new Panels(kernels.tileRows(), in);
    this.panels = new Panels(kernels.panelColumns(), in);
    this.packedRows = Scratch.ofThread().floats(Scratch.Use.SHARED_TILES, tiles.arrayLength(rows));
  }

  /** Which way a weight lies. */
  enum Layout {
    /** {@code [out, in]}: a column of the product is a row of the weight. */
    OUTPUTS_BY_INPUTS,
    /** {@code [in, out]}. */
    INPUTS_BY_OUTPUTS
  }

  /** Returns whether all results are known to be finite. */
  boolean run(Float32Weight w, Layout layout, Float32Products products) {
    long work = (long) rows * in * outputs;
    int blocks = (rows + packed.rows() - 1) / packed.rows();
    products.run(blocks, work, this::packRows);
    int columns = packed.columns();
    products.run(
        (outputs + columns - 1) / columns,
        work,
        task -> {
          int first = task * columns;
          multiply(w, layout, first, Math.min(columns, outputs - first));
        });
    return finite;
  }

  private void packRows(int block) {
    int from = block * packed.rows();
    int count = Math.min(packed.rows(), rows - from);
    int to = tilesAt(from);
    tiles.clear(packedRows, to, count, in);
    tiles.packRows(x, (firstRow + from) * in, in, count, 0, in, packedRows, to);
  }

  private int tilesAt(int row) {
    return Panels.FIRST + row / kernels.tileRows() * tiles.groupSize();
  }

  /** All rows by the outputs {@code [first, first + count)}. */
  private void multiply(Float32Weight w, Layout layout, int first, int count) {
    Scratch scratch = Scratch.ofThread();
    float[] columns = scratch.floats(Scratch.Use.PANELS, panels.arrayLength(packed.columns()));
    if (layout == Layout.OUTPUTS_BY_INPUTS) {
      packOutputs(w, first, count, columns);
    } else {
      packTransposed(w, first, count, columns);
    }
    Operand b = new Operand(panels, columns, Panels.FIRST, count);
    float[] sums = scratch.floats(Scratch.Use.SUMS, packed.sumsLength());
    int[] offsets = scratch.ints(packed.rows());
    for (int from = 0; from < rows; from += packed.rows()) {
      int some = Math.min(packed.rows(), rows - from);
      for (int row = 0; row < some; row++) {
        offsets[row] = (firstRow + from + row) * outputs;
      }
      Operand a = new Operand(tiles, packedRows, tilesAt(from), some);
      float check = packed.multiply(a, b, sums, out, offsets, first);
      if (Float.isNaN(check)) {
        finite = false;
        if (layout == Layout.INPUTS_BY_OUTPUTS) {
          mend(w, firstRow + from, some, first, count);
        }
      }
    }
  }

  private void packOutputs(Float32Weight w, int first, int count, float[] to) {
    panels.clear(to, Panels.FIRST, count, in);
    float[] weights = Scratch.ofThread().floats(Scratch.Use.WEIGHTS, ROWS * CHUNK);
    for (int c = 0; c < count; c += ROWS) {
      int some = Math.min(ROWS, count - c);
      int at =
          Panels.FIRST
              + c / kernels.panelColumns() * panels.groupSize()
              + c % kernels.panelColumns();
      for (int k = 0; k < in; k += CHUNK) {
        int length = Math.min(CHUNK, in - k);
        for (int row = 0; row < some; row++) {
          w.read((long) (first + c + row) * in + k, weights, row * CHUNK, length);
        }
        panels.packRows(weights, 0, CHUNK, some, k, length, to, at);
      }
    }
  }

  private void packTransposed(Float32Weight w, int first, int count, float[] to) {
    panels.clear(to, Panels.FIRST, count, in);
    float[] weights = Scratch.ofThread().floats(Scratch.Use.WEIGHTS, count);
    for (int k = 0; k < in; k++) {
      w.read((long) k * outputs + first, weights, 0, count);
      panels.packColumns(weights, 0, count, count, k, 1, to, Panels.FIRST);
    }
  }

  /**
   * Where a weight is not finite but every x that meets it is zero, the blocked product has NaN; by
   * definition zeros of x add nothing.
   */
  private void mend(Float32Weight w, int fromRow, int count, int fromColumn, int columns) {
    float[] weight = new float[1];
    for (int row = fromRow; row < fromRow + count; row++) {
      for (int column = fromColumn; column < fromColumn + columns; column++) {
        float[] sums = new float[FloatKernels.RESIDUES];
        for (int k = 0; k < in; k++) {
          if (x[row * in + k] != 0) {
            w.read((long) k * outputs + column, weight, 0, 1);
            int residue = k % FloatKernels.RESIDUES;
            sums[residue] = FusedMultiplyAdd.fma(x[row * in + k], weight[0], sums[residue]);
          }
        }
        out[row * outputs + column] = ScalarKernels.tree(sums, 0, 1);
      }
    }
  }
}
