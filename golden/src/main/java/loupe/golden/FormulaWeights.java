package loupe.golden;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.Gemma2Weights;
import loupe.reference.DType;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/**
 * A whole checkpoint by {@link Formula}: the tensors of {@link Gemma2Weights#shapes}, in that
 * order, computed where they are read. Nothing is stored.
 */
public final class FormulaWeights implements TensorSource {
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final String origin;
  private final DType dtype;

  /**
   * The weights of a model.
   *
   * @param config its shape and element type: {@code bfloat16} (also where it says none) or {@code
   *     float32}
   * @param knobs mean and scale of every role
   * @throws InputException if the element type is another, the head is not tied, or a knob is
   *     missing
   */
  public FormulaWeights(Gemma2Config config, Knobs knobs, long seed) {
    this.origin = "weights by formula, seed " + seed;
    if (!config.tiedHead()) {
      throw new InputException(
          "weights by formula have no lm_head; tie_word_embeddings must be true");
    }
    this.dtype = dtype(config.dtype());
    for (Gemma2Weights.NamedShape tensor : Gemma2Weights.shapes(config)) {
      Knobs.Knob knob = knobs.of(tensor.name());
      tensors.put(
          tensor.name(), new FormulaTensor(tensor.name(), dtype, tensor.shape(), seed, knob));
    }
  }

  /** One tensor by formula, of type BF16 or F32, under any name. */
  public static StoredTensor tensor(
      String name, DType dtype, long[] shape, long seed, Knobs.Knob knob) {
    return new FormulaTensor(name, dtype, shape, seed, knob);
  }

  /** Element type of all tensors. */
  DType dtype() {
    return dtype;
  }

  private static DType dtype(String name) {
    return switch (name) {
      case "", "bfloat16" -> DType.BF16;
      case "float32" -> DType.F32;
      default ->
          throw new InputException(
              "weights by formula are bfloat16 or float32; the config's dtype is " + name);
    };
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public StoredTensor tensor(String name) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new InputException(origin + ": there is no tensor " + name);
    }
    return tensor;
  }

  @Override
  public String origin() {
    return origin;
  }
}
