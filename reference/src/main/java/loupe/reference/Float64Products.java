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
          double[] panel = w.panel(p);
          int from = p * Float64Weight.PANEL;
          int count = Math.min(Float64Weight.PANEL, out - from);
          double[] sums = new double[Float64Weight.PANEL];
          for (int r = 0; r < rows; r++) {
            sumPanel(x.data(), r * w.columns(), w.columns(), panel, sums);
            System.arraycopy(sums, 0, y, r * out + from, count);
          }
        });
    Finite.check(y, w, x);
    return new DoubleTensor(y, rows, out);
  }

  /** {@code sums[j] = sum_k a[from + k] * panel[k][j]}; {@code sums} is modified. */
  private static void sumPanel(double[] a, int from, int in, double[] panel, double[] sums) {
    Arrays.fill(sums, 0);
    for (int k = 0; k < in; k++) {
      double factor = a[from + k];
      int row = k * Float64Weight.PANEL;
      for (int j = 0; j < Float64Weight.PANEL; j++) {
        sums[j] += factor * panel[row + j];
      }
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
    double[] row = new double[count];
    for (int k = 0; k < in; k++) {
      boolean read = false;
      for (int r = 0; r < x.dim(0); r++) {
        double factor = a[r * in + k];
        if (factor == 0) {
          continue; // Adding ±0 changes nothing: a sum that starts at +0 is never -0.
        }
        if (!read) {
          w.stored().read((long) k * out + from, row, 0, count);
          read = true;
        }
        addMultiple(y, r * out + from, factor, row, 0, count);
      }
    }
  }

  /** {@code y[yFrom + i] += factor * v[vFrom + i]}; {@code y} is modified. */
  static void addMultiple(double[] y, int yFrom, double factor, double[] v, int vFrom, int count) {
    for (int i = 0; i < count; i++) {
      y[yFrom + i] += factor * v[vFrom + i];
    }
  }
}
