package loupe.reference;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Matrix products of {@link Float32} on all threads: of few rows as the weights come, of many rows
 * by {@link BlockedProduct}. Weights are read once for all rows.
 */
final class Float32Products {
  /** Rows that one pass over the weights serves, to bound the memory for packed rows. */
  private static final int ROWS_PER_PASS = 1024;

  /** Elements of a weight that one task multiplies as they come, if its rows are enough. */
  private static final int ELEMENTS_OF_TASK = 1 << 18;

  /** Rows of a weight that are not shared out further. */
  private static final int ROWS_OF_SHORT_TASK = 64;

  /** Bytes of a page of memory. */
  private static final int PAGE = 4096;

  /** Products of fewer multiplications than this are not worth waking threads for. */
  private static final long PARALLEL_WORK = 1 << 16;

  private final FloatKernels kernels;
  private final Workers workers;
  private final Results results;

  Float32Products(FloatKernels kernels, Workers workers, Results results) {
    this.kernels = kernels;
    this.workers = workers;
    this.results = results;
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
    boolean few = rows <= w.rowsForDots();
    boolean finite = !few;
    float[] out = results.array(Shapes.size(new int[] {rows, w.rows()}));
    if (few) {
      projectFew(x.data(), rows, w, out);
    } else {
      for (int from = 0; from < rows; from += ROWS_PER_PASS) {
        int count = Math.min(ROWS_PER_PASS, rows - from);
        finite &=
            new BlockedProduct(kernels, x.data(), from, count, in, w.rows(), out)
                .run(w, WeightPanels.Layout.OUTPUTS_BY_INPUTS, this);
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
    int block = rowsOfTask(in, outputs, w.stored().dtype().bits() / Byte.SIZE);
    run(
        (outputs + block - 1) / block,
        (long) in * outputs * rows,
        task -> {
          int first = task * block;
          int end = Math.min(outputs, first + block);
          w.dots((long) first * in, end - first, in, x, rows, out, first, outputs);
        });
  }

  /**
   * Rows of a weight that one task multiplies as they come: streams of half a megabyte together,
   * which begin half a page apart if they can, so that not all of them reach the end of a page, up
   * to which memory is read ahead, at the same time.
   */
  private int rowsOfTask(int in, int outputs, int bytes) {
    int most = Math.max(ROWS_OF_SHORT_TASK, outputs / (4 * workers.threads()));
    int rows = Math.max(1, Math.min(most, ELEMENTS_OF_TASK / Math.max(1, in)));
    int ofStream = rows / FloatKernels.STREAMS;
    for (int some = ofStream; some > ofStream / 2; some--) {
      if ((long) some * in * bytes % PAGE == PAGE / 2) {
        return some * FloatKernels.STREAMS;
      }
    }
    return rows;
  }

  /** {@code out[r][o] = sum_k x[r][k] w[k][o]}; w {@code [in, out]}. */
  FloatTensor combine(FloatTensor x, Float32Weight w) {
    FloatTensor out = combined(x, w);
    if (!combine(x, w, null, out)) {
      Finite.check(out.data(), w, x);
    }
    return out;
  }

  /** As {@link #combine}, with a bias {@code [out]} added; null unless all results are finite. */
  FloatTensor affine(FloatTensor x, Float32Weight w, float[] bias) {
    FloatTensor out = combined(x, w);
    return combine(x, w, bias, out) ? out : null;
  }

  private FloatTensor combined(FloatTensor x, Float32Weight w) {
    Shapes.requireInner("combine", x, w.rows(), w);
    int[] shape = {x.dim(0), w.columns()};
    return new FloatTensor(results.array(Shapes.size(shape)), shape);
  }

  /** Fills {@code out}; returns whether all results are finite. */
  private boolean combine(FloatTensor x, Float32Weight w, float[] bias, FloatTensor out) {
    int rows = x.dim(0);
    int width = w.columns();
    if (rows <= FloatKernels.FEW_ROWS || isSparse(x.data())) {
      Arrays.fill(out.data(), 0f);
      combineRows(new CombinedRows(kernels, x.data(), w, out.data()), rows);
      if (bias != null) {
        run(
            rows,
            out.size(),
            row -> kernels.addMultiple(1f, bias, 0, out.data(), row * width, width));
      }
      return Finite.signs(out.data(), 0, out.size()) >= 0;
    }
    boolean finite = true;
    for (int from = 0; from < rows; from += ROWS_PER_PASS) {
      int count = Math.min(ROWS_PER_PASS, rows - from);
      finite &=
          new BlockedProduct(kernels, x.data(), from, count, w.rows(), width, out.data())
              .withBias(bias)
              .run(w, WeightPanels.Layout.INPUTS_BY_OUTPUTS, this);
    }
    return finite;
  }

  private void combineRows(CombinedRows combined, int rows) {
    if (rows >= workers.threads() && rows > FloatKernels.FEW_ROWS) {
      combined.runRows(rows, this);
    } else {
      for (int row = 0; row < rows; row++) {
        combined.runRow(row, this);
      }
    }
  }

  /** Whether adding the rows of w one by one is the shorter way. */
  private static boolean isSparse(float[] x) {
    int nonZero = 0;
    for (float value : x) {
      nonZero += value != 0 ? 1 : 0;
    }
    return nonZero < x.length / 8;
  }

  /**
   * {@link ScalarKernels#tree} of the 16 partial sums of each of {@code count} outputs, into {@code
   * out}, which is modified.
   *
   * @param sums those of one residue side by side, {@code stride} from those of the next; modified
   */
  static void addUp(
      FloatKernels kernels,
      float[] sums,
      int offset,
      int stride,
      int count,
      float[] out,
      int outOffset) {
    for (int half = FloatKernels.RESIDUES / 2; half > 0; half /= 2) {
      for (int residue = 0; residue < half; residue++) {
        int to = offset + residue * stride;
        kernels.addMultiple(1f, sums, to + half * stride, sums, to, count);
      }
    }
    for (int i = 0; i < count; i++) {
      out[outOffset + i] = sums[offset + i] + 0f;
    }
  }
}
