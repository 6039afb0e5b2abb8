package loupe.reference;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Matrix products of {@link Float32}: blocked, threaded, weights read once for all rows. No
 * blocking shows in a result, because every element has its own 16 partial sums, continued in order
 * of k from one block to the next.
 */
final class Float32Products {
  /** Up to this many rows each row of weights is used as it comes, without packing. */
  private static final int FEW_ROWS = 3;

  /** Elements of k that are packed at a time, a multiple of 16. */
  private static final int K_BLOCK = 2304;

  /** Rows whose tiles stay in the cache while panels pass by. */
  private static final int ROW_BLOCK = 32;

  /** Rows that one pass over the weights serves, to bound the memory for packed rows. */
  private static final int ROWS_PER_PASS = 1024;

  /** Products of fewer multiplications than this are not worth waking threads for. */
  private static final long PARALLEL_WORK = 1 << 16;

  private final FloatKernels kernels;
  private final Workers workers;

  Float32Products(FloatKernels kernels, Workers workers) {
    this.kernels = kernels;
    this.workers = workers;
  }

  /** Runs tasks, on the calling thread alone where they are little work altogether. */
  void run(int tasks, long work, IntConsumer body) {
    if (work < PARALLEL_WORK) {
      for (int task = 0; task < tasks; task++) {
        body.accept(task);
      }
    } else {
      workers.forEach(tasks, body);
    }
  }

  /** {@code out[r][o] = <x[r], w[o]>}; w {@code [out, in]}. */
  FloatTensor project(FloatTensor x, Float32Weight w) {
    int in = w.columns();
    Shapes.requireInner("project", x, in, w);
    int rows = x.dim(0);
    float[] out = new float[Shapes.size(new int[] {rows, w.rows()})];
    if (rows <= FEW_ROWS) {
      projectFew(x.data(), rows, w, out);
    } else {
      for (int from = 0; from < rows; from += ROWS_PER_PASS) {
        int count = Math.min(ROWS_PER_PASS, rows - from);
        new BlockedProduct(x.data(), from, count, in, w.rows(), out).run(w, true);
      }
    }
    Finite.check(out, w, x);
    return new FloatTensor(out, rows, w.rows());
  }

  private void projectFew(float[] x, int rows, Float32Weight w, float[] out) {
    int in = w.columns();
    int outputs = w.rows();
    int block = Math.max(1, Math.min(64, (1 << 15) / Math.max(1, in)));
    run(
        (outputs + block - 1) / block,
        (long) in * outputs * rows,
        task -> {
          int first = task * block;
          int count = Math.min(block, outputs - first);
          float[] weights;
          int base;
          if (w.isSmall()) {
            weights = w.all();
            base = first * in;
          } else {
            weights = Scratch.ofThread().floats(Scratch.Use.WEIGHTS, (long) block * in);
            base = 0;
            w.read((long) first * in, weights, 0, count * in);
          }
          for (int o = 0; o < count; o++) {
            for (int r = 0; r < rows; r++) {
              out[r * outputs + first + o] = kernels.dot(x, r * in, weights, base + o * in, in);
            }
          }
        });
  }

  /** {@code out[r][o] = sum_k x[r][k] w[k][o]}; w {@code [in, out]}. */
  FloatTensor combine(FloatTensor x, Float32Weight w) {
    int in = w.rows();
    int width = w.columns();
    Shapes.requireInner("combine", x, in, w);
    int rows = x.dim(0);
    float[] out = new float[Shapes.size(new int[] {rows, width})];
    if (rows <= FEW_ROWS || isSparse(x.data())) {
      for (int from = 0; from < rows; from += FEW_ROWS) {
        combineFew(x.data(), from, Math.min(FEW_ROWS, rows - from), w, out);
      }
    } else {
      for (int from = 0; from < rows; from += ROWS_PER_PASS) {
        int count = Math.min(ROWS_PER_PASS, rows - from);
        new BlockedProduct(x.data(), from, count, in, width, out).run(w, false);
      }
    }
    Finite.check(out, w, x);
    return new FloatTensor(out, rows, width);
  }

  /** Whether adding the rows of w one by one is the shorter way. */
  private static boolean isSparse(float[] x) {
    int nonZero = 0;
    for (float value : x) {
      nonZero += value != 0 ? 1 : 0;
    }
    return nonZero < x.length / 8;
  }

  private void combineFew(float[] x, int firstRow, int rows, Float32Weight w, float[] out) {
    int in = w.rows();
    int width = w.columns();
    int block = Math.min(width, 1024);
    run(
        (width + block - 1) / block,
        (long) in * width,
        task -> {
          int first = task * block;
          int count = Math.min(block, width - first);
          Scratch scratch = Scratch.ofThread();
          float[] weights = scratch.floats(Scratch.Use.WEIGHTS, block);
          float[] sums =
              scratch.floats(Scratch.Use.SUMS, (long) rows * FloatKernels.RESIDUES * count);
          Arrays.fill(sums, 0, rows * FloatKernels.RESIDUES * count, 0f);
          for (int k = 0; k < in; k++) {
            boolean read = false;
            for (int r = 0; r < rows; r++) {
              float factor = x[(firstRow + r) * in + k];
              if (factor == 0) {
                continue;
              }
              if (!read) {
                w.read((long) k * width + first, weights, 0, count);
                read = true;
              }
              int at = (r * FloatKernels.RESIDUES + k % FloatKernels.RESIDUES) * count;
              kernels.addMultiple(factor, weights, 0, sums, at, count);
            }
          }
          for (int r = 0; r < rows; r++) {
            int to = (firstRow + r) * width + first;
            addUp(sums, r * FloatKernels.RESIDUES * count, count, out, to);
          }
        });
  }

  /** The tree over {@code sums} {@code [16, count]}, into {@code out}, modified. */
  static void addUp(float[] sums, int offset, int count, float[] out, int outOffset) {
    for (int i = 0; i < count; i++) {
      out[outOffset + i] = ScalarKernels.tree(sums, offset + i, count);
    }
  }

  /** One product of many rows, over packed rows and packed weights. */
  private final class BlockedProduct {
    private final float[] x;
    private final int firstRow;
    private final int rows;
    private final int in;
    private final int outputs;
    private final float[] out;
    private final int panelWidth = kernels.panelWidth();
    private final int kBlock;
    private final int rowBlock;
    private final int rowBlocks;
    private final int tilesSize;
    private final float[] tiles;

    BlockedProduct(float[] x, int firstRow, int rows, int in, int outputs, float[] out) {
      this.x = x;
      this.firstRow = firstRow;
      this.rows = rows;
      this.in = in;
      this.outputs = outputs;
      this.out = out;
      this.kBlock = Math.max(1, Math.min(in, K_BLOCK));
      this.rowBlock = Math.min(rows, ROW_BLOCK);
      this.rowBlocks = (rows + rowBlock - 1) / rowBlock;
      this.tilesSize = Panels.tilesSize(rowBlock, kBlock);
      int blocks = rowBlocks * ((in + kBlock - 1) / kBlock);
      this.tiles = Scratch.ofThread().floats(Scratch.Use.SHARED_TILES, (long) blocks * tilesSize);
    }

    void run(Float32Weight w, boolean outputsAlongRows) {
      long work = (long) rows * in * outputs;
      int kBlocks = (in + kBlock - 1) / kBlock;
      Float32Products.this.run(rowBlocks * kBlocks, work, this::packRows);
      int columns = (outputsAlongRows ? 3 : 16) * panelWidth;
      Float32Products.this.run(
          (outputs + columns - 1) / columns,
          work,
          task -> {
            int first = task * columns;
            multiply(w, outputsAlongRows, first, Math.min(columns, outputs - first));
          });
    }

    private void packRows(int block) {
      int fromK = block / rowBlocks * kBlock;
      int fromRow = block % rowBlocks * rowBlock;
      Panels.packTiles(
          x,
          (firstRow + fromRow) * in + fromK,
          in,
          Math.min(rowBlock, rows - fromRow),
          Math.min(kBlock, in - fromK),
          tiles,
          block * tilesSize);
    }

    /** All rows by the outputs {@code [first, first + count)}. */
    private void multiply(Float32Weight w, boolean outputsAlongRows, int first, int count) {
      int panels = (count + panelWidth - 1) / panelWidth;
      int residueStride = Panels.steps(kBlock) * panelWidth;
      int panelSize = FloatKernels.RESIDUES * residueStride;
      Scratch scratch = Scratch.ofThread();
      float[] packed = scratch.floats(Scratch.Use.PANELS, (long) panels * panelSize);
      int sumsSize =
          Panels.tiles(rowBlock) * FloatKernels.TILE_ROWS * FloatKernels.RESIDUES * panelWidth;
      boolean oneBlock = in <= kBlock;
      float[] sums =
          scratch.floats(
              Scratch.Use.SUMS, oneBlock ? sumsSize : (long) sumsSize * panels * rowBlocks);
      for (int fromK = 0; fromK < in; fromK += kBlock) {
        int k = Math.min(kBlock, in - fromK);
        pack(w, outputsAlongRows, first, count, fromK, k, packed, panelSize);
        for (int block = 0; block < rowBlocks; block++) {
          int blockRows = Math.min(rowBlock, rows - block * rowBlock);
          int tilesAt = (fromK / kBlock * rowBlocks + block) * tilesSize;
          for (int panel = 0; panel < panels; panel++) {
            int sumsAt = oneBlock ? 0 : (block * panels + panel) * sumsSize;
            int tileCount = Panels.tiles(blockRows);
            kernels.accumulate(
                packed,
                panel * panelSize,
                residueStride,
                tiles,
                tilesAt,
                tileCount,
                k,
                sums,
                sumsAt,
                fromK > 0);
            if (fromK + k == in) {
              int column = first + panel * panelWidth;
              int columns = Math.min(panelWidth, first + count - column);
              int row = firstRow + block * rowBlock;
              float check =
                  kernels.finish(
                      sums,
                      sumsAt,
                      tileCount,
                      blockRows,
                      columns,
                      out,
                      row * outputs + column,
                      outputs);
              if (Float.isNaN(check) && !outputsAlongRows) {
                mend(w, row, blockRows, column, columns);
              }
            }
          }
        }
      }
    }

    /**
     * Where a weight is not finite but every x that meets it is zero, the blocked product has NaN;
     * by definition zeros of x add nothing.
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
              sums[residue] = Math.fma(x[row * in + k], weight[0], sums[residue]);
            }
          }
          out[row * outputs + column] = ScalarKernels.tree(sums, 0, 1);
        }
      }
    }

    private void pack(
        Float32Weight w,
        boolean outputsAlongRows,
        int first,
        int count,
        int fromK,
        int k,
        float[] to,
        int panelSize) {
      int residueStride = panelSize / FloatKernels.RESIDUES;
      Scratch scratch = Scratch.ofThread();
      if (outputsAlongRows) {
        float[] weights = scratch.floats(Scratch.Use.WEIGHTS, (long) panelWidth * kBlock);
        for (int c = 0; c < count; c += panelWidth) {
          int columns = Math.min(panelWidth, count - c);
          for (int i = 0; i < columns; i++) {
            w.read((long) (first + c + i) * in + fromK, weights, i * k, k);
          }
          Panels.packPanelOfRows(
              weights, 0, k, columns, k, to, c / panelWidth * panelSize, residueStride, panelWidth);
        }
      } else {
        float[] weights = scratch.floats(Scratch.Use.WEIGHTS, count);
        for (int i = 0; i < k; i++) {
          w.read((long) (fromK + i) * outputs + first, weights, 0, count);
          for (int c = 0; c < count; c += panelWidth) {
            Panels.packPanelOfColumns(
                weights,
                c,
                count,
                Math.min(panelWidth, count - c),
                i,
                1,
                to,
                c / panelWidth * panelSize,
                residueStride,
                panelWidth);
          }
        }
      }
    }
  }
}
