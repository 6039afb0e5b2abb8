package loupe.reference;

/** Finds out, once a NaN or an infinity has appeared, where it came from. Speed is no concern. */
final class NonFinite {
  private NonFinite() {}

  static void requireFinite(Float32Weight weight, float[] values) {
    int bad = firstIn(values, 0, values.length, 1);
    if (bad >= 0) {
      throw new NonFiniteException(
          "%s holds %s at element %d; a weight must be finite"
              .formatted(weight.stored().origin(), values[bad], bad));
    }
  }

  /** Index, counted in steps, of the first element that is not finite, or -1. */
  static int firstIn(float[] values, int offset, int count, int stride) {
    for (int i = 0; i < count; i++) {
      if (!Float.isFinite(values[offset + i * stride])) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Looks for the first result of {@code x W^T} that is not finite.
   *
   * @param x {@code [rows, in]}
   * @param w {@code [out, in]}
   * @param out {@code [rows, out]}
   * @throws NonFiniteException if there is one
   */
  static void inProjection(float[] x, Float32Weight w, float[] out) {
    int bad = firstIn(out, 0, out.length, 1);
    if (bad < 0) {
      return;
    }
    int columns = w.columns();
    int row = bad / w.rows();
    int output = bad % w.rows();
    float[] weights = new float[columns];
    w.read((long) output * columns, weights, 0, columns);
    int inWeight = firstIn(weights, 0, columns, 1);
    if (inWeight >= 0) {
      throw inWeight(w, weights[inWeight], output, inWeight);
    }
    throw inInput(x, row, columns, w, output);
  }

  /**
   * Looks for the first result of {@code x W} that is not finite. Where a weight is not finite but
   * all elements of x that meet it are zero, the blocked product gives NaN; the definition leaves
   * such elements out, and so the result is mended here.
   *
   * @param x {@code [rows, in]}
   * @param w {@code [in, out]}
   * @param out {@code [rows, out]}; modified
   * @throws NonFiniteException if there is a result that the definition makes not finite
   */
  static void inCombination(float[] x, Float32Weight w, float[] out) {
    if (firstIn(out, 0, out.length, 1) < 0) {
      return;
    }
    int in = w.rows();
    int width = w.columns();
    float[] weights = new float[in];
    int held = -1;
    int rows = out.length / width;
    for (int column = 0; column < width; column++) {
      for (int row = 0; row < rows; row++) {
        int at = row * width + column;
        if (Float.isFinite(out[at])) {
          continue;
        }
        if (held != column) {
          readColumn(w, column, weights);
          held = column;
        }
        out[at] = combineOne(x, row * in, weights);
        if (Float.isFinite(out[at])) {
          continue;
        }
        for (int k = 0; k < in; k++) {
          if (x[row * in + k] != 0 && !Float.isFinite(weights[k])) {
            throw inWeight(w, weights[k], k, column);
          }
        }
        throw inInput(x, row, in, w, column);
      }
    }
  }

  private static void readColumn(Float32Weight w, int column, float[] to) {
    for (int k = 0; k < to.length; k++) {
      w.read((long) k * w.columns() + column, to, k, 1);
    }
  }

  /** One element of a combination as it is defined: zeros of x add nothing. */
  static float combineOne(float[] x, int offset, float[] weights) {
    float[] sums = new float[FloatKernels.RESIDUES];
    for (int k = 0; k < weights.length; k++) {
      float factor = x[offset + k];
      if (factor != 0) {
        sums[k % sums.length] = Math.fma(factor, weights[k], sums[k % sums.length]);
      }
    }
    return ScalarKernels.tree(sums, 0, 1);
  }

  private static NonFiniteException inWeight(Float32Weight w, float value, int row, int column) {
    return new NonFiniteException(
        "%s holds %s at [%d, %d]; a weight must be finite"
            .formatted(w.stored().origin(), value, row, column));
  }

  private static NonFiniteException inInput(
      float[] x, int row, int columns, Float32Weight w, int output) {
    int bad = firstIn(x, row * columns, columns, 1);
    String cause =
        bad >= 0
            ? "its input holds %s at row %d, element %d".formatted(x[row * columns + bad], row, bad)
            : "row %d, output %d is beyond the range of float32".formatted(row, output);
    return new NonFiniteException("the product with " + w.stored().origin() + ": " + cause);
  }
}
