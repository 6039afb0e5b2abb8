package loupe.gemma2;

import loupe.reference.Arithmetic;
import loupe.reference.Tensor;
import loupe.reference.Weight;

/**
 * RMSNorm as Gemma has it: {@code x / sqrt(mean(x^2) + eps) * (1 + w)}, mean over d_model, eps
 * inside the root, and a weight stored around 0 (gemma_pytorch, model.py: RMSNorm with
 * add_unit_offset).
 */
record RmsNorm(Weight w, double eps) {
  /** Before the gain: what {@code hook_normalized} names. */
  Tensor normalized(Arithmetic a, Tensor x) {
    return a.normalize(x, eps);
  }

  /** The gain alone. */
  Tensor gained(Arithmetic a, Tensor xHat) {
    return a.gain(xHat, w);
  }

  /** Both. */
  Tensor of(Arithmetic a, Tensor x) {
    return gained(a, normalized(a, x));
  }
}
