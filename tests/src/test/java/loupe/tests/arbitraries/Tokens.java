package loupe.tests.arbitraries;

import java.util.List;
import loupe.gemma2.Gemma2Config;

/**
 * A token sequence for any vocabulary: number n stands for the id {@code n mod d_vocab}. So model
 * and text shrink independently of each other.
 *
 * @param numbers one for each token, none negative
 */
public record Tokens(List<Integer> numbers) {
  /** The token ids of this sequence in the vocabulary of a model. */
  public int[] ids(Gemma2Config config) {
    return numbers.stream().mapToInt(number -> number % config.dVocab()).toArray();
  }
}
