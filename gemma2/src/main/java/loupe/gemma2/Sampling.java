package loupe.gemma2;

import loupe.reference.InputException;

/**
 * How the next token is chosen from the logits: filters in the order temperature, top-k, top-p.
 *
 * @param temperature the capped logits are divided by it; 0 takes the largest logit, the lowest id
 *     where several tie
 * @param topK only the k most probable ids stay; 0 for all
 * @param topP only the most probable ids stay whose probabilities sum up to at least p; 1 for all
 * @param seed of the random numbers; the same seed gives the same ids for any threads and kernels
 */
public record Sampling(double temperature, int topK, double topP, long seed) {
  /** Always the most probable token. */
  public static final Sampling GREEDY = new Sampling(0, 0, 1, 0);

  public Sampling {
    require(temperature >= 0 && temperature <= Double.MAX_VALUE, "temperature must be 0 or more");
    require(topK >= 0, "top-k must be 1 or more, or 0 for all");
    require(topP > 0 && topP <= 1, "top-p must be above 0 and at most 1");
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new InputException(message);
    }
  }
}
