package loupe.gemma2;

import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.Arrays;
import loupe.reference.Tensor;

/**
 * Chooses tokens from rows of logits. Everything is computed in float64 from the logits' exact
 * values, with {@link StrictMath} and a random number generator that is written down here, so a
 * seed means the same ids everywhere. For one thread; each choice consumes one random number unless
 * the temperature is 0.
 */
public final class Sampler {
  /** Up to so many are found sooner one by one than by sorting a whole vocabulary. */
  private static final int FEW = 1000;

  private final Sampling sampling;
  private long state;

  public Sampler(Sampling sampling) {
    this.sampling = sampling;
    this.state = sampling.seed();
  }

  /**
   * The ids that the filters leave, most probable first (ties: lowest id first), and their
   * probabilities.
   *
   * @param ids candidates
   * @param probabilities of each; they sum up to 1
   */
  public record Distribution(int[] ids, double[] probabilities) {}

  /** The chosen id for row {@code row} of logits {@code [rows, d_vocab]}. */
  public int choose(Tensor logits, int row) {
    if (sampling.temperature() == 0) {
      return argmax(logits, row);
    }
    Distribution distribution = distribution(logits, row);
    double target = uniform();
    double sum = 0;
    double[] p = distribution.probabilities();
    for (int i = 0; i < p.length - 1; i++) {
      sum += p[i];
      if (target < sum) {
        return distribution.ids()[i];
      }
    }
    return distribution.ids()[p.length - 1];
  }

  /** The id of the largest logit of a row, the lowest where several tie. */
  public static int argmax(Tensor logits, int row) {
    int width = logits.rowSize();
    int best = 0;
    for (int id = 1; id < width; id++) {
      if (logits.get(row * width + id) > logits.get(row * width + best)) {
        best = id;
      }
    }
    return best;
  }

  /** What a row is sampled from, after temperature, top-k and top-p. */
  public Distribution distribution(Tensor logits, int row) {
    int width = logits.rowSize();
    double[] scaled = new double[width];
    double temperature = sampling.temperature() == 0 ? 1 : sampling.temperature();
    for (int id = 0; id < width; id++) {
      // + 0.0 makes -0 a 0, with which it ties.
      scaled[id] = logits.get(row * width + id) / temperature + 0.0;
    }
    int kept = sampling.topK() == 0 ? width : Math.min(width, sampling.topK());
    int[] order = largest(scaled, kept);
    double[] p = softmax(scaled, order, kept);
    int nucleus = nucleus(p);
    if (nucleus < kept) {
      p = softmax(scaled, order, nucleus);
    }
    return new Distribution(Arrays.copyOf(order, nucleus), p);
  }

  /** The {@code k} most probable ids of a row and their probabilities among all ids. */
  public static Distribution mostProbable(Tensor logits, int row, int k) {
    int width = logits.rowSize();
    double[] values = logits.rows(row, row + 1).toDoubles();
    int[] ids = largest(values, Math.min(k, width));
    double max = values[argmax(logits, row)];
    double sum = 0;
    for (double value : values) {
      sum += StrictMath.exp(value - max);
    }
    double[] p = new double[ids.length];
    for (int i = 0; i < p.length; i++) {
      p[i] = StrictMath.exp(values[ids[i]] - max) / sum;
    }
    return new Distribution(ids, p);
  }

  /** Numbers of the {@code k} largest values, largest first, the lowest number first of a tie. */
  private static int[] largest(double[] values, int k) {
    if (k > FEW) {
      return Arrays.copyOf(descending(values), k);
    }
    int[] largest = new int[k];
    int count = 0;
    for (int i = 0; i < values.length; i++) {
      if (count == k && (k == 0 || !(values[i] > values[largest[k - 1]]))) {
        continue;
      }
      int at = count < k ? count++ : k - 1;
      while (at > 0 && values[largest[at - 1]] < values[i]) {
        largest[at] = largest[at - 1];
        at--;
      }
      largest[at] = i;
    }
    return largest;
  }

  private static int[] descending(double[] values) {
    int[] order = new int[values.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    IntArrays.quickSort(
        order,
        (a, b) -> {
          int byValue = Double.compare(values[b], values[a]);
          return byValue != 0 ? byValue : Integer.compare(a, b);
        });
    return order;
  }

  private static double[] softmax(double[] values, int[] order, int count) {
    double[] p = new double[count];
    double sum = 0;
    for (int i = 0; i < count; i++) {
      p[i] = StrictMath.exp(values[order[i]] - values[order[0]]);
      sum += p[i];
    }
    for (int i = 0; i < count; i++) {
      p[i] /= sum;
    }
    return p;
  }

  /** The smallest number of leading ids whose probabilities reach top-p. */
  private int nucleus(double[] p) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum += p[i];
      if (sum >= sampling.topP() && sampling.topP() < 1) {
        return i + 1;
      }
    }
    return p.length;
  }

  /** SplitMix64 (Steele, Lea, Flood 2014); the upper 53 bits as a number in [0, 1). */
  private double uniform() {
    state += 0x9e3779b97f4a7c15L;
    long z = (state ^ (state >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return ((z ^ (z >>> 31)) >>> 11) * 0x1p-53;
  }
}
