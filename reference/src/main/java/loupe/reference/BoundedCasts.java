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
      value[i] = round(format, x.values()[i]);
      radius[i] = radius(format, x.values()[i], x.radii()[i]);
    }
    return new BoundedTensor(value, radius, radius, x.shape());
  }

  /** A number rounded; the largest number where it is beyond, for a contract excludes that. */
  static double round(FloatFormat format, double value) {
    return Math.max(-format.largest(), Math.min(format.largest(), format.round(value)));
  }

  /** The radius of a number once it is rounded: 0 where all within the radius round alike. */
  static double radius(FloatFormat format, double value, double radius) {
    double here = round(format, value);
    double above = round(format, value + radius) - here;
    double below = here - round(format, value - radius);
    return Math.max(0, Math.max(above, below));
  }
}
