package loupe.reference;

/** Inputs that a policy rounds before they are used. */
final class BoundedCasts {
  private BoundedCasts() {}

  /** {@code x} as the policy takes it at this point; {@code x} itself where nothing is rounded. */
  static BoundedTensor at(
      PortContract contract, RoundingPoint point, String weight, BoundedTensor x) {
    FloatFormat format = contract.format(point, weight);
    return format == contract.accumulation() ? x : to(format, x);
  }

  /** All elements rounded. */
  static BoundedTensor to(FloatFormat format, BoundedTensor x) {
    double[] value = new double[x.size()];
    double[] radius = new double[x.size()];
    for (int i = 0; i < value.length; i++) {
      value[i] = format.round(x.values()[i]);
      radius[i] = radius(format, x.values()[i], x.radii()[i]);
    }
    return new BoundedTensor(value, radius, radius, x.shape());
  }

  /**
   * The radius of a number once it is rounded: 0 where all within the radius round alike. No port
   * goes beyond the largest number, for a contract excludes that.
   */
  static double radius(FloatFormat format, double value, double radius) {
    double here = format.round(value);
    double above = Math.min(format.largest(), format.round(value + radius)) - here;
    double below = here - Math.max(-format.largest(), format.round(value - radius));
    return Math.max(0, Math.max(above, below));
  }
}
