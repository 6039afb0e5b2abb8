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
  private double[] high = new double[0];
  private double[] low = new double[0];
  private double[] factor = new double[0];
  private double[] own = new double[0];
  private double[] sorted = new double[0];

  BoundedSoftmax(PortContract contract) {
    this.contract = contract;
  }

  BoundedTensor softmax(BoundedTensor scores, Span span) {
    BoundedElements out = new BoundedElements(scores.size());
    for (int row = 0; row < scores.dim(0) * span.queries(); row++) {
      int r = row % span.queries();
      int at = row * span.keys();
      softmaxRow(scores, at + span.firstKey(r), at + span.position(r) + 1, out);
    }
    return out.tensor(scores.shape());
  }

  private void softmaxRow(BoundedTensor scores, int from, int to, BoundedElements out) {
    int count = to - from;
    makeRoom(count);
    probabilities(scores.values(), from, count);
    inherit(scores, from, count);
    roundings(scores, from, count);
    double sumError = 0;
    for (int j = 0; j < count; j++) {
      sumError += high[j] * (factor[j] - 1);
    }
    // The sum of positive terms, the sum's rounding, the division or product, its rounding.
    double u = contract.fine();
    double shared =
        (count - 1) * u * 1.0001
            + contract.extra(RoundingStep.SOFTMAX_SUM)
            + 2 * u
            + count * contract.tiny(RoundingStep.SOFTMAX_EXP);
    shared *= 1 + shared;
    double stored = contract.extra(RoundingStep.PATTERN);
    double tiny = contract.tiny(RoundingStep.PATTERN) + contract.tiny(RoundingStep.SOFTMAX_EXP);
    for (int j = 0; j < count; j++) {
      // The sum is at least its own term.
      double most = factor[j] * Math.min(factor[j], high[j] / Math.max(0x1p-40, 1 - sumError));
      double least = low[j] / factor[j] / (1 + sumError);
      double moved = Math.max(most - p[j], p[j] - least);
      double mine = Math.min(moved, p[j] * own[j]);
      double common = moved - mine + (p[j] + moved) * shared;
      double rounding = (p[j] + moved) * (1 + shared) * stored;
      out.set(from + j, p[j], common + tiny, mine + rounding);
    }
  }

  private void makeRoom(int count) {
    if (p.length < count) {
      p = new double[count];
      high = new double[count];
      low = new double[count];
      factor = new double[count];
      own = new double[count];
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
    double highest = Double.NEGATIVE_INFINITY;
    double lowest = Double.NEGATIVE_INFINITY; // the highest of the lower ends
    for (int j = from; j < from + count; j++) {
      highest = Math.max(highest, scores.values()[j] + scores.radii()[j]);
      lowest = Math.max(lowest, scores.values()[j] - scores.radii()[j]);
    }
    double allHigh = 0;
    double allLow = 0;
    for (int j = from; j < from + count; j++) {
      allHigh += StrictMath.exp(scores.values()[j] + scores.radii()[j] - highest);
      allLow += StrictMath.exp(scores.values()[j] - scores.radii()[j] - lowest);
    }
    for (int j = 0; j < count; j++) {
      double up = scores.values()[from + j] + scores.radii()[from + j];
      double down = scores.values()[from + j] - scores.radii()[from + j];
      double othersLow = Math.max(0, allLow - StrictMath.exp(down - lowest));
      double othersHigh = Math.max(0, allHigh - StrictMath.exp(up - highest));
      high[j] = share(StrictMath.exp(up - lowest), othersLow);
      low[j] = share(StrictMath.exp(down - highest), othersHigh);
    }
  }

  private static double share(double mine, double others) {
    return others == 0 || Double.isInfinite(mine) ? 1 : mine / (mine + others);
  }

  /** By what factor roundings may move each exp, and which part is this element's own. */
  private void roundings(BoundedTensor scores, int from, int count) {
    double u = contract.fine();
    double elementary = contract.elementary();
    double difference = contract.extra(RoundingStep.SOFTMAX_DIFFERENCE);
    double stored = contract.extra(RoundingStep.SOFTMAX_EXP);
    double max = sorted[count - 1];
    double widest = 0;
    for (int j = 0; j < count; j++) {
      widest = Math.max(widest, scores.radii()[from + j]);
    }
    for (int j = 0; j < count; j++) {
      double score = scores.values()[from + j];
      double radius = scores.radii()[from + j];
      double distance = max - score + radius + widest;
      double largest = Math.max(Math.abs(score), Math.abs(max)) + widest;
      double rescalings = larger(score - radius - widest, count);
      double functions = elementary + rescalings * (elementary + u);
      own[j] = difference * distance + stored * (1 + stored);
      double exponent = u * (3 * distance + 2 * largest) + functions * (1 + elementary) + own[j];
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
