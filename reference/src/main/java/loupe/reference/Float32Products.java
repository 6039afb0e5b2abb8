package loupe.reference;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Matrix products of {@link Float32} on all threads: of few rows as the weights come, of many rows
 * by {@link BlockedProduct}. Weights are read once for all rows.
 */
final class Float32Products {
  /** Up to this many rows each row of weights is used as it comes, without packing. */
  private static final int FEW_ROWS = 3;

  /** Columns of one task where the weight's rows are added up: long runs of memory. */
  private static final int COLUMNS_PER_TASK = 4096;

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
    boolean finite = rows > FEW_ROWS;
    float[] out = new float[Shapes.size(new int[] {rows, w.rows()})];
    if (rows <= FEW_ROWS) {
      projectFew(x.data(), rows, w, out);
    } else {
      for (int from = 0; from < rows; from += ROWS_PER_PASS) {
        int count = Math.min(ROWS_PER_PASS, rows - from);
        finite &=
            new BlockedProduct(kernels, x.data(), from, count, in, w.rows(), out)
                .run(w, BlockedProduct.Layout.OUTPUTS_BY_INPUTS, this);
      }
    }
    if (!finite) {
      Finite.check(out, w, x);
    }
    return new FloatTensor(out, rows, w.rows());
  }

  private void projectFew(float[] x, int rows, Float32Weight w, float[] out) {
    int in = w.columns();
    int outputs = w.rows();
    int block = Math.max(1, Math.min(64, (1 << 18) / Math.max(1, in)));
    run(
        (outputs + block - 1) / block,
        (long) in * outputs * rows,
        task -> {
          int first = task * block;
          int end = Math.min(outputs, first + block);
          w.dots((long) first * in, end - first, in, x, rows, out, first, outputs);
        });
  }

  /** {@code out[r][o] = sum_k x[r][k] w[k][o]}; w {@code [in, out]}. */
  FloatTensor combine(FloatTensor x, Float32Weight w) {
    int in = w.rows();
    int width = w.columns();
    Shapes.requireInner("combine", x, in, w);
    int rows = x.dim(0);
    boolean finite = rows > FEW_ROWS;
    float[] out = new float[Shapes.size(new int[] {rows, width})];
    if (rows <= FEW_ROWS || isSparse(x.data())) {
      for (int from = 0; from < rows; from += FEW_ROWS) {
        finite = false;
        combineFew(x.data(), from, Math.min(FEW_ROWS, rows - from), w, out);
      }
    } else {
      for (int from = 0; from < rows; from += ROWS_PER_PASS) {
        int count = Math.min(ROWS_PER_PASS, rows - from);
        finite &=
            new BlockedProduct(kernels, x.data(), from, count, in, width, out)
                .run(w, BlockedProduct.Layout.INPUTS_BY_OUTPUTS, this);
      }
    }
    if (!finite) {
      Finite.check(out, w, x);
    }
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
    int width = w.columns();
    int block = Math.min(width, COLUMNS_PER_TASK);
    run(
        (width + block - 1) / block,
        (long) w.rows() * width,
        task -> {
          int first = task * block;
          int count = Math.min(block, width - first);
          int size = FloatKernels.RESIDUES * count;
          float[] sums = Scratch.ofThread().floats(Scratch.Use.SUMS, (long) rows * size);
          Arrays.fill(sums, 0, rows * size, 0f);
          for (int k = 0; k < w.rows(); k++) {
            addMultiples(x, firstRow, rows, w, k, first, count, sums);
          }
          for (int r = 0; r < rows; r++) {
            addUp(sums, r * size, count, out, (firstRow + r) * width + first);
          }
        });
  }

  /** Adds x's elements k times row k of the weight to {@code sums} {@code [row, 16, count]}. */
  private void addMultiples(
      float[] x,
      int firstRow,
      int rows,
      Float32Weight w,
      int k,
      int first,
      int count,
      float[] sums) {
    float[] weights = Scratch.ofThread().floats(Scratch.Use.WEIGHTS, count);
    boolean read = false;
    for (int r = 0; r < rows; r++) {
      float factor = x[(firstRow + r) * w.rows() + k];
      if (factor == 0) {
        continue;
      }
      if (!read) {
        w.read((long) k * w.columns() + first, weights, 0, count);
        read = true;
      }
      int at = (r * FloatKernels.RESIDUES + k % FloatKernels.RESIDUES) * count;
      kernels.addMultiple(factor, weights, 0, sums, at, count);
    }
  }

  /** The tree over {@code sums} {@code [16, count]}, into {@code out}, modified. */
  static void addUp(float[] sums, int offset, int count, float[] out, int outOffset) {
    for (int i = 0; i < count; i++) {
      out[outOffset + i] = ScalarKernels.tree(sums, offset + i, count);
    }
  }
}
