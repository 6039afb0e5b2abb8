package loupe.reference;

import loupe.reference.PackedProduct.Operand;
import loupe.reference.PackedProduct.Part;

/**
 * One product of many rows: the rows are packed once, then every task packs some columns of the
 * weight, reading each of them once, and takes all rows by them.
 */
final class BlockedProduct {
  private final FloatKernels kernels;
  private final PackedProduct packed;
  private final float[] x;
  private final int firstRow;
  private final int rows;
  private final int in;
  private final int outputs;
  private final float[] out;
  private final Panels tiles;
  private final float[] packedRows;
  private float[] bias;
  private volatile boolean finite = true;

  /**
   * @param x {@code [row, in]}, of which {@code rows} rows from {@code firstRow} on are used
   * @param out {@code [row, outputs]}; modified
   */
  BlockedProduct(
      FloatKernels kernels, float[] x, int firstRow, int rows, int in, int outputs, float[] out) {
    this.kernels = kernels.forOutputs(outputs);
    this.packed = new PackedProduct(this.kernels);
    this.x = x;
    this.firstRow = firstRow;
    this.rows = rows;
    this.in = in;
    this.outputs = outputs;
    this.out = out;
    this.tiles = new Panels(this.kernels.tileRows(), in);
    this.packedRows = Scratch.ofThread().floats(Scratch.Use.SHARED_TILES, tiles.arrayLength(rows));
  }

  /** With a bias {@code [outputs]}, or null for none, added to every row. */
  BlockedProduct withBias(float[] added) {
    this.bias = added;
    return this;
  }

  /** Returns whether all results are known to be finite. */
  boolean run(Float32Weight w, WeightPanels.Layout layout, Float32Products products) {
    long work = (long) rows * in * outputs;
    int blocks = (rows + PackedProduct.ROWS - 1) / PackedProduct.ROWS;
    products.run(blocks, work, this::packRows);
    WeightPanels panels = new WeightPanels(kernels, w, layout);
    int columns = panels.columnsAtOnce();
    products.run(
        (outputs + columns - 1) / columns,
        work,
        task -> {
          int first = task * columns;
          Operand b = panels.pack(first, Math.min(columns, outputs - first));
          if (!multiplyAll(b, first)) {
            finite = false;
            if (layout == WeightPanels.Layout.INPUTS_BY_OUTPUTS) {
              mend(w, first, b.rows());
            }
          }
          if (bias != null) {
            addBias(first, b.rows());
          }
        });
    return finite;
  }

  private void packRows(int block) {
    int from = block * PackedProduct.ROWS;
    int count = Math.min(PackedProduct.ROWS, rows - from);
    int to = tilesAt(from);
    tiles.clear(packedRows, to, count, in);
    tiles.packRows(x, (firstRow + from) * in, in, count, 0, in, packedRows, to);
  }

  private int tilesAt(int row) {
    return Panels.FIRST + row / kernels.tileRows() * tiles.groupSize();
  }

  /** As {@link #multiply}, a few columns at a time: those that stay in the cache for all rows. */
  private boolean multiplyAll(Operand b, int first) {
    boolean allFinite = true;
    int columns = PackedProduct.columns(kernels);
    for (int from = 0; from < b.rows(); from += columns) {
      int some = Math.min(columns, b.rows() - from);
      allFinite &= multiply(b.rows(from, some, kernels.panelColumns()), first + from);
    }
    return allFinite;
  }

  /** All rows by packed outputs from {@code first} on; whether all results are finite. */
  private boolean multiply(Operand b, int first) {
    Scratch scratch = Scratch.ofThread();
    float[] sums = scratch.floats(Scratch.Use.SUMS, packed.sumsLength());
    int[] offsets = scratch.ints(PackedProduct.ROWS);
    float check = 0f;
    for (Part part = packed.firstPart(rows, b); part != null; part = part.next()) {
      for (int from = 0; from < rows; from += PackedProduct.ROWS) {
        int some = Math.min(PackedProduct.ROWS, rows - from);
        for (int row = 0; row < some; row++) {
          offsets[row] = (firstRow + from + row) * outputs;
        }
        Operand a = new Operand(tiles, packedRows, tilesAt(from), some);
        check += packed.multiply(a, b, sums, out, offsets, first, part, from);
      }
    }
    return !Float.isNaN(check);
  }

  /** While what one task has computed is in the cache. */
  private void addBias(int first, int count) {
    float check = 0f;
    for (int row = firstRow; row < firstRow + rows; row++) {
      int at = row * outputs + first;
      kernels.addMultiple(1f, bias, first, out, at, count);
      // Times one: changes nothing, and says whether all are finite.
      check += kernels.scale(out, at, count, 1f);
    }
    if (Float.isNaN(check)) {
      finite = false;
    }
  }

  /**
   * Where a weight is not finite but every x that meets it is zero, the blocked product has NaN; by
   * definition zeros of x add nothing.
   */
  private void mend(Float32Weight w, int fromColumn, int columns) {
    float[] weight = new float[1];
    for (int row = firstRow; row < firstRow + rows; row++) {
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
