package loupe.golden;

import java.util.function.UnaryOperator;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.reference.Arithmetic;
import loupe.reference.Hook;
import loupe.reference.TensorSource;

/**
 * What a model is made of, before it is made: a policy may exchange its arithmetic and fold its
 * weights, a known bug replaces one part.
 *
 * @param around makes the hook of a forward pass from the caller's, see {@link Gemma2}
 */
public record ModelParts(
    Gemma2Config config, TensorSource weights, Arithmetic arithmetic, UnaryOperator<Hook> around) {

  /** The parts of Gemma 2 as it should be. */
  public static ModelParts of(Gemma2Config config, TensorSource weights, Arithmetic arithmetic) {
    return new ModelParts(config, weights, arithmetic, UnaryOperator.identity());
  }

  public ModelParts withConfig(Gemma2Config changed) {
    return new ModelParts(changed, weights, arithmetic, around);
  }

  public ModelParts withWeights(TensorSource changed) {
    return new ModelParts(config, changed, arithmetic, around);
  }

  public ModelParts withArithmetic(Arithmetic changed) {
    return new ModelParts(config, weights, changed, around);
  }

  public ModelParts withHook(UnaryOperator<Hook> changed) {
    return new ModelParts(config, weights, arithmetic, changed);
  }

  /**
   * The model.
   *
   * @throws loupe.reference.InputException if the weights do not fit the configuration
   */
  public Gemma2 model() {
    return new Gemma2(config, weights, arithmetic, around);
  }
}
