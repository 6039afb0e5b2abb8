package loupe.sae;

import loupe.reference.InputException;

/**
 * A change of one feature's activation.
 *
 * @param feature number of the feature
 * @param kind what is done
 * @param value the number that it is done with; 0 for {@link Kind#ABLATE}
 */
public record FeatureEdit(int feature, Kind kind, double value) {
  /** What can be done to an activation f. */
  public enum Kind {
    /** f becomes 0. */
    ABLATE,
    /** f becomes the value, wherever it was. */
    CLAMP,
    /** f becomes f times the value. */
    SCALE,
    /** f becomes f plus the value. */
    ADD
  }

  public FeatureEdit {
    if (!Double.isFinite(value)) {
      throw new InputException("feature " + feature + " cannot be edited by " + value);
    }
  }

  /** f becomes 0. */
  public static FeatureEdit ablate(int feature) {
    return new FeatureEdit(feature, Kind.ABLATE, 0);
  }

  /** f becomes {@code value}, also where the feature was off. */
  public static FeatureEdit clamp(int feature, double value) {
    return new FeatureEdit(feature, Kind.CLAMP, value);
  }

  /** f becomes {@code f * factor}. */
  public static FeatureEdit scale(int feature, double factor) {
    return new FeatureEdit(feature, Kind.SCALE, factor);
  }

  /** f becomes {@code f + amount}, also where the feature was off. */
  public static FeatureEdit add(int feature, double amount) {
    return new FeatureEdit(feature, Kind.ADD, amount);
  }
}
