package loupe.golden.quirk;

import java.util.function.UnaryOperator;
import loupe.gemma2.ConfigBuilder;
import loupe.gemma2.Gemma2Config;
import loupe.golden.ModelParts;
import loupe.reference.Arithmetic;

/** What a bug makes of a model. */
interface ModelChange {
  /** The parts of the model with the bug in. */
  ModelParts applyTo(ModelParts parts);

  /** Replaces operations; {@code around} may ask for the configuration. */
  static ModelChange arithmetic(ArithmeticChange change) {
    return parts -> parts.withArithmetic(change.of(parts.arithmetic(), parts.config()));
  }

  /** Changes settings. */
  static ModelChange config(ConfigChange change) {
    return parts ->
        parts.withConfig(change.of(new ConfigBuilder(parts.config()), parts.config()).build());
  }

  /** Changes one tensor after another of the checkpoint. */
  static ModelChange weights(UnaryOperator<EditedWeights> change) {
    return parts ->
        parts.withWeights(change.apply(new EditedWeights(parts.weights(), parts.config())));
  }

  /** Both, first this one. */
  default ModelChange then(ModelChange next) {
    return parts -> next.applyTo(applyTo(parts));
  }

  /** An arithmetic around another. */
  interface ArithmeticChange {
    Arithmetic of(Arithmetic base, Gemma2Config config);
  }

  /** Settings that differ from {@code config}. */
  interface ConfigChange {
    ConfigBuilder of(ConfigBuilder builder, Gemma2Config config);
  }
}
