package loupe.sae;

import java.util.Arrays;
import loupe.reference.Tensor;

/**
 * The features of one token in sparse form: those above 0, strongest first, and among equals the
 * lowest id first.
 *
 * @param ids feature numbers; do not modify
 * @param activations their activations, widened exactly; do not modify
 */
public record Features(int[] ids, double[] activations) {
  public Features {
    if (ids.length != activations.length) {
      throw new IllegalArgumentException(ids.length + " ids, " + activations.length + " values");
    }
  }

  /** The features of one row of {@code [pos, d_sae]}. */
  public static Features ofRow(Tensor features, int row) {
    int width = features.dim(1);
    int[] ids = new int[width];
    double[] values = new double[width];
    int count = 0;
    for (int k = 0; k < width; k++) {
      double value = features.get(row * width + k);
      if (value > 0) {
        ids[count] = k;
        values[count++] = value;
      }
    }
    TopK order = new TopK(count);
    for (int i = 0; i < count; i++) {
      order.offer(ids[i], values[i]);
    }
    return new Features(order.ids(), order.values());
  }

  /** How many there are. */
  public int count() {
    return ids.length;
  }

  /** The {@code k} strongest, or all if there are fewer. */
  public Features top(int k) {
    int kept = Math.min(k, count());
    return new Features(Arrays.copyOf(ids, kept), Arrays.copyOf(activations, kept));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Features that
        && Arrays.equals(ids, that.ids)
        && Arrays.equals(activations, that.activations);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(ids) + Arrays.hashCode(activations);
  }

  /** Such as {@code 17:3.25 4:0.5}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < ids.length; i++) {
      text.append(i == 0 ? "" : " ").append(ids[i]).append(':').append(activations[i]);
    }
    return text.toString();
  }
}
