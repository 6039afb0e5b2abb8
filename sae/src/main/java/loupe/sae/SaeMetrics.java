package loupe.sae;

import java.util.Arrays;
import java.util.OptionalDouble;
import loupe.reference.Tensor;

/**
 * How sparse and how faithful an SAE is, over all rows added, whatever the portions they came in.
 * With {@code t} the target (the activation itself, or a transcoder's output site), {@code r} its
 * reconstruction, and N rows of d elements:
 *
 * <pre>
 *   l0     = mean over rows of the number of features above 0
 *   fvu    = sum |t - r|^2 / sum |t - mean|^2, mean per dimension over all rows
 *   mse    = sum |t - r|^2 / (N d)
 *   cosine = mean over rows of t . r / (|t| |r|)
 * </pre>
 *
 * <p>Each is empty where it is not defined: no rows, no targets, a variance or a norm of 0. Sums
 * are in float64, row after row; the variance by Welford's recurrence.
 *
 * <p>Source: Gemma Scope report (arXiv:2408.05147), section 3.3. Differs from: SAELens's {@code
 * explained_variance}, which is no 1 - fvu.
 */
public final class SaeMetrics {
  private final int dOut;
  private final double[] mean;
  private double spread;
  private double squaredError;
  private double cosines;
  private long active;
  private long rows;
  private long targets;

  /** Metrics of an SAE with reconstructions {@code [pos, dOut]}. */
  public SaeMetrics(int dOut) {
    this.dOut = dOut;
    this.mean = new double[dOut];
  }

  /**
   * Adds rows without targets: they count for l0 alone. {@code features} is {@code [pos, d_sae]}.
   */
  public void add(Tensor features) {
    rows += features.dim(0);
    for (int i = 0; i < features.size(); i++) {
      active += features.get(i) > 0 ? 1 : 0;
    }
  }

  /**
   * Adds rows.
   *
   * @param features {@code [pos, d_sae]}
   * @param target {@code [pos, d_out]}, trailing axes flattened
   * @param reconstruction {@code [pos, d_out]}
   */
  public void add(Tensor features, Tensor target, Tensor reconstruction) {
    int count = features.dim(0);
    if (target.size() != count * dOut || reconstruction.size() != count * dOut) {
      throw new IllegalArgumentException(
          "metrics of d_out %d: features %s, target %s, reconstruction %s"
              .formatted(
                  dOut,
                  Arrays.toString(features.shape()),
                  Arrays.toString(target.shape()),
                  Arrays.toString(reconstruction.shape())));
    }
    add(features);
    for (int r = 0; r < count; r++) {
      addRow(target, reconstruction, r * dOut);
    }
  }

  private void addRow(Tensor target, Tensor reconstruction, int from) {
    targets++;
    double dot = 0;
    double targetNorm = 0;
    double reconstructionNorm = 0;
    for (int i = 0; i < dOut; i++) {
      double t = target.get(from + i);
      double r = reconstruction.get(from + i);
      squaredError += (t - r) * (t - r);
      dot += t * r;
      targetNorm += t * t;
      reconstructionNorm += r * r;
      double step = t - mean[i];
      mean[i] += step / targets;
      spread += step * (t - mean[i]);
    }
    // 0/0 is NaN and stays NaN in the sum: a cosine that does not exist makes the mean undefined.
    cosines += dot / (Math.sqrt(targetNorm) * Math.sqrt(reconstructionNorm));
  }

  /** Number of rows added. */
  public long rows() {
    return rows;
  }

  /** Mean of the targets, {@code [d_out]}. */
  public double[] targetMean() {
    return mean.clone();
  }

  public OptionalDouble l0() {
    return quotient(active, rows);
  }

  public OptionalDouble fvu() {
    return everyRowHasATarget() ? quotient(squaredError, spread) : OptionalDouble.empty();
  }

  public OptionalDouble mse() {
    return everyRowHasATarget()
        ? quotient(squaredError, (double) targets * dOut)
        : OptionalDouble.empty();
  }

  public OptionalDouble cosine() {
    return everyRowHasATarget() ? quotient(cosines, targets) : OptionalDouble.empty();
  }

  private boolean everyRowHasATarget() {
    return targets == rows;
  }

  private static OptionalDouble quotient(double sum, double by) {
    double quotient = sum / by;
    return by == 0 || !Double.isFinite(quotient)
        ? OptionalDouble.empty()
        : OptionalDouble.of(quotient);
  }
}
