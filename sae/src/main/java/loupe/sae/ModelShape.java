package loupe.sae;

import java.util.Locale;
import java.util.Optional;

/**
 * What an SAE must know of a model to be attached to it.
 *
 * @param name what the model is called, such as {@code google/gemma-2-9b-it}, a folder's name, or
 *     {@code tiny}; empty where nothing is known
 * @param dModel width of the residual stream
 * @param heads number of query heads
 * @param dHead width of a head
 * @param layers number of layers
 */
public record ModelShape(String name, int dModel, int heads, int dHead, int layers) {
  public ModelShape {
    if (dModel < 1 || heads < 1 || dHead < 1 || layers < 1) {
      throw new IllegalArgumentException(
          "model of d_model %d, %d heads of %d, %d layers".formatted(dModel, heads, dHead, layers));
    }
  }

  /** Whether the name says that the model is instruction-tuned; empty if it says neither. */
  Optional<Boolean> instructionTuned() {
    return instructionTuned(name);
  }

  /** {@code gemma-2-9b-it} is, {@code gemma-2-9b} is not, any other name does not say. */
  static Optional<Boolean> instructionTuned(String modelName) {
    String last = modelName.substring(modelName.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    if (!last.matches("gemma-2-\\d+b(-.*)?")) {
      return Optional.empty();
    }
    return Optional.of(last.matches("gemma-2-\\d+b-it(-.*)?"));
  }
}
