package loupe.reference;

import java.util.Arrays;

/**
 * Softmax of {@link Bounded}, row by row.
 *
 * <p>A port computes, for each key, {@code exp(s - m)}, adds these up, and divides. What the scores
 * inherited moves an exp in both places at once: the most that this can do to one probability is
 * found by taking its own score at one end and all others at the other. The roundings may differ
 * between numerator and sum: of the difference; of the scores and the factor log2(e), where exp is
 * taken as a power of 2; of exp. In one pass, with a running maximum, a term is scaled down
 * whenever a larger score appears: at most as often as there are larger scores, each time by an exp
 * and a product.
 */
final class BoundedSoftmax {
  private final PortContract contract;
  private double[] p = new double[0];
  private double widest; // largest radius of the row
  private double[] lowEnd = new double[0];
  private double[] highEnd = new double[0];
  private double[] othersLow = new double[0];
  private double[] othersHigh = new double[0];
  private double[] high = new double[0];
  private double[] low = new double[0];
  private double[] factor = new double[0];
  private double[] sorted = new double[0];

  private BoundedSoftmax(PortContract contract) {
    this.contract = contract;
  }

  static BoundedTensor softmax(PortContract whole, BoundedTensor given, Span span) {
    BoundedTensor scores = BoundedCasts.at(whole, RoundingPoint.SOFTMAX_INPUT, "", given);
    BoundedSoftmax softmax = new BoundedSoftmax(whole.island(RoundingPoint.SOFTMAX_EXP));
    BoundedElements out =
        new BoundedElements(scores.size(), softmax.contract, RoundingPoint.SOFTMAX_OUTPUT);
    for (int row = 0; row < scores.dim(0) * span.queries(); row++) {
      int r = row % span.queries();
      int at = row * span.keys();
      softmax.softmaxRow(scores, at + span.firstKey(r), at + span.position(r) + 1, out);
    }
    return out.tensor(scores.shape());
  }

  private void softmaxRow(BoundedTensor scores, int from, int to, BoundedElements out) {
    int count = to - from;
    makeRoom(count);
    probabilities(scores.values(), from, count);
    widest = 0;
    for (int j = from; j < to; j++) {
      widest = Math.max(widest, scores.radii()[j]);
    }
    inherit(scores, from, count);
    roundings(scores, from, count);
    double sumError = 0;
    for (int j = 0; j < count; j++) {
      sumError += high[j] * (factor[j] - 1);
    }
    // The sum of positive terms, the sum's rounding, the division or product, its rounding.
    double u = contract.fine();
    double shared =
        (count - 1) * (u + contract.extra(RoundingPoint.SOFTMAX_PARTIAL))
            + contract.extra(RoundingPoint.SOFTMAX_SUM)
            + contract.extra(RoundingPoint.SOFTMAX_RECIPROCAL)
            + 2 * u
            + count * contract.tiny(RoundingPoint.SOFTMAX_EXP);
    shared *= 1 + 2 * shared;
    double tiny = contract.fineTiny() + contract.tiny(RoundingPoint.SOFTMAX_EXP);
    for (int j = 0; j < count; j++) {
      // The sum is at least its own term.
      double most = factor[j] * Math.min(factor[j], high[j] / Math.max(0x1p-40, 1 - sumError));
      double least = low[j] / factor[j] / (1 + sumError);
      double moved = Math.max(most - p[j], p[j] - least);
      double common = moved + (p[j] + moved) * shared;
      out.set(from + j, p[j], common + tiny, 0);
    }
  }

  private void makeRoom(int count) {
    if (p.length < count) {
      p = new double[count];
      lowEnd = new double[count];
      highEnd = new double[count];
      othersLow = new double[count];
      othersHigh = new double[count];
      high = new double[count];
      low = new double[count];
      factor = new double[count];
      sorted = new double[count];
    }
  }

  /** The true probabilities, and the scores in ascending order. */
  private void probabilities(double[] a, int from, int count) {
    System.arraycopy(a, from, sorted, 0, count);
    Arrays.sort(sorted, 0, count);
    double max = sorted[count - 1];
    double sum = 0;
    for (int j = 0; j < count; j++) {
      p[j] = StrictMath.exp(a[from + j] - max);
      sum += p[j];
    }
    for (int j = 0; j < count; j++) {
      p[j] /= sum;
    }
  }

  /** Between what each probability may be when every score is off by up to its radius. */
  private void inherit(BoundedTensor scores, int from, int count) {
    if (widest == 0) {
      System.arraycopy(p, 0, high, 0, count);
      System.arraycopy(p, 0, low, 0, count);
      return;
    }
    for (int j = 0; j < count; j++) {
      lowEnd[j] = scores.values()[from + j] - scores.radii()[from + j];
      highEnd[j] = scores.values()[from + j] + scores.radii()[from + j];
    }
    others(lowEnd, count, othersLow);
    others(highEnd, count, othersHigh);
    for (int j = 0; j < count; j++) {
      high[j] = share(highEnd[j], othersLow[j]);
      low[j] = share(lowEnd[j], othersHigh[j]);
    }
  }

  /** For each score the logarithm of the sum of exp over all others; {@code out} is modified. */
  private static void others(double[] scores, int count, double[] out) {
    int largest = 0;
    for (int j = 1; j < count; j++) {
      largest = scores[j] > scores[largest] ? j : largest;
    }
    double second = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < count; j++) {
      second = j == largest ? second : Math.max(second, scores[j]);
    }
    double sum = 0; // of all but the largest, in units of the second
    double all = 0; // in units of the largest
    for (int j = 0; j < count; j++) {
      sum += j == largest ? 0 : StrictMath.exp(scores[j] - second);
      all += StrictMath.exp(scores[j] - scores[largest]);
    }
    for (int j = 0; j < count; j++) {
      out[j] =
          j == largest
              ? second + StrictMath.log(sum)
              : scores[largest] + StrictMath.log(all - StrictMath.exp(scores[j] - scores[largest]));
    }
  }

  /** {@code exp(a) / (exp(a) + exp(b))}. */
  private static double share(double a, double b) {
    return b == Double.NEGATIVE_INFINITY ? 1 : 1 / (1 + StrictMath.exp(b - a));
  }

  /** By what factor roundings may move each exp. */
  private void roundings(BoundedTensor scores, int from, int count) {
    double u = contract.fine();
    double elementary = contract.elementary();
    double difference = contract.extra(RoundingPoint.SOFTMAX_SHIFT);
    double stored = contract.extra(RoundingPoint.SOFTMAX_EXP);
    double max = sorted[count - 1];
    for (int j = 0; j < count; j++) {
      double score = scores.values()[from + j];
      double radius = scores.radii()[from + j];
      double distance = max - score + radius + widest;
      double largest = Math.max(Math.abs(score), Math.abs(max)) + widest;
      double rescalings = larger(score - radius - widest, count);
      double functions = elementary + rescalings * (elementary + u);
      double rounded = difference * distance + stored * (1 + stored);
      double exponent = u * (3 * distance + 2 * largest) + functions * (1 + elementary) + rounded;
      factor[j] = StrictMath.exp(Math.min(300, exponent));
      if (exponent > 300) {
        high[j] = 1;
        low[j] = 0;
      }
    }
  }

  /** How many scores of the row may be larger than {@code score}. */
  private int larger(double score, int count) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] > score) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return count - low;
  }
}
