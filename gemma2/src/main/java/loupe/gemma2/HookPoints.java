package loupe.gemma2;

import java.util.ArrayList;
import java.util.List;

/**
 * The public names of all intermediates, in the order in which the forward pass makes them. Names
 * are those of TransformerLens where it has one; {@code attn.hook_in}, {@code mlp.hook_in} (after
 * the gain), {@code attn.hook_out}, {@code mlp.hook_out} (before the post norm), {@code
 * attn.hook_scores_raw}, {@code attn.hook_scores_capped}, {@code unembed.hook_in} and {@code
 * unembed.hook_logits_raw} are our own.
 */
public final class HookPoints {
  /** The embedding times sqrt(d_model): {@code [pos, d_model]}. */
  public static final String EMBED = "hook_embed";

  /** The last residual over its root mean square, before the gain: {@code [pos, d_model]}. */
  public static final String LN_FINAL_NORMALIZED = "ln_final.hook_normalized";

  /** The same after the gain: what the unembedding sees. */
  public static final String UNEMBED_IN = "unembed.hook_in";

  /** Logits before the soft cap: {@code [pos, d_vocab]}. */
  public static final String LOGITS_RAW = "unembed.hook_logits_raw";

  /** Logits: {@code [pos, d_vocab]}. */
  public static final String LOGITS = "hook_logits";

  private HookPoints() {}

  /** Names of everything that a model of this configuration passes to its hook. */
  public static List<String> all(Gemma2Config config) {
    List<String> names = new ArrayList<>();
    names.add(EMBED);
    for (int layer = 0; layer < config.nLayers(); layer++) {
      names.addAll(Layer.of(layer).inOrder());
    }
    names.addAll(List.of(LN_FINAL_NORMALIZED, UNEMBED_IN, LOGITS_RAW, LOGITS));
    return names;
  }

  /**
   * Whether a tensor of this name is {@code [head, pos, key]}: raw scores, capped scores, or
   * pattern.
   */
  public static boolean isPerKey(String name) {
    return name.endsWith(".attn.hook_scores_raw")
        || name.endsWith(".attn.hook_scores_capped")
        || name.endsWith(".attn.hook_pattern");
  }

  /**
   * The shape of a tensor for a sequence of {@code pos} positions.
   *
   * @param name one of {@link #all}
   */
  public static int[] shape(String name, Gemma2Config c, int pos) {
    if (isPerKey(name)) {
      return new int[] {c.nHeads(), pos, pos};
    }
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "hook_q", "hook_rot_q", "hook_z" -> new int[] {pos, c.nHeads(), c.dHead()};
      case "hook_k", "hook_v", "hook_rot_k" -> new int[] {pos, c.nKvHeads(), c.dHead()};
      case "hook_pre", "hook_pre_linear", "hook_post" -> new int[] {pos, c.dMlp()};
      case "hook_logits_raw", "hook_logits" -> new int[] {pos, c.dVocab()};
      default -> new int[] {pos, c.dModel()};
    };
  }

  /**
   * The names of one decoder layer.
   *
   * @param residPre the layer's input {@code [pos, d_model]}
   * @param ln1Normalized input over its root mean square, before the gain
   * @param attnIn after the gain: what q, k and v are made from
   * @param q queries {@code [pos, head, d_head]}
   * @param k keys {@code [pos, head_kv, d_head]}
   * @param v values {@code [pos, head_kv, d_head]}
   * @param rotQ queries after rotary embedding
   * @param rotK keys after rotary embedding
   * @param scoresRaw scaled scores before the cap {@code [head, pos, key]}
   * @param scoresCapped scores after the cap
   * @param pattern attention probabilities {@code [head, pos, key]}
   * @param z values mixed by the pattern {@code [pos, head, d_head]}
   * @param attnOutRaw the attention's output before its post norm {@code [pos, d_model]}
   * @param attnOut after the post norm: what is added to the residual
   * @param residMid residual after attention
   * @param ln2Normalized that over its root mean square, before the gain: the input of transcoders
   * @param mlpIn after the gain
   * @param pre gate before GELU {@code [pos, d_mlp]}
   * @param preLinear up {@code [pos, d_mlp]}
   * @param post GELU(gate) * up {@code [pos, d_mlp]}
   * @param mlpOutRaw output of the feed-forward part before its post norm {@code [pos, d_model]}
   * @param mlpOut after the post norm: what is added to the residual
   * @param residPost the layer's output
   */
  public record Layer(
      String residPre,
      String ln1Normalized,
      String attnIn,
      String q,
      String k,
      String v,
      String rotQ,
      String rotK,
      String scoresRaw,
      String scoresCapped,
      String pattern,
      String z,
      String attnOutRaw,
      String attnOut,
      String residMid,
      String ln2Normalized,
      String mlpIn,
      String pre,
      String preLinear,
      String post,
      String mlpOutRaw,
      String mlpOut,
      String residPost) {

    /** The names of layer {@code layer}. */
    public static Layer of(int layer) {
      String b = "blocks." + layer + ".";
      return new Layer(
          b + "hook_resid_pre",
          b + "ln1.hook_normalized",
          b + "attn.hook_in",
          b + "attn.hook_q",
          b + "attn.hook_k",
          b + "attn.hook_v",
          b + "attn.hook_rot_q",
          b + "attn.hook_rot_k",
          b + "attn.hook_scores_raw",
          b + "attn.hook_scores_capped",
          b + "attn.hook_pattern",
          b + "attn.hook_z",
          b + "attn.hook_out",
          b + "hook_attn_out",
          b + "hook_resid_mid",
          b + "ln2.hook_normalized",
          b + "mlp.hook_in",
          b + "mlp.hook_pre",
          b + "mlp.hook_pre_linear",
          b + "mlp.hook_post",
          b + "mlp.hook_out",
          b + "hook_mlp_out",
          b + "hook_resid_post");
    }

    /** All of them, in the order of computation. */
    public List<String> inOrder() {
      return List.of(
          residPre,
          ln1Normalized,
          attnIn,
          q,
          k,
          v,
          rotQ,
          rotK,
          scoresRaw,
          scoresCapped,
          pattern,
          z,
          attnOutRaw,
          attnOut,
          residMid,
          ln2Normalized,
          mlpIn,
          pre,
          preLinear,
          post,
          mlpOutRaw,
          mlpOut,
          residPost);
    }
  }
}
