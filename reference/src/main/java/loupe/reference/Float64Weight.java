package loupe.reference;

/**
 * A weight of {@link Float64}. A matrix is read in panels of {@value #PANEL} rows, widened and
 * transposed to {@code [in][out]}, so that the innermost loop of a product runs over outputs and
 * each output is summed in order of k. Small matrices keep their panels; large ones are widened
 * anew for every product, so that memory stays small.
 */
final class Float64Weight implements Weight {
  static final int PANEL = 64;

  /** Matrices up to this many elements (8 MB) are kept as float64. */
  private static final int KEPT = 1 << 20;

  private final StoredTensor stored;
  private final double[][][] kept;
  private volatile double[] vector;

  Float64Weight(StoredTensor stored) {
    this.stored = stored;
    if (!stored.dtype().isWeight()) {
      throw new InputException(
          stored.origin()
              + ": element type "
              + stored.dtype()
              + " cannot be a weight; F64, F32, F16 and BF16 can");
    }
    boolean keep = stored.shape().length == 2 && stored.elementCount() <= KEPT;
    this.kept = keep ? new double[panels()][][] : null;
  }

  @Override
  public StoredTensor stored() {
    return stored;
  }

  int panels() {
    return (rows() + PANEL - 1) / PANEL;
  }

  /** Rows of a panel: {@value #PANEL}, but for the last one. */
  int panelRows(int panel) {
    return Math.min(PANEL, rows() - panel * PANEL);
  }

  /** All elements of a vector. Do not modify. */
  double[] vector() {
    double[] values = vector;
    if (values == null) {
      values = new double[Math.toIntExact(stored.elementCount())];
      stored.read(0, values, 0, values.length);
      requireFinite(values);
      vector = values;
    }
    return values;
  }

  private void requireFinite(double[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new NonFiniteException(stored.origin() + ": element " + i + " is " + values[i]);
      }
    }
  }

  /**
   * Rows {@code [panel * PANEL, ...)} transposed: {@code [in][panelRows(panel)]}. Do not modify.
   */
  double[][] panel(int panel) {
    if (kept == null) {
      return transposed(panel);
    }
    double[][] values = kept[panel];
    if (values == null) {
      values = transposed(panel);
      kept[panel] = values;
    }
    return values;
  }

  private double[][] transposed(int panel) {
    int in = columns();
    int from = panel * PANEL;
    int count = panelRows(panel);
    double[] row = new double[in];
    double[][] out = new double[in][count];
    for (int o = 0; o < count; o++) {
      stored.read((long) (from + o) * in, row, 0, in);
      for (int k = 0; k < in; k++) {
        out[k][o] = row[k];
      }
    }
    return out;
  }
}
