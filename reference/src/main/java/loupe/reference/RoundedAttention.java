package loupe.reference;

/** Scores, soft cap and softmax of {@link Rounded}. */
final class RoundedAttention {
  private final RoundingPolicy policy;
  private final Float64 exact;
  private final RandomErrors errors;

  RoundedAttention(RoundingPolicy policy, Float64 exact, RandomErrors errors) {
    this.policy = policy;
    this.exact = exact;
    this.errors = errors;
  }

  DoubleTensor scores(DoubleTensor q, DoubleRows keys, Span span, double scale) {
    boolean scalesQuery = policy.has(RoundingPoint.QUERY_FACTOR);
    double[] query = q.data().clone();
    if (scalesQuery) {
      multiply(query, policy.round(RoundingPoint.QUERY_FACTOR, scale));
      policy.roundAll(RoundingPoint.QUERY_SCALED, query);
    }
    policy.roundAll(RoundingPoint.QUERY_CAST, query);
    DoubleTensor cast = new DoubleTensor(query, q.shape());
    DoubleTensor scores = (DoubleTensor) errors.scores(exact, cast, keys, span);
    policy.roundAll(RoundingPoint.SCORE_DOT, scores.data());
    if (!scalesQuery) {
      scale(scores.data(), scale);
    }
    Finite.checkAttention(scores.data(), "a score");
    return scores;
  }

  private void scale(double[] scores, double scale) {
    if (policy.has(RoundingPoint.SCORE_DIVISOR)) {
      double divisor = policy.round(RoundingPoint.SCORE_DIVISOR, 1 / scale);
      for (int i = 0; i < scores.length; i++) {
        scores[i] /= divisor;
      }
    } else {
      multiply(scores, policy.round(RoundingPoint.SCORE_FACTOR, scale));
    }
    policy.roundAll(RoundingPoint.SCORE_SCALED, scores);
  }

  private static void multiply(double[] values, double factor) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
  }

  DoubleTensor softcap(DoubleTensor x, double cap) {
    double[] a = x.data();
    double[] out = new double[a.length];
    boolean multiplies = policy.has(RoundingPoint.CAP_FACTOR);
    double factor = policy.round(RoundingPoint.CAP_FACTOR, 1 / cap);
    for (int i = 0; i < a.length; i++) {
      double quotient = multiplies ? a[i] * factor : a[i] / cap;
      double tanh = StrictMath.tanh(policy.round(RoundingPoint.CAP_QUOTIENT, quotient));
      out[i] = policy.round(RoundingPoint.CAP_TANH, tanh) * cap;
    }
    errors.ofFunctions(out, 1, policy.format(RoundingPoint.CAP_TANH, ""));
    policy.roundAll(RoundingPoint.CAP_OUTPUT, out);
    return new DoubleTensor(out, x.shape());
  }

  DoubleTensor softmax(DoubleTensor scores, Span span) {
    double[] a = policy.roundAll(RoundingPoint.SOFTMAX_INPUT, scores.data().clone());
    errors.ofRoundings(a, policy.format(RoundingPoint.SOFTMAX_OUTPUT, ""));
    double[] out = new double[a.length];
    for (int row = 0; row < scores.dim(0) * span.queries(); row++) {
      int r = row % span.queries();
      int at = row * span.keys();
      softmaxRow(a, at + span.firstKey(r), at + span.position(r) + 1, out);
    }
    FloatFormat held = policy.format(RoundingPoint.SOFTMAX_OUTPUT, "");
    errors.ofFunctions(out, span.keys(), held);
    policy.roundAll(RoundingPoint.SOFTMAX_OUTPUT, out);
    return new DoubleTensor(out, scores.shape());
  }

  /** The mix of values with every partial sum rounded, in the order of the keys. */
  DoubleTensor mix(DoubleTensor pattern, DoubleRows values, Span span) {
    int heads = pattern.dim(0);
    int group = heads / values.heads();
    int h = values.headSize();
    double[] out = new double[span.queries() * heads * h];
    for (int row = 0; row < heads * span.queries(); row++) {
      int n = row / span.queries();
      int r = row % span.queries();
      int z = (r * heads + n) * h;
      for (int j = span.firstKey(r); j <= span.position(r); j++) {
        double p = pattern.data()[row * span.keys() + j];
        int value = values.offset(n / group, j);
        for (int d = 0; d < h; d++) {
          double sum = out[z + d] + p * values.data()[value + d];
          out[z + d] = policy.round(RoundingPoint.MIX_PARTIAL, sum);
        }
      }
    }
    return new DoubleTensor(out, span.queries(), heads, h);
  }

  private void softmaxRow(double[] a, int from, int to, double[] out) {
    double max = Double.NEGATIVE_INFINITY;
    for (int j = from; j < to; j++) {
      max = Math.max(max, a[j]);
    }
    double sum = 0;
    for (int j = from; j < to; j++) {
      double shifted = policy.round(RoundingPoint.SOFTMAX_SHIFT, a[j] - max);
      out[j] = policy.round(RoundingPoint.SOFTMAX_EXP, StrictMath.exp(shifted));
      sum = policy.round(RoundingPoint.SOFTMAX_PARTIAL, sum + out[j]);
    }
    sum = policy.round(RoundingPoint.SOFTMAX_SUM, sum);
    boolean multiplies = policy.has(RoundingPoint.SOFTMAX_RECIPROCAL);
    double factor = policy.round(RoundingPoint.SOFTMAX_RECIPROCAL, 1 / sum);
    for (int j = from; j < to; j++) {
      out[j] = multiplies ? out[j] * factor : out[j] / sum;
    }
  }
}
