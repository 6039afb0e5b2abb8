package loupe.sae;

import java.util.OptionalDouble;
import loupe.reference.InputException;
import loupe.reference.Tensor;

/**
 * Mean over tokens of {@code -log p(next token)} in nats, over all sequences added: a mean over
 * tokens, not over sequences. The last position of a sequence predicts nothing that is known and
 * does not count. Computed in float64 whatever the logits' type, with {@link StrictMath}.
 */
public final class CrossEntropy {
  private double sum;
  private long count;

  /**
   * Adds one sequence.
   *
   * @param logits {@code [pos, d_vocab]}, after the final soft cap
   * @param ids its token ids, as many as there are rows
   */
  public void add(Tensor logits, int[] ids) {
    int vocabulary = logits.dim(1);
    if (logits.dim(0) != ids.length) {
      throw new IllegalArgumentException(logits.dim(0) + " logit rows, " + ids.length + " ids");
    }
    for (int row = 0; row + 1 < ids.length; row++) {
      int next = ids[row + 1];
      if (next < 0 || next >= vocabulary) {
        throw new InputException(
            "token id %d at place %d is outside the vocabulary of %d"
                .formatted(next, row + 1, vocabulary));
      }
      sum += logSumExp(logits, row * vocabulary, vocabulary) - logits.get(row * vocabulary + next);
      count++;
    }
  }

  private static double logSumExp(Tensor logits, int from, int length) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < length; i++) {
      max = Math.max(max, logits.get(from + i));
    }
    double total = 0;
    for (int i = 0; i < length; i++) {
      total += StrictMath.exp(logits.get(from + i) - max);
    }
    return max + StrictMath.log(total);
  }

  /** Predictions counted so far. */
  public long count() {
    return count;
  }

  /** The mean in nats; empty if nothing was predicted. */
  public OptionalDouble mean() {
    return count == 0 ? OptionalDouble.empty() : OptionalDouble.of(sum / count);
  }

  /** The mean over one sequence; empty if it has fewer than two tokens. */
  public static OptionalDouble of(Tensor logits, int[] ids) {
    CrossEntropy one = new CrossEntropy();
    one.add(logits, ids);
    return one.mean();
  }
}
