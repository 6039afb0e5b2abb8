package loupe.reference;

import java.util.Arrays;

/**
 * {@code out[r][o] = sum_k x[r][k] w[k][o]} without packing, for few rows of x or sparse ones: rows
 * of the weight are added up, those of one residue of k after another, so that the weight is read
 * in long runs and only one of the 16 partial sums of an output is in use.
 */
final class CombinedRows {
  private static final int RESIDUES = FloatKernels.RESIDUES;
  private static final int AT_ONCE = FloatKernels.ROWS_AT_ONCE;

  /** Most columns whose partial sums are held at once. */
  private static final int COLUMNS = 1 << 14;

  /** Columns of one task, where partial sums are added up. */
  private static final int COLUMNS_PER_TASK = 1024;

  private final FloatKernels kernels;
  private final float[] x;
  private final Float32Weight w;
  private final int in;
  private final int width;
  private final float[] out;

  /**
   * @param x {@code [row, in]}
   * @param out {@code [row, width]}; modified
   */
  CombinedRows(FloatKernels kernels, float[] x, Float32Weight w, float[] out) {
    this.kernels = kernels;
    this.x = x;
    this.w = w;
    this.in = w.rows();
    this.width = w.columns();
    this.out = out;
  }

  /** Columns {@code [first, first + count)} and their partial sums. */
  private record Strip(int first, int count, float[] sums) {
    /** From one residue to the next. */
    int stride() {
      return Panels.apart(count);
    }

    static long length(int count) {
      return Panels.FIRST + (long) RESIDUES * Panels.apart(count);
    }

    int at(int residue) {
      return Panels.FIRST + residue * stride();
    }
  }

  private Strip strip(int first, Scratch.Use use) {
    int count = Math.min(COLUMNS, width - first);
    return new Strip(first, count, Scratch.ofThread().floats(use, Strip.length(count)));
  }

  /** One row of x on all threads. */
  void runRow(int row, Float32Products products) {
    for (int first = 0; first < width; first += COLUMNS) {
      Strip strip = strip(first, Scratch.Use.SHARED_SUMS);
      long work = (long) in * strip.count;
      products.run(RESIDUES, work, residue -> addResidue(row, residue, strip));
      products.run(
          (strip.count + COLUMNS_PER_TASK - 1) / COLUMNS_PER_TASK,
          work,
          task -> {
            int from = task * COLUMNS_PER_TASK;
            addUp(row, strip, from, Math.min(COLUMNS_PER_TASK, strip.count - from));
          });
    }
  }

  /** Rows of x side by side, each on one thread. */
  void runRows(int rows, Float32Products products) {
    products.run(
        rows,
        (long) rows * width * RESIDUES,
        row -> {
          for (int first = 0; first < width; first += COLUMNS) {
            Strip strip = strip(first, Scratch.Use.SUMS);
            for (int residue = 0; residue < RESIDUES; residue++) {
              addResidue(row, residue, strip);
            }
            addUp(row, strip, 0, strip.count);
          }
        });
  }

  /** Adds up what all k of one residue give. Elements of x that are 0 add nothing. */
  private void addResidue(int row, int residue, Strip strip) {
    Arrays.fill(strip.sums, strip.at(residue), strip.at(residue) + strip.count, 0f);
    int[] some = new int[AT_ONCE];
    int found = 0;
    for (int k = residue; k < in; k += RESIDUES) {
      if (x[row * in + k] != 0) {
        some[found++] = k;
      }
      if (found == AT_ONCE) {
        addMultiples(row, some, found, strip, strip.at(residue));
        found = 0;
      }
    }
    addMultiples(row, some, found, strip, strip.at(residue));
  }

  private void addMultiples(int row, int[] some, int found, Strip strip, int at) {
    float[] factors = new float[AT_ONCE];
    for (int i = 0; i < found; i++) {
      factors[i] = x[row * in + some[i]];
    }
    if (found == AT_ONCE
        && w.addMultiples(some, strip.first, factors, strip.sums, at, strip.count)) {
      return;
    }
    float[] weights = Scratch.ofThread().floats(Scratch.Use.WEIGHTS, strip.count);
    for (int i = 0; i < found; i++) {
      w.read((long) some[i] * width + strip.first, weights, 0, strip.count);
      kernels.addMultiple(factors[i], weights, 0, strip.sums, at, strip.count);
    }
  }

  private void addUp(int row, Strip strip, int from, int count) {
    int to = row * width + strip.first + from;
    Float32Products.addUp(kernels, strip.sums, strip.at(0) + from, strip.stride(), count, out, to);
  }
}
