package loupe.reference;

/**
 * Finds NaN and infinity where they leave a product, and says where they came from. A product is
 * the right place: a non-finite weight or input always shows in it, while a soft cap, a softmax or
 * a threshold may turn it into a number.
 */
final class Finite {
  private Finite() {}

  /**
   * Throws if an output of a product of {@code w} with {@code x} (null: a lookup) is not finite.
   */
  static void check(double[] out, Weight w, Tensor x) {
    for (int i = 0; i < out.length; i++) {
      if (!Double.isFinite(out[i])) {
        throw failure(w, x, out[i]);
      }
    }
  }

  /** As {@link #check(double[], Weight, Tensor)}. */
  static void check(float[] out, Weight w, Tensor x) {
    if (signs(out, 0, out.length) < 0) {
      throw failure(w, x, first(out));
    }
  }

  /** Negative if one of {@code count} elements is infinite or NaN. */
  static int signs(float[] x, int offset, int count) {
    int signs = 0;
    for (int i = offset; i < offset + count; i++) {
      // An exponent of all ones carries into the sign.
      signs |= (Float.floatToRawIntBits(x[i]) & 0x7fffffff) + 0x00800000;
    }
    return signs;
  }

  /** Throws if the sum of a finite product and a bias is not finite. */
  static void checkSum(Tensor sum, Weight bias) {
    for (int i = 0; i < sum.size(); i++) {
      if (!Double.isFinite(sum.get(i))) {
        throw new NonFiniteException(
            "adding %s gives %s in row %d"
                .formatted(bias.stored().origin(), sum.get(i), i / sum.rowSize()));
      }
    }
  }

  static void checkAttention(double[] out, String what) {
    for (double value : out) {
      if (!Double.isFinite(value)) {
        throw new NonFiniteException("attention: " + what + " is " + value);
      }
    }
  }

  static void checkAttention(float[] out, String what) {
    if (signs(out, 0, out.length) < 0) {
      throw new NonFiniteException("attention: " + what + " is " + first(out));
    }
  }

  /** The first element that is not finite. */
  private static float first(float[] out) {
    int i = 0;
    while (Float.isFinite(out[i])) {
      i++;
    }
    return out[i];
  }

  /** Looks for the culprit: the weight, else the input, else an overflow of the product itself. */
  static NonFiniteException failure(Weight w, Tensor x, double value) {
    StoredTensor stored = w.stored();
    double[] block = new double[4096];
    long count = stored.elementCount();
    for (long from = 0; from < count; from += block.length) {
      int length = (int) Math.min(block.length, count - from);
      stored.read(from, block, 0, length);
      for (int i = 0; i < length; i++) {
        if (!Double.isFinite(block[i])) {
          return new NonFiniteException(
              "%s: element %d is %s; weights must be finite, get the file again"
                  .formatted(stored.origin(), from + i, block[i]));
        }
      }
    }
    for (int i = 0; x != null && i < x.size(); i++) {
      if (!Double.isFinite(x.get(i))) {
        return new NonFiniteException(
            "the input of %s: row %d holds %s"
                .formatted(stored.name(), i / Math.max(1, x.rowSize()), x.get(i)));
      }
    }
    return new NonFiniteException(
        "the product with " + stored.origin() + " overflows: it gives " + value);
  }
}
