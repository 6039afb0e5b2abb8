package loupe.tests.ports;

import loupe.reference.DoubleRows;
import loupe.reference.DoubleTensor;
import loupe.reference.RoundingPoint;
import loupe.reference.Span;

/** Attention of a {@link HonestPort}: row by row, in two passes or one, in any order of keys. */
final class PortAttention {
  private static final double LOG2_E = 1 / StrictMath.log(2);

  private final PortNumbers n;

  PortAttention(PortNumbers numbers) {
    this.n = numbers;
  }

  DoubleTensor scores(DoubleTensor q, DoubleRows keys, Span span, double scale) {
    int heads = q.dim(1);
    int h = q.dim(2);
    int group = heads / keys.heads();
    int queries = span.queries();
    boolean scalesQuery = n.coin();
    double constant = n.constant(RoundingPoint.SCORE_FACTOR, scale);
    double[] out = new double[heads * queries * span.keys()];
    double[] query = new double[h];
    for (int r = 0; r < queries; r++) {
      for (int head = 0; head < heads; head++) {
        for (int d = 0; d < h; d++) {
          double element = q.data()[(r * heads + head) * h + d];
          query[d] = scalesQuery ? n.keep(RoundingPoint.QUERY_SCALED, element * constant) : element;
        }
        for (int j = span.firstKey(r); j <= span.position(r); j++) {
          double sum = n.dot(query, 0, keys.data(), keys.offset(head / group, j), h);
          double raw = n.keep(RoundingPoint.SCORE_DOT, sum);
          out[(head * queries + r) * span.keys() + j] =
              scalesQuery ? raw : n.keep(RoundingPoint.SCORE_SCALED, raw * constant);
        }
      }
    }
    return new DoubleTensor(out, heads, queries, span.keys());
  }

  /** {@code exp(x - max)}, perhaps as a power of 2. */
  private double exp(double x, double max, int method) {
    if (method == 0) { // the scores times log2(e) first
      double difference = n.fine(n.fine(x * n.fine(LOG2_E)) - n.fine(max * n.fine(LOG2_E)));
      return n.keep(RoundingPoint.SOFTMAX_EXP, n.function(StrictMath.pow(2, difference)));
    }
    double difference = n.keep(RoundingPoint.SOFTMAX_SHIFT, x - max);
    double e =
        method == 1
            ? StrictMath.pow(2, n.fine(difference * n.fine(LOG2_E)))
            : StrictMath.exp(difference);
    return n.keep(RoundingPoint.SOFTMAX_EXP, n.function(e));
  }

  DoubleTensor softmax(DoubleTensor scores, Span span) {
    double[] out = new double[scores.size()];
    int method = n.choice(4);
    for (int row = 0; row < scores.dim(0) * span.queries(); row++) {
      int r = row % span.queries();
      int from = row * span.keys() + span.firstKey(r);
      int to = row * span.keys() + span.position(r) + 1;
      softmaxRow(scores.data(), from, to, method, out);
    }
    return new DoubleTensor(out, scores.shape());
  }

  private void softmaxRow(double[] a, int from, int to, int method, double[] out) {
    double max = a[from];
    for (int j = from; j < to; j++) {
      max = Math.max(max, a[j]);
    }
    double[] terms = new double[to - from];
    for (int j = from; j < to; j++) {
      out[j] = exp(a[j], max, method);
      terms[j - from] = out[j];
    }
    double sum =
        n.keep(RoundingPoint.SOFTMAX_SUM, n.coin() ? n.sum(terms) : rescaledSum(a, from, to));
    double reciprocal = n.fine(1 / sum);
    boolean divides = n.coin();
    for (int j = from; j < to; j++) {
      out[j] = n.keep(RoundingPoint.SOFTMAX_OUTPUT, divides ? out[j] / sum : out[j] * reciprocal);
    }
  }

  /** The sum alone, in one pass with a running maximum. */
  private double rescaledSum(double[] a, int from, int to) {
    double max = a[from];
    double sum = 1;
    for (int j = from + 1; j < to; j++) {
      if (a[j] > max) {
        sum = n.fine(n.fine(sum * rescaling(max, a[j])) + 1);
        max = a[j];
      } else {
        sum = n.fine(sum + exp(a[j], max, 3));
      }
    }
    return sum;
  }

  DoubleTensor mix(DoubleTensor pattern, DoubleRows values, Span span) {
    int heads = pattern.dim(0);
    int group = heads / values.heads();
    int h = values.headSize();
    int queries = span.queries();
    double[] out = new double[queries * heads * h];
    for (int head = 0; head < heads; head++) {
      for (int r = 0; r < queries; r++) {
        int first = span.firstKey(r);
        int count = span.position(r) + 1 - first;
        int row = (head * queries + r) * span.keys() + first;
        double[] column = new double[count];
        for (int d = 0; d < h; d++) {
          for (int j = 0; j < count; j++) {
            column[j] = values.data()[values.offset(head / group, first + j) + d];
          }
          double sum = n.dot(pattern.data(), row, column, 0, count);
          out[(r * heads + head) * h + d] = n.keep(RoundingPoint.MIX_OUTPUT, sum);
        }
      }
    }
    return new DoubleTensor(out, queries, heads, h);
  }

  /** Softmax and mix in one pass: with a running maximum, what was added up is scaled down. */
  DoubleTensor onePass(DoubleTensor scores, DoubleRows values, Span span) {
    int heads = scores.dim(0);
    int h = values.headSize();
    int group = heads / values.heads();
    int queries = span.queries();
    double[] out = new double[queries * heads * h];
    for (int head = 0; head < heads; head++) {
      for (int r = 0; r < queries; r++) {
        int row = (head * queries + r) * span.keys();
        double[] mixed = new double[h + 1];
        double max = Double.NEGATIVE_INFINITY;
        for (int j = span.firstKey(r); j <= span.position(r); j++) {
          int value = values.offset(head / group, j);
          max = Math.max(max, take(scores.data()[row + j], max, values.data(), value, mixed));
        }
        for (int d = 0; d < h; d++) {
          out[(r * heads + head) * h + d] = n.keep(RoundingPoint.MIX_OUTPUT, mixed[d] / mixed[h]);
        }
      }
    }
    return new DoubleTensor(out, queries, heads, h);
  }

  /** Adds one key to the mix, whose last element is the sum of all exp. Returns its score. */
  private double take(double score, double max, double[] values, int from, double[] mixed) {
    int h = mixed.length - 1;
    if (score > max) {
      double down = max == Double.NEGATIVE_INFINITY ? 0 : rescaling(max, score);
      for (int d = 0; d <= h; d++) {
        mixed[d] = n.fine(mixed[d] * down);
      }
    }
    double e = exp(score, Math.max(score, max), 3);
    for (int d = 0; d < h; d++) {
      mixed[d] = n.multiplyAdd(e, values[from + d], mixed[d], true);
    }
    mixed[h] = n.fine(mixed[h] + e);
    return score;
  }

  private double rescaling(double before, double now) {
    return n.function(StrictMath.exp(n.fine(before - now)));
  }
}
