package loupe.golden.oracle;

import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.golden.quirk.Quirk;

/**
 * Where in a model an operation may stand: what its arguments and results are there, so that a
 * known bug of the model can be put into the operation alone.
 *
 * @param inputs kinds of tensors that arguments are, such as {@code attn.hook_q}
 * @param outputs kinds of tensors that results are
 * @param weights names in a checkpoint: of weights, and of the matrices that gave arguments which a
 *     loader may exchange
 * @param rank of the tensors there, for an operation on any shape; 0 where that does not matter
 * @param bugs operations of the zoo whose bugs may show here ({@link Quirk#operation}), and names
 *     of single bugs
 */
record Place(
    Map<String, String> inputs,
    Map<String, String> outputs,
    Map<String, String> weights,
    int rank,
    Set<String> bugs) {
  private static final String IN_LAYER = "model.layers.0.";
  private static final String NORMALIZED = "ln1.hook_normalized";
  private static final String RESID_MID = "hook_resid_mid";
  private static final String PATTERN = "attn.hook_pattern";
  private static final String DECODING = "decode step";
  private static final String Z_READ = "z-read-dim-first";

  /** Bugs about what a single operation does not know: other widths, token ids. */
  private static final Set<String> NEED_MORE =
      Set.of(
          "embed-scale-from-head-dim",
          "scale-from-hidden-size",
          "rope-width-from-hidden-size",
          "rope-skips-pad-positions",
          "pad-id-masked");

  /** By the operation's name; operations of an SAE have their own parts instead of a place. */
  private static final Map<String, List<Place>> OF =
      Map.ofEntries(
          Map.entry(
              "embed",
              List.of(
                  new Place(
                      Map.of(),
                      Map.of("y", "hook_embed"),
                      Map.of("table", "model.embed_tokens.weight"),
                      0,
                      Set.of("hook_embed")))),
          Map.entry(
              "rms_normalize",
              List.of(at(Map.of("x", "hook_resid_pre"), Map.of("y", NORMALIZED), NORMALIZED))),
          Map.entry(
              "rms_gain",
              List.of(
                  norm(NORMALIZED, "attn.hook_in", "input_layernorm", "attn.hook_in"),
                  finalNorm("ln_final.hook_normalized"))),
          Map.entry(
              "rms_norm",
              List.of(
                  norm("hook_resid_pre", "attn.hook_in", "input_layernorm", NORMALIZED),
                  finalNorm("hook_resid_post"),
                  norm("attn.hook_out", "hook_attn_out", "post_attention_layernorm", NORMALIZED),
                  norm("mlp.hook_out", "hook_mlp_out", "post_feedforward_layernorm", NORMALIZED))),
          Map.entry(
              "linear",
              List.of(
                  new Place(
                      Map.of("x", "unembed.hook_in"),
                      Map.of("y", "unembed.hook_logits_raw"),
                      Map.of("weight", "model.embed_tokens.weight"),
                      0,
                      Set.of("unembed.hook_logits_raw", "weights-rounded-to-bf16")))),
          Map.entry("rope", List.of(rotation("q"), rotation("k"))),
          Map.entry(
              "scores",
              List.of(
                  at(
                      Map.of("q", "attn.hook_rot_q", "k", "attn.hook_rot_k"),
                      Map.of("scores", "attn.hook_scores_raw"),
                      "attn.hook_scores_raw",
                      "cached-keys-rotated-again"))),
          Map.entry(
              "softcap",
              List.of(
                  cap("attn.hook_scores_raw", "attn.hook_scores_capped", 3),
                  cap("unembed.hook_logits_raw", "hook_logits", 2))),
          Map.entry(
              "softmax",
              List.of(
                  at(
                      Map.of("scores", "attn.hook_scores_capped"),
                      Map.of("pattern", PATTERN),
                      PATTERN,
                      DECODING))),
          Map.entry(
              "mix",
              List.of(
                  at(
                      Map.of("pattern", PATTERN, "v", "attn.hook_v"),
                      Map.of("z", "attn.hook_z"),
                      "attn.hook_z",
                      "gqa-modulo",
                      "gqa-first-key-head-only",
                      "cache-f16",
                      "cache-of-8-bits",
                      "cached-values-shifted-by-one",
                      Z_READ))),
          Map.entry(
              "attention",
              List.of(
                  new Place(
                      Map.of("q", "attn.hook_rot_q", "k", "attn.hook_rot_k", "v", "attn.hook_v"),
                      Map.of(
                          "scores",
                          "attn.hook_scores_raw",
                          "capped",
                          "attn.hook_scores_capped",
                          "pattern",
                          PATTERN,
                          "z",
                          "attn.hook_z"),
                      Map.of(
                          "k",
                          IN_LAYER + "self_attn.k_proj.weight",
                          "v",
                          IN_LAYER + "self_attn.v_proj.weight"),
                      0,
                      Set.of(
                          "attn.hook_k",
                          "attn.hook_scores_raw",
                          "attn.hook_scores_capped",
                          PATTERN,
                          "attn.hook_z",
                          DECODING,
                          Z_READ)))),
          Map.entry("gelu_tanh", List.of(at(Map.of(), Map.of(), "mlp.hook_post"))),
          Map.entry(
              "gated_gelu",
              List.of(
                  new Place(
                      Map.of("gate", "mlp.hook_pre", "up", "mlp.hook_pre_linear"),
                      Map.of("y", "mlp.hook_post"),
                      Map.of(
                          "gate",
                          IN_LAYER + "mlp.gate_proj.weight",
                          "up",
                          IN_LAYER + "mlp.up_proj.weight"),
                      0,
                      Set.of("mlp.hook_post", "mlp.hook_pre")))),
          Map.entry(
              "residual_add",
              List.of(
                  at(
                      Map.of("x", "hook_resid_pre", "branch", "hook_attn_out"),
                      Map.of("y", RESID_MID),
                      RESID_MID),
                  at(
                      Map.of("x", RESID_MID, "branch", "hook_mlp_out"),
                      Map.of("y", "hook_resid_post"),
                      "hook_resid_post"))));

  /** The places of an operation, at least one. */
  static List<Place> of(String operation) {
    return OF.getOrDefault(operation, List.of(at(Map.of(), Map.of())));
  }

  /** Whether a bug may show in an operation at one of its places. */
  static boolean admits(String operation, Quirk quirk) {
    if (!OF.containsKey(operation)) {
      return quirk.part() == Quirk.Part.SAE;
    }
    boolean isOfModel =
        switch (quirk.part()) {
          case MODEL, DECODING, READING -> true;
          case PROMPT, SAE, EDIT, METRIC, TOKENIZER, CHAT -> false;
        };
    return isOfModel
        && !NEED_MORE.contains(quirk.name())
        && of(operation).stream()
            .anyMatch(
                place ->
                    place.bugs.contains(quirk.operation()) || place.bugs.contains(quirk.name()));
  }

  private static Place at(Map<String, String> inputs, Map<String, String> outputs, String... bugs) {
    return new Place(inputs, outputs, Map.of(), 0, Set.of(bugs));
  }

  private static Place norm(String from, String to, String weight, String bug) {
    return new Place(
        Map.of("x", from),
        Map.of("y", to),
        Map.of("weight", IN_LAYER + weight + ".weight"),
        0,
        Set.copyOf(List.of(bug, to)));
  }

  private static Place finalNorm(String from) {
    return new Place(
        Map.of("x", from),
        Map.of("y", "unembed.hook_in"),
        Map.of("weight", "model.norm.weight"),
        0,
        Set.of("unembed.hook_in"));
  }

  private static Place rotation(String of) {
    return at(
        Map.of("x", "attn.hook_" + of),
        Map.of("y", "attn.hook_rot_" + of),
        "attn.hook_rot_q",
        "attn.hook_rot_k",
        "rope-restarts-at-decode",
        "position-skips-one-at-decode");
  }

  private static Place cap(String from, String to, int rank) {
    return new Place(Map.of("x", from), Map.of("y", to), Map.of(), rank, Set.of(to));
  }
}
