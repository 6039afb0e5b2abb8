package loupe.sae;

import java.util.OptionalDouble;

/**
 * What a splice costs the model: cross entropies in nats per token of the same text, run clean,
 * with the site replaced by its reconstruction, and with the site ablated.
 *
 * <p>The Gemma Scope report gives {@link #delta}; SAELens gives the loss recovered with zero
 * ablation. The two ablations give different numbers, so each must be named.
 *
 * @param clean of the model as it is
 * @param spliced with the reconstruction in place of the site, without error term
 * @param zeroAblated with the site replaced by 0
 * @param meanAblated with the site replaced by its mean over the data
 */
public record SpliceLoss(
    double clean, double spliced, OptionalDouble zeroAblated, OptionalDouble meanAblated) {

  /** {@code spliced - clean}. */
  public double delta() {
    return spliced - clean;
  }

  /**
   * {@code (zeroAblated - spliced) / (zeroAblated - clean)}; empty if not measured, or if the
   * ablation costs nothing.
   */
  public OptionalDouble recoveredFromZeroAblation() {
    return recovered(zeroAblated);
  }

  /** The same with mean ablation. */
  public OptionalDouble recoveredFromMeanAblation() {
    return recovered(meanAblated);
  }

  private OptionalDouble recovered(OptionalDouble ablated) {
    if (ablated.isEmpty() || ablated.getAsDouble() == clean) {
      return OptionalDouble.empty();
    }
    double worst = ablated.getAsDouble();
    return OptionalDouble.of((worst - spliced) / (worst - clean));
  }
}
