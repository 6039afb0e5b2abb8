package loupe.gemma2;

import java.util.LinkedHashSet;
import java.util.Set;
import loupe.reference.RescaledTensor;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/**
 * A checkpoint whose gains are folded into the matrices that follow them: {@code W'[o][k] = W[o][k]
 * (1 + w[k])}, and {@code w' = 0}. The function is the same, its roundings are not, and {@code
 * hook_in} is then {@code hook_normalized}. The norms after attention and feed-forward stay: what
 * follows them is a sum.
 *
 * <p>Source: TransformerLens, fold_layer_norm.
 */
public final class FoldedNorms implements TensorSource {
  private static final String EMBEDDING = "model.embed_tokens.weight";
  private static final String FINAL_NORM = "model.norm.weight";
  private static final String HEAD = "lm_head.weight";

  private final TensorSource base;
  private final boolean tiedHead;

  /** Folds the norms of a checkpoint of this configuration, as its tensors are asked for. */
  public FoldedNorms(TensorSource base, Gemma2Config config) {
    this.base = base;
    this.tiedHead = config.tiedHead();
  }

  /** The configuration of the folded model: its head is no longer the embedding. */
  public static Gemma2Config config(Gemma2Config c) {
    return new ConfigBuilder(c).tiedHead(false).build();
  }

  @Override
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>(base.names());
    names.add(HEAD);
    return names;
  }

  @Override
  public StoredTensor tensor(String name) {
    if (name.equals(FINAL_NORM) || isFolded(name)) {
      StoredTensor gain = base.tensor(name);
      return new RescaledTensor(gain, 0, new double[Math.toIntExact(gain.elementCount())]);
    }
    if (name.equals(HEAD)) {
      StoredTensor head = base.tensor(tiedHead ? EMBEDDING : HEAD);
      return product(head, base.tensor(FINAL_NORM));
    }
    String norm = normBefore(name);
    StoredTensor tensor = base.tensor(name);
    return norm == null ? tensor : product(tensor, base.tensor(norm));
  }

  private static boolean isFolded(String name) {
    return name.endsWith(".input_layernorm.weight")
        || name.endsWith(".pre_feedforward_layernorm.weight");
  }

  /** The norm that feeds a matrix; null where none does. */
  private static String normBefore(String name) {
    int part = Math.max(name.indexOf(".self_attn."), name.indexOf(".mlp."));
    if (part < 0 || name.contains(".o_proj.") || name.contains(".down_proj.")) {
      return null;
    }
    boolean attention = name.contains(".self_attn.");
    return name.substring(0, part)
        + (attention ? ".input_layernorm.weight" : ".pre_feedforward_layernorm.weight");
  }

  /** Row o of the matrix times {@code 1 + w}, element by element. */
  private static StoredTensor product(StoredTensor matrix, StoredTensor norm) {
    double[] factors = new double[Math.toIntExact(norm.elementCount())];
    norm.read(0, factors, 0, factors.length);
    for (int k = 0; k < factors.length; k++) {
      factors[k] += 1;
    }
    return new RescaledTensor(matrix, 1, factors);
  }

  @Override
  public String origin() {
    return base.origin() + " with its norms folded";
  }
}
