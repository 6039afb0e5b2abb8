package loupe.reference;

import java.util.Arrays;

/**
 * The products of {@link Bounded} with weights, and what a sum of products may be off.
 *
 * <p>A sum of n products in any order (any binary tree), with or without fused multiply-add: each
 * of the n - 1 additions rounds a partial sum, that is the sum of some of the terms. With {@code S
 * = sum |x_k w_k|} and the exact result {@code v}, no partial sum is larger than the sum of the
 * terms of one sign, {@code (S + |v|) / 2}. So with unit roundoff u the additions err by at most
 * {@code (n - 1) u (S + |v|) / 2}, the products by {@code u S}, and what these errors add to the
 * partial sums by a factor {@code 1 / (1 - 2 n u)}. A second {@code u S} admits weights into which
 * the next factor was folded.
 */
final class BoundedProducts {
  /** Columns of one task of {@link #combine}. */
  private static final int STRIP = 512;

  private final PortContract contract;
  private final Workers workers;

  BoundedProducts(PortContract contract, Workers workers) {
    this.contract = contract;
    this.workers = workers;
  }

  /**
   * The largest error of a sum of {@code n} products in the accumulation format.
   *
   * @param sum its exact value
   * @param absolute the sum of the absolute values of its terms, with what they may be off
   */
  static double sumError(PortContract contract, int n, double sum, double absolute) {
    double u = contract.fine();
    double additions = (n - 1) * 0.5 * (absolute + Math.abs(sum));
    double amplified = Math.max(0x1p-20, 1 - 2.0 * n * u);
    return u * (additions + 2 * absolute) / amplified + 2.0 * n * contract.fineTiny();
  }

  /** {@code out[r][o] = sum_k x[r][k] * w[o][k]}. */
  BoundedTensor project(BoundedTensor given, Float64Weight w) {
    Shapes.requireInner("project", given, w.columns(), w);
    String name = w.stored().name();
    BoundedTensor x = BoundedCasts.at(contract, RoundingPoint.PROJECT_INPUT, name, given);
    int rows = x.dim(0);
    int out = w.rows();
    BoundedElements y =
        new BoundedElements(
            Shapes.size(new int[] {rows, out}), contract, RoundingPoint.PROJECT_OUTPUT, name);
    boolean exact = x.isExact();
    workers.forEach(
        w.panels(),
        p -> {
          Sums sums = new Sums(w.panelRows(p));
          for (int r = 0; r < rows; r++) {
            sums.clear();
            sums.addPanel(x, r * w.columns(), w.columns(), w.panel(p), exact);
            int from = r * out + p * Float64Weight.PANEL;
            setAll(y, from, sums, w.columns());
          }
        });
    Finite.check(y.values(), w, x);
    return y.tensor(rows, out);
  }

  /** {@code out[r][o] = sum_k x[r][k] * w[k][o]}. */
  BoundedTensor combine(BoundedTensor x, Float64Weight w) {
    Shapes.requireInner("combine", x, w.rows(), w);
    int rows = x.dim(0);
    int out = w.columns();
    BoundedElements y =
        new BoundedElements(Shapes.size(new int[] {rows, out}), contract, RoundingPoint.SAE);
    workers.forEach(
        (out + STRIP - 1) / STRIP,
        s -> combineStrip(x, w, y, s * STRIP, Math.min(STRIP, out - s * STRIP)));
    Finite.check(y.values(), w, x);
    return y.tensor(rows, out);
  }

  private void combineStrip(
      BoundedTensor x, Float64Weight w, BoundedElements y, int from, int count) {
    int in = w.rows();
    int rows = x.dim(0);
    Sums[] sums = new Sums[rows];
    int[] terms = new int[rows];
    for (int r = 0; r < rows; r++) {
      sums[r] = new Sums(count);
    }
    double[] row = new double[count];
    for (int k = 0; k < in; k++) {
      boolean read = false;
      for (int r = 0; r < rows; r++) {
        double factor = x.values()[r * in + k];
        double radius = x.radii()[r * in + k];
        if (factor == 0 && radius == 0) {
          continue; // Adding ±0 is exact.
        }
        if (!read) {
          w.stored().read((long) k * w.columns() + from, row, 0, count);
          read = true;
        }
        terms[r]++;
        sums[r].addRow(factor, radius, row);
      }
    }
    for (int r = 0; r < rows; r++) {
      setAll(y, r * w.columns() + from, sums[r], terms[r]);
    }
  }

  private void setAll(BoundedElements y, int from, Sums sums, int terms) {
    double tiny = contract.fineTiny();
    for (int j = 0; j < sums.value.length; j++) {
      double value = sums.value[j];
      double inherited = sums.inherited[j];
      double own = sumError(contract, terms, value, sums.absolute[j] + inherited);
      y.set(from + j, value, inherited + tiny, own);
    }
  }

  /** For some outputs side by side: the sum, the sum of absolute values, the inherited radius. */
  private static final class Sums {
    final double[] value;
    final double[] absolute;
    final double[] inherited;

    Sums(int count) {
      this.value = new double[count];
      this.absolute = new double[count];
      this.inherited = new double[count];
    }

    void clear() {
      Arrays.fill(value, 0);
      Arrays.fill(absolute, 0);
      Arrays.fill(inherited, 0);
    }

    /** Adds {@code sum_k x[from + k] * panel[k][j]}. */
    void addPanel(BoundedTensor x, int from, int in, double[][] panel, boolean exact) {
      for (int k = 0; k < in; k++) {
        addRow(x.values()[from + k], exact ? 0 : x.radii()[from + k], panel[k]);
      }
    }

    void addRow(double factor, double radius, double[] row) {
      for (int j = 0; j < value.length; j++) {
        double product = factor * row[j];
        value[j] += product;
        absolute[j] += Math.abs(product);
      }
      if (radius != 0) {
        for (int j = 0; j < value.length; j++) {
          inherited[j] += radius * Math.abs(row[j]);
        }
      }
    }
  }
}
