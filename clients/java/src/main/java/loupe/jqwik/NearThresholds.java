package loupe.jqwik;

import java.util.List;
import loupe.reference.FloatTensor;

/**
 * Pre-activations of a JumpReLU SAE on, just beside and far from its thresholds.
 *
 * @param thresholds one for each feature, above 0
 * @param steps for each row and feature, how many float32 numbers the pre-activation is above the
 *     threshold
 */
public record NearThresholds(List<Float> thresholds, List<Integer> steps) {
  /** {@code [d_sae]}. */
  public FloatTensor threshold() {
    float[] out = new float[thresholds.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = thresholds.get(i);
    }
    return new FloatTensor(out, out.length);
  }

  /** {@code [pos, d_sae]}. */
  public FloatTensor pre() {
    int features = thresholds.size();
    float[] out = new float[steps.size()];
    for (int i = 0; i < out.length; i++) {
      int bits = Float.floatToRawIntBits(thresholds.get(i % features));
      out[i] = Float.intBitsToFloat(bits + steps.get(i));
    }
    return new FloatTensor(out, out.length / features, features);
  }
}
