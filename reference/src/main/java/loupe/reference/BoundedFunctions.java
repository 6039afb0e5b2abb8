package loupe.reference;

/**
 * Soft cap and GELU of {@link Bounded}, element by element. The slope of tanh, {@code 1 - tanh^2},
 * falls with the absolute value of its argument, so that the error of an argument is multiplied by
 * at most the slope at the end of its interval that is nearer to 0.
 */
final class BoundedFunctions {
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
  private static final double CUBE = 0.044715;

  /** The largest slope of GELU in its tanh form, at 1.4618, and of that slope, at 0. */
  private static final double MAX_SLOPE = 1.13;

  private static final double MAX_CURVATURE = 0.8;

  /** Operations inside tanh: square, cube, two factors, the sum. */
  private static final int ARGUMENT_STEPS = 5;

  private final PortContract contract;
  private final double argumentOwn;
  private final double argumentCommon;

  BoundedFunctions(PortContract contract) {
    this.contract = contract;
    double steps = ARGUMENT_STEPS * contract.at(RoundingStep.GELU_ARGUMENT);
    this.argumentOwn = steps * (1 + steps);
    double constants =
        contract.constant(RoundingStep.GELU_ARGUMENT, CUBE) / CUBE
            + contract.constant(RoundingStep.GELU_ARGUMENT, SQRT_2_OVER_PI) / SQRT_2_OVER_PI;
    this.argumentCommon = constants * (1 + constants + 2 * steps);
  }

  /** {@code cap * tanh(x / cap)}. */
  BoundedTensor softcap(BoundedTensor x, double cap) {
    BoundedElements out = new BoundedElements(x.size());
    double constant = contract.constant(RoundingStep.CAP_QUOTIENT, cap) / cap;
    // By a product with 1 / cap, whose rounding all elements share.
    double quotientConstant = constant + contract.fine();
    double quotient = contract.at(RoundingStep.CAP_QUOTIENT);
    double tanhStored = contract.extra(RoundingStep.CAP_TANH);
    double stored = contract.at(RoundingStep.CAPPED);
    double tiny =
        contract.tiny(RoundingStep.CAPPED)
            + (contract.tiny(RoundingStep.CAP_QUOTIENT) + contract.tiny(RoundingStep.CAP_TANH))
                * (1 + cap);
    for (int i = 0; i < x.size(); i++) {
      double y = x.values()[i] / cap;
      double radius = x.radii()[i] / cap;
      double inherited = x.drifts()[i] / cap;
      double magnitude = Math.abs(y) + radius;
      double common = inherited + magnitude * quotientConstant;
      double own = radius - inherited + magnitude * quotient;
      double t = StrictMath.tanh(y);
      double slope = slopeOfTanh(Math.abs(y) - common - own);
      double tMagnitude = Math.abs(t) + slope * (common + own);
      common = slope * common + contract.elementary() * tMagnitude;
      own = slope * own + tanhStored * tMagnitude;
      double most = Math.min(1 + common + own, Math.abs(t) + common + own);
      common = cap * (common + most * constant) + tiny;
      out.set(i, cap * t, common, cap * (own + most * stored));
    }
    return out.tensor(x.shape());
  }

  /** The largest slope of tanh where the argument is at least this far from 0. */
  private static double slopeOfTanh(double distance) {
    if (distance <= 0) {
      return 1;
    }
    double t = StrictMath.tanh(distance);
    return 1 - t * t;
  }

  /** {@code x / 2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))}. */
  BoundedTensor gelu(BoundedTensor x) {
    BoundedElements out = new BoundedElements(x.size());
    for (int i = 0; i < x.size(); i++) {
      double v = x.values()[i];
      double t = StrictMath.tanh(inner(v));
      double slope = inheritedSlope(v, t, x.radii()[i]);
      double inheritedCommon = slope * x.drifts()[i];
      double inheritedOwn = slope * (x.radii()[i] - x.drifts()[i]);
      addGeluRoundings(out, i, 0.5 * v * (1 + t), v, x.radii()[i], inheritedCommon, inheritedOwn);
    }
    return out.tensor(x.shape());
  }

  private static double inner(double v) {
    return SQRT_2_OVER_PI * (v + CUBE * (v * v * v));
  }

  /** The roundings of a port whose argument may be anywhere within {@code radius} of v. */
  private void addGeluRoundings(
      BoundedElements out,
      int index,
      double exact,
      double v,
      double radius,
      double inheritedCommon,
      double inheritedOwn) {
    double step = contract.at(RoundingStep.GELU_TANH);
    double tiny = contract.tiny(RoundingStep.GELU_ARGUMENT) + contract.tiny(RoundingStep.GELU_TANH);
    double largest = Math.abs(v) + radius;
    double argument = inner(largest);
    double common = argument * argumentCommon + 4 * tiny;
    double own = argument * argumentOwn;
    double slope = slopeOfTanh(inner(Math.max(0, Math.abs(v) - radius)) - common - own);
    double t = StrictMath.tanh(argument);
    // By a sigmoid, 1 / (1 + exp(-2 inner)), the error of exp counts with the slope.
    double function = contract.elementary() * Math.max(t, slope / 2);
    common = slope * common + function + tiny;
    own = slope * own + contract.extra(RoundingStep.GELU_TANH) * t;
    double sum = 1 + StrictMath.tanh(inner(v + radius)) + own + common;
    double rounding = contract.at(RoundingStep.GELU) + step;
    own += step * sum + rounding * (1 + rounding) * sum;
    double half = largest / 2;
    common = half * common + inheritedCommon + contract.tiny(RoundingStep.GELU);
    out.set(index, exact, common, half * own + inheritedOwn);
  }

  /** The largest slope of GELU within {@code radius} of v. */
  private static double inheritedSlope(double v, double t, double radius) {
    if (radius == 0) {
      return 0;
    }
    double innerSlope = SQRT_2_OVER_PI * (1 + 3 * CUBE * v * v);
    double slope = 0.5 * (1 + t) + 0.5 * v * (1 - t * t) * innerSlope;
    return Math.min(MAX_SLOPE, Math.abs(slope) + MAX_CURVATURE * radius);
  }
}
