package loupe.reference;

/** RMSNorm of {@link Rounded}. */
final class RoundedNorm {
  private RoundedNorm() {}

  static DoubleTensor normalize(RoundingPolicy policy, DoubleTensor x, double eps) {
    double[] a = policy.roundAll(RoundingPoint.NORM_INPUT, x.data().clone());
    int width = x.dim(x.rank() - 1);
    double[] out = new double[a.length];
    for (int from = 0; from < a.length; from += width) {
      double sum = 0;
      for (int i = from; i < from + width; i++) {
        sum += policy.round(RoundingPoint.NORM_SQUARE, a[i] * a[i]);
      }
      double root = root(policy, policy.round(RoundingPoint.NORM_MEAN, sum / width), eps);
      if (!(root < Double.POSITIVE_INFINITY)) {
        throw new NonFiniteException(
            "RMSNorm: the mean square of row " + from / width + " is not finite");
      }
      boolean multiplies = policy.has(RoundingPoint.NORM_RECIPROCAL);
      double factor = policy.round(RoundingPoint.NORM_RECIPROCAL, 1 / root);
      for (int i = from; i < from + width; i++) {
        out[i] = multiplies ? a[i] * factor : a[i] / root;
      }
    }
    policy.roundAll(RoundingPoint.NORM_OUTPUT, out);
    return new DoubleTensor(out, x.shape());
  }

  private static double root(RoundingPolicy policy, double mean, double eps) {
    double sum = mean + policy.round(RoundingPoint.NORM_SUM, eps);
    double rounded = policy.round(RoundingPoint.NORM_SUM, sum);
    return policy.round(RoundingPoint.NORM_ROOT, Math.sqrt(rounded));
  }

  /** The gain before its result is rounded. */
  static double[] gain(RoundingPolicy policy, DoubleTensor xHat, double[] w) {
    double[] a = policy.roundAll(RoundingPoint.GAIN_INPUT, xHat.data().clone());
    double[] out = new double[a.length];
    boolean adds = policy.has(RoundingPoint.GAIN_TERM);
    for (int i = 0; i < a.length; i++) {
      double weight = w[i % w.length];
      out[i] =
          adds
              ? a[i] + policy.round(RoundingPoint.GAIN_TERM, a[i] * weight)
              : a[i] * policy.round(RoundingPoint.GAIN_UNIT, 1 + weight);
    }
    return out;
  }
}
