package loupe.sae;

import java.util.ArrayList;
import java.util.List;
import loupe.reference.Arithmetic;
import loupe.reference.Tensor;
import loupe.reference.Weight;

/**
 * The tokens that features promote: the direction that a feature writes, seen through the
 * unembedding, {@code score[t] = sum_d direction[d] * W_U[t][d]}. No norm, gain or soft cap comes
 * in between; this is what Neuronpedia's dashboards call positive logits, up to their
 * normalization.
 *
 * <p>Directions must be in the residual stream: those of att SAEs are {@code [head * d_head]} and
 * go through the layer's output projection first, {@code arithmetic.project(directions, wO)}.
 */
public final class PromotedTokens {
  /** Directions in one product: they share one reading of the unembedding. */
  private static final int BLOCK = 32;

  private PromotedTokens() {}

  /**
   * One promoted token.
   *
   * @param id token id
   * @param score as above; on no absolute scale
   */
  public record Token(int id, double score) {}

  /**
   * The {@code k} most promoted tokens of each direction, best first, ties to the lowest id.
   *
   * @param directions {@code [n, d_model]}
   * @param unembedding {@code [d_vocab, d_model]}; in Gemma 2 the embedding table
   */
  public static List<List<Token>> of(
      Arithmetic arithmetic, Tensor directions, Weight unembedding, int k) {
    List<List<Token>> promoted = new ArrayList<>();
    for (int from = 0; from < directions.dim(0); from += BLOCK) {
      int to = Math.min(from + BLOCK, directions.dim(0));
      Tensor scores = arithmetic.project(directions.rows(from, to), unembedding);
      for (int r = 0; r < to - from; r++) {
        promoted.add(strongest(scores, r, k));
      }
    }
    return promoted;
  }

  private static List<Token> strongest(Tensor scores, int row, int k) {
    int vocabulary = scores.dim(1);
    TopK top = new TopK(Math.min(k, vocabulary));
    for (int t = 0; t < vocabulary; t++) {
      top.offer(t, scores.get(row * vocabulary + t));
    }
    List<Token> tokens = new ArrayList<>();
    int[] ids = top.ids();
    double[] values = top.values();
    for (int i = 0; i < ids.length; i++) {
      tokens.add(new Token(ids[i], values[i]));
    }
    return tokens;
  }
}
