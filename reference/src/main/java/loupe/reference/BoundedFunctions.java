package loupe.reference;

/**
 * Soft cap and GELU of {@link Bounded}, element by element. The slope of tanh, {@code 1 - tanh^2},
 * falls with the absolute value of its argument, so that the error of an argument is multiplied by
 * at most the slope at the end of its interval that is nearer to 0.
 *
 * <p>All errors but the last rounding of the soft cap count as drift: where a function is close to
 * the identity, a number of few digits goes back to itself, always rounded the same way.
 */
final class BoundedFunctions {
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
  private static final double CUBE = 0.044715;

  /** Beyond, a table is not asked; there neighbours in float16 are this far apart. */
  private static final double TABLE_END = 10;

  private static final double TABLE_STEP = 0x1p-7;

  /** The largest slope of GELU in its tanh form, at 1.4618, and of that slope, at 0. */
  private static final double MAX_SLOPE = 1.13;

  private static final double MAX_CURVATURE = 0.8;

  /** Operations inside tanh: square, cube, two factors, the sum. */
  private static final int ARGUMENT_STEPS = 5;

  private final PortContract contract;
  private final double step;
  private final double stepStored;
  private final double argumentError;

  BoundedFunctions(PortContract contract) {
    this.contract = contract;
    this.step =
        Math.max(contract.at(RoundingPoint.GELU_CUBIC), contract.at(RoundingPoint.GELU_FACTORED));
    this.stepStored =
        Math.max(
            contract.extra(RoundingPoint.GELU_CUBIC), contract.extra(RoundingPoint.GELU_FACTORED));
    double steps = ARGUMENT_STEPS * step;
    double constants = rounding(CUBE) + rounding(SQRT_2_OVER_PI);
    double all = constants + steps;
    this.argumentError = all * (1 + all);
  }

  /** Relative error of a constant of GELU, as the steps inside tanh take it. */
  private double rounding(double constant) {
    RoundingPoint point =
        contract.has(RoundingPoint.GELU_FACTORED)
            ? RoundingPoint.GELU_FACTORED
            : RoundingPoint.GELU_CUBIC;
    double exact = Math.abs(contract.constant(point, constant) - constant);
    return (exact + contract.constantError(point, constant)) / constant;
  }

  /** {@code cap * tanh(x / cap)}. */
  BoundedTensor softcap(BoundedTensor x, double cap) {
    BoundedElements out = new BoundedElements(x.size());
    double factor = contract.has(RoundingPoint.CAP_FACTOR) ? capFactor(cap) : 1 / cap;
    // By a division, or by a product with 1 / cap, whose rounding all elements share. In any order
    // cap itself may be rounded.
    double constant = capError(cap);
    double factorConstant =
        contract.isPolicy()
            ? contract.constantError(RoundingPoint.CAP_FACTOR, 1 / cap) * cap
            : constant + contract.fine();
    double quotient = contract.at(RoundingPoint.CAP_QUOTIENT);
    double tanhStored = contract.extra(RoundingPoint.CAP_TANH);
    double stored = contract.at(RoundingPoint.CAP_OUTPUT);
    double tiny =
        contract.tiny(RoundingPoint.CAP_OUTPUT)
            + (contract.tiny(RoundingPoint.CAP_QUOTIENT) + contract.tiny(RoundingPoint.CAP_TANH))
                * (1 + cap);
    for (int i = 0; i < x.size(); i++) {
      double y = x.values()[i] * factor;
      double inherited = x.radii()[i] * factor;
      double argument = inherited + (Math.abs(y) + inherited) * (factorConstant + quotient);
      double t = StrictMath.tanh(y);
      double moved = slopeOfTanh(Math.abs(y) - argument) * argument;
      double off = moved + (contract.elementary() + tanhStored) * (Math.abs(t) + moved);
      double most = Math.min(1 + off, Math.abs(t) + off);
      out.set(i, cap * t, cap * (off + most * constant) + tiny, cap * most * stored);
    }
    return out.tensor(x.shape());
  }

  private double capFactor(double cap) {
    return contract.constant(RoundingPoint.CAP_FACTOR, 1 / cap);
  }

  /** Relative error of the factor after tanh. */
  private double capError(double cap) {
    double rounded = Math.abs(contract.accumulation().round(cap) - cap) / cap;
    return contract.isPolicy()
        ? rounded + contract.fine()
        : contract.constantError(RoundingPoint.CAP_FACTOR, cap) / cap;
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
    BoundedTensor result = function(BoundedCasts.at(contract, RoundingPoint.GELU_TABLE, "", x));
    return contract.has(RoundingPoint.GELU_TABLE) ? beyondTable(x, result) : result;
  }

  /** Where a table of float16 ends, GELU is taken to be 0 below and x above. */
  private static BoundedTensor beyondTable(BoundedTensor x, BoundedTensor inside) {
    BoundedElements out = new BoundedElements(x.size());
    for (int i = 0; i < x.size(); i++) {
      double v = x.values()[i];
      double radius = x.radii()[i];
      if (Math.abs(v) - radius > TABLE_END) {
        out.set(i, v > 0 ? v : 0, v > 0 ? radius : 0, 0);
      } else {
        // Near the end either may be: they are closer to each other than this.
        double edge = Math.abs(v) + radius >= TABLE_END ? TABLE_STEP + radius : 0;
        double common = inside.drifts()[i] + edge;
        out.set(i, inside.values()[i], common, inside.radii()[i] - inside.drifts()[i]);
      }
    }
    return out.tensor(x.shape());
  }

  private BoundedTensor function(BoundedTensor x) {
    BoundedElements out = new BoundedElements(x.size());
    for (int i = 0; i < x.size(); i++) {
      double v = x.values()[i];
      double t = StrictMath.tanh(inner(v));
      double inherited = inheritedSlope(v, t, x.radii()[i]) * x.radii()[i];
      out.set(i, 0.5 * v * (1 + t), inherited + geluRoundings(v, x.radii()[i]), 0);
    }
    return out.tensor(x.shape());
  }

  private static double inner(double v) {
    return SQRT_2_OVER_PI * (v + CUBE * (v * v * v));
  }

  /** The roundings of a port whose argument may be anywhere within {@code radius} of v. */
  private double geluRoundings(double v, double radius) {
    double tiny = contract.tiny(RoundingPoint.GELU_CUBIC) * 2;
    double largest = Math.abs(v) + radius;
    double argument = inner(largest);
    double moved = argument * argumentError + 4 * tiny;
    double slope = slopeOfTanh(inner(Math.max(0, Math.abs(v) - radius)) - moved);
    double t = StrictMath.tanh(argument);
    // By a sigmoid, 1 / (1 + exp(-2 inner)), the error of exp counts with the slope.
    double function = contract.elementary() * Math.max(t, slope / 2);
    double tError = slope * moved + function + stepStored * t + tiny;
    double sum = 1 + StrictMath.tanh(inner(v + radius)) + tError;
    double stored = contract.extra(RoundingPoint.GELU_TABLE);
    double rounding = contract.at(RoundingPoint.GELU_OUTPUT) + step + stored;
    return largest / 2 * (tError + step * sum + rounding * (1 + rounding) * sum)
        + contract.tiny(RoundingPoint.GELU_OUTPUT)
        + contract.tiny(RoundingPoint.GELU_TABLE);
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
