package loupe.gemma2;

import java.util.ArrayList;
import java.util.List;
import loupe.reference.InputException;

/**
 * The hyperparameters of a Gemma 2 model, after every default is resolved. Names of {@code
 * config.json} in brackets.
 *
 * @param dModel width of the residual stream [hidden_size]
 * @param nLayers number of decoder layers [num_hidden_layers]
 * @param nHeads query heads [num_attention_heads]
 * @param nKvHeads key and value heads; divides {@code nHeads} [num_key_value_heads]
 * @param dHead width of a head; even, and not {@code dModel / nHeads} in general [head_dim]
 * @param dMlp width of each of the two branches of the feed-forward part [intermediate_size]
 * @param dVocab rows of the embedding [vocab_size]
 * @param queryPreAttnScalar scores are multiplied by its power -1/2 [query_pre_attn_scalar]
 * @param attnSoftcap soft cap of the scores, 0 for none [attn_logit_softcapping]
 * @param finalSoftcap soft cap of the logits, 0 for none [final_logit_softcapping]
 * @param slidingWindow keys that a query of a local layer sees, itself included [sliding_window]
 * @param layerTypes one for each layer [layer_types; else even layers are local]
 * @param ropeTheta base of the rotary frequencies [rope_theta or rope_parameters.rope_theta]
 * @param rmsNormEps added to the mean square, inside the root [rms_norm_eps]
 * @param maxPositions longest sequence seen in training; a warning, no limit
 *     [max_position_embeddings]
 * @param bosId id of {@code <bos>} [bos_token_id]
 * @param eosIds ids that end a text [eos_token_id, a number or a list]
 * @param tiedHead whether the unembedding is the embedding [tie_word_embeddings]
 * @param dtype element type of the checkpoint, such as {@code bfloat16}; empty if not said [dtype
 *     or torch_dtype]
 */
public record Gemma2Config(
    int dModel,
    int nLayers,
    int nHeads,
    int nKvHeads,
    int dHead,
    int dMlp,
    int dVocab,
    double queryPreAttnScalar,
    double attnSoftcap,
    double finalSoftcap,
    int slidingWindow,
    List<LayerType> layerTypes,
    double ropeTheta,
    double rmsNormEps,
    int maxPositions,
    int bosId,
    List<Integer> eosIds,
    boolean tiedHead,
    String dtype) {

  /** The largest released model has 46. */
  private static final int MOST_LAYERS = 4096;

  /** No size of a released model is beyond 256,000; products of two stay far from 2^63. */
  private static final int LARGEST_SIZE = 1 << 24;

  public Gemma2Config {
    layerTypes = List.copyOf(layerTypes);
    eosIds = List.copyOf(eosIds);
    size("hidden_size", dModel);
    positive("num_hidden_layers", nLayers);
    require(
        nLayers <= MOST_LAYERS,
        "num_hidden_layers must be at most " + MOST_LAYERS + ", not " + nLayers);
    size("num_attention_heads", nHeads);
    size("num_key_value_heads", nKvHeads);
    size("head_dim", dHead);
    size("intermediate_size", dMlp);
    size("vocab_size", dVocab);
    positive("sliding_window", slidingWindow);
    positive("query_pre_attn_scalar", queryPreAttnScalar);
    positive("rope_theta", ropeTheta);
    positive("rms_norm_eps", rmsNormEps);
    require(
        (long) nHeads * dHead <= LARGEST_SIZE,
        "num_attention_heads * head_dim must be at most " + LARGEST_SIZE);
    require(dHead % 2 == 0, "head_dim must be even, not " + dHead);
    require(
        nHeads % nKvHeads == 0,
        "num_attention_heads %d is no multiple of num_key_value_heads %d"
            .formatted(nHeads, nKvHeads));
    require(
        layerTypes.size() == nLayers,
        "layer_types has %d entries for %d layers".formatted(layerTypes.size(), nLayers));
    require(softcap(attnSoftcap), "attn_logit_softcapping must be above 0, or null for none");
    require(softcap(finalSoftcap), "final_logit_softcapping must be above 0, or null for none");
    require(
        bosId >= 0 && bosId < dVocab, "bos_token_id %d is outside the vocabulary".formatted(bosId));
  }

  private static boolean softcap(double cap) {
    return cap >= 0 && cap <= Double.MAX_VALUE;
  }

  private static void size(String key, int value) {
    positive(key, value);
    require(value <= LARGEST_SIZE, key + " must be at most " + LARGEST_SIZE + ", not " + value);
  }

  private static void positive(String key, double value) {
    require(value > 0 && value <= Double.MAX_VALUE, key + " must be above 0, not " + value);
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }

  /**
   * The even layers are local, the odd ones global (gemma_pytorch, config.py: [LOCAL_SLIDING,
   * GLOBAL] * n).
   */
  public static List<LayerType> alternating(int nLayers) {
    List<LayerType> types = new ArrayList<>();
    for (int layer = 0; layer < nLayers; layer++) {
      types.add(layer % 2 == 0 ? LayerType.SLIDING_ATTENTION : LayerType.FULL_ATTENTION);
    }
    return types;
  }

  /** Whether a layer sees its window only. */
  public boolean isLocal(int layer) {
    return layerTypes.get(layer) == LayerType.SLIDING_ATTENTION;
  }

  /** Query heads that share one key and value head: head n uses key head {@code n / group}. */
  public int headsPerKeyHead() {
    return nHeads / nKvHeads;
  }

  /**
   * Refuses what is no prompt of this model.
   *
   * @throws InputException if there is no id, or one is outside the vocabulary
   */
  public void requireTokens(int[] ids) {
    if (ids.length == 0) {
      throw new InputException("there is no token to run; even an empty text has <bos>");
    }
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= dVocab) {
        throw new InputException(
            "token id %d at place %d is outside the vocabulary of %d ids (0 to %d)"
                .formatted(ids[i], i, dVocab, dVocab - 1));
      }
    }
  }

  /** Number of parameters, a tied head counted once. */
  public long parameterCount() {
    long attention = (long) dModel * dHead * (2L * nHeads + 2L * nKvHeads);
    long layer = attention + 3L * dModel * dMlp + 4L * dModel;
    long head = tiedHead ? 0 : (long) dVocab * dModel;
    return nLayers * layer + (long) dVocab * dModel + dModel + head;
  }

  /** Settings that are legal but known to be wrong, one sentence each. */
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    if (queryPreAttnScalar == 224 && dModel == 3584 && nHeads == 16) {
      warnings.add(
          "query_pre_attn_scalar is 224 with the shape of Gemma 2 9B: early copies of its config had this"
              + " mistake, and every attention score is then 1.069 times too large; the right value is 256"
              + " (pitfall P1)");
    }
    return warnings;
  }
}
