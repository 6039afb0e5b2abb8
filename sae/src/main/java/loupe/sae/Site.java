package loupe.sae;

import java.util.Locale;
import loupe.reference.InputException;

/**
 * Where in Gemma 2 an SAE of Gemma Scope reads and writes. Names are TransformerLens's; the choice
 * of tensors is that of the Gemma Scope report (arXiv:2408.05147, section 3.1 and appendix B).
 */
public enum Site {
  /** The residual stream after the block: {@code blocks.L.hook_resid_post}, {@code [d_model]}. */
  RES("hook_resid_post", "hook_resid_post"),

  /**
   * The heads' outputs before the output projection, {@code blocks.L.attn.hook_z} {@code [head,
   * d_head]}, flattened head by head: {@code [head * d_head]}, not {@code [d_model]}.
   */
  ATT("attn.hook_z", "attn.hook_z"),

  /**
   * What the MLP adds to the residual stream, that is <em>after</em> the post-feedforward norm:
   * {@code blocks.L.hook_mlp_out}. On the MLP's raw output the released SAEs hardly fire.
   */
  MLP("hook_mlp_out", "hook_mlp_out"),

  /**
   * From the MLP's normalized input <em>without</em> the gain, {@code
   * blocks.L.ln2.hook_normalized}, to {@code blocks.L.hook_mlp_out}. The tensor with the gain gives
   * plausible, wrong features.
   */
  TRANSCODER("ln2.hook_normalized", "hook_mlp_out"),

  /**
   * The token embedding, {@code hook_embed}. Gemma Scope's embedding SAEs were trained on the
   * table's rows, while {@code hook_embed} is such a row times sqrt(d_model): see {@link
   * Attachment}.
   */
  EMBEDDING("hook_embed", "hook_embed");

  private final String input;
  private final String output;

  Site(String input, String output) {
    this.input = input;
    this.output = output;
  }

  /** The name on the command line and in paths: {@code res}, {@code att}, {@code mlp} and so on. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether there is one such site in each layer. */
  public boolean hasLayer() {
    return this != EMBEDDING;
  }

  /** Whether it reads one tensor and writes another. */
  public boolean isTranscoder() {
    return !input.equals(output);
  }

  /** Name of the tensor that is read; {@code layer} is ignored where there is none. */
  public String input(int layer) {
    return hasLayer() ? "blocks." + layer + "." + input : input;
  }

  /** Name of the tensor that is written; {@code layer} is ignored where there is none. */
  public String output(int layer) {
    return hasLayer() ? "blocks." + layer + "." + output : output;
  }

  /** Elements of one row of the tensor that is read. */
  int inputWidth(ModelShape model) {
    return this == ATT ? model.heads() * model.dHead() : model.dModel();
  }

  /**
   * The site of this label; {@code transcoders}, as in repository names, is accepted too.
   *
   * @throws InputException if there is none
   */
  public static Site parse(String label) {
    for (Site site : values()) {
      if (site.label().equals(label)) {
        return site;
      }
    }
    if (label.equals("transcoders")) {
      return TRANSCODER;
    }
    throw new InputException(
        "'" + label + "' is no site of an SAE; there are res, att, mlp, transcoder and embedding");
  }
}
