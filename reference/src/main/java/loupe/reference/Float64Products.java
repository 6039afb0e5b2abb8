package loupe.reference;

import java.util.Arrays;

/** The matrix products of {@link Float64}: every output is summed in order of k, starting at +0. */
final class Float64Products {
  /** Columns of one task of {@link #combine}. */
  private static final int STRIP = 512;

  private Float64Products() {}

  /** {@code out[r][o] = sum_k x[r][k] * w[o][k]}. */
  static DoubleTensor project(Workers workers, DoubleTensor x, Float64Weight w) {
    Shapes.requireInner("project", x, w.columns(), w);
    int rows = x.dim(0);
    int out = w.rows();
    double[] y = new double[Shapes.size(new int[] {rows, out})];
    workers.forEach(
        w.panels(),
        p -> {
          double[][] panel = w.panel(p);
          double[] sums = new double[w.panelRows(p)];
          for (int r = 0; r < rows; r++) {
            Arrays.fill(sums, 0);
            addMultiples(x.data(), r * w.columns(), panel, sums);
            System.arraycopy(sums, 0, y, r * out + p * Float64Weight.PANEL, sums.length);
          }
        });
    Finite.check(y, w, x);
    return new DoubleTensor(y, rows, out);
  }

  /** {@code sums[j] += sum_k a[from + k] * panel[k][j]}, four rows at a time to spare memory. */
  private static void addMultiples(double[] a, int from, double[][] panel, double[] sums) {
    int k = 0;
    for (; k + 4 <= panel.length; k += 4) {
      addFour(a, from + k, panel[k], panel[k + 1], panel[k + 2], panel[k + 3], sums);
    }
    for (; k < panel.length; k++) {
      addMultiple(a[from + k], panel[k], sums);
    }
  }

  /** Adds four products to each sum, one after the other. */
  private static void addFour(
      double[] a, int from, double[] p0, double[] p1, double[] p2, double[] p3, double[] sums) {
    double a0 = a[from];
    double a1 = a[from + 1];
    double a2 = a[from + 2];
    double a3 = a[from + 3];
    for (int j = 0; j < sums.length; j++) {
      sums[j] = (((sums[j] + a0 * p0[j]) + a1 * p1[j]) + a2 * p2[j]) + a3 * p3[j];
    }
  }

  /** {@code out[r][o] = sum_k x[r][k] * w[k][o]}. */
  static DoubleTensor combine(Workers workers, DoubleTensor x, Weight w) {
    Shapes.requireInner("combine", x, w.rows(), w);
    int rows = x.dim(0);
    int out = w.columns();
    double[] y = new double[Shapes.size(new int[] {rows, out})];
    workers.forEach(
        (out + STRIP - 1) / STRIP,
        s -> combineStrip(x, w, y, s * STRIP, Math.min(STRIP, out - s * STRIP)));
    Finite.check(y, w, x);
    return new DoubleTensor(y, rows, out);
  }

  private static void combineStrip(DoubleTensor x, Weight w, double[] y, int from, int count) {
    double[] a = x.data();
    int in = w.rows();
    int out = w.columns();
    int rows = x.dim(0);
    double[][] sums = new double[rows][count];
    double[] row = new double[count];
    for (int k = 0; k < in; k++) {
      boolean read = false;
      for (int r = 0; r < rows; r++) {
        double factor = a[r * in + k];
        if (factor == 0) {
          continue; // Adding ±0 changes nothing: a sum that starts at +0 is never -0.
        }
        if (!read) {
          w.stored().read((long) k * out + from, row, 0, count);
          read = true;
        }
        addMultiple(factor, row, sums[r]);
      }
    }
    for (int r = 0; r < rows; r++) {
      System.arraycopy(sums[r], 0, y, r * out + from, count);
    }
  }

  /**
   * {@code sums[j] += factor * row[j]}. Compilers make vectors of this loop only if the index is
   * the same in both arrays.
   */
  private static void addMultiple(double factor, double[] row, double[] sums) {
    for (int j = 0; j < sums.length; j++) {
      sums[j] += factor * row[j];
    }
  }
}
