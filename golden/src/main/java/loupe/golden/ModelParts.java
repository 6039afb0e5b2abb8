package loupe.golden;

import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.reference.Arithmetic;
import loupe.reference.Hook;
import loupe.reference.TensorSource;

/**
 * What a model is made of, before it is made: a policy may exchange its arithmetic and fold its
 * weights, a known bug replaces one part.
 *
 * @param builtIn called at every intermediate, before the hook of a forward pass
 */
public record ModelParts(
    Gemma2Config config, TensorSource weights, Arithmetic arithmetic, Hook builtIn) {

  /** The parts of Gemma 2 as it should be. */
  public static ModelParts of(Gemma2Config config, TensorSource weights, Arithmetic arithmetic) {
    return new ModelParts(config, weights, arithmetic, Hook.NONE);
  }

  public ModelParts with(Gemma2Config changed) {
    return new ModelParts(changed, weights, arithmetic, builtIn);
  }

  public ModelParts with(TensorSource changed) {
    return new ModelParts(config, changed, arithmetic, builtIn);
  }

  public ModelParts with(Arithmetic changed) {
    return new ModelParts(config, weights, changed, builtIn);
  }

  public ModelParts with(Hook changed) {
    return new ModelParts(config, weights, arithmetic, changed);
  }

  /**
   * The model.
   *
   * @throws loupe.reference.InputException if the weights do not fit the configuration
   */
  public Gemma2 model() {
    return new Gemma2(config, weights, arithmetic, builtIn);
  }
}
