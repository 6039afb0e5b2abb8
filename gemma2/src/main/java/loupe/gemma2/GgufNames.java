package loupe.gemma2;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What the tensors of a Gemma 2 model are called in a GGUF file (llama.cpp, gguf-py: {@code
 * MODEL_ARCH.GEMMA2}), beside the names of Hugging Face. Shapes and rows are the same, nothing is
 * permuted (pitfall P10); but norms hold the gain, {@code 1 + w} (P5).
 */
public final class GgufNames {
  /** GGUF, Hugging Face, and {@code +1} where GGUF holds one more; {@code N} is the layer. */
  private static final String TABLE =
      """
      token_embd               model.embed_tokens
      blk.N.attn_norm           model.layers.N.input_layernorm             +1
      blk.N.attn_q              model.layers.N.self_attn.q_proj
      blk.N.attn_k              model.layers.N.self_attn.k_proj
      blk.N.attn_v              model.layers.N.self_attn.v_proj
      blk.N.attn_output         model.layers.N.self_attn.o_proj
      blk.N.post_attention_norm model.layers.N.post_attention_layernorm    +1
      blk.N.ffn_norm            model.layers.N.pre_feedforward_layernorm   +1
      blk.N.ffn_gate            model.layers.N.mlp.gate_proj
      blk.N.ffn_up              model.layers.N.mlp.up_proj
      blk.N.ffn_down            model.layers.N.mlp.down_proj
      blk.N.post_ffw_norm       model.layers.N.post_feedforward_layernorm  +1
      output_norm               model.norm                                 +1
      output                    lm_head
      """;

  /**
   * One tensor.
   *
   * @param gguf its name in a GGUF file, such as {@code blk.3.attn_norm.weight}
   * @param checkpoint its name in a checkpoint, such as {@code
   *     model.layers.3.input_layernorm.weight}
   * @param holdsGain whether GGUF holds {@code 1 + w} where a checkpoint holds {@code w}
   */
  public record Name(String gguf, String checkpoint, boolean holdsGain) {}

  private GgufNames() {}

  /** All tensors of a model of so many layers, by their names in a checkpoint, in GGUF's order. */
  public static Map<String, Name> byCheckpoint(int nLayers) {
    Map<String, Name> names = new LinkedHashMap<>();
    TABLE.lines().forEach(line -> add(names, line, nLayers));
    return names;
  }

  private static void add(Map<String, Name> names, String line, int nLayers) {
    String[] words = line.trim().split(" +");
    boolean holdsGain = words.length > 2;
    int copies = words[0].contains("N") ? nLayers : 1;
    for (int layer = 0; layer < copies; layer++) {
      String gguf = words[0].replace("N", String.valueOf(layer)) + ".weight";
      String checkpoint = words[1].replace("N", String.valueOf(layer)) + ".weight";
      names.put(checkpoint, new Name(gguf, checkpoint, holdsGain));
    }
  }

  /** Tensors of a GGUF file that are no weights: tables that llama.cpp computes itself. */
  static final Set<String> TABLES = Set.of("rope_freqs.weight");
}
