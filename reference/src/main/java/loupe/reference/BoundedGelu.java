package loupe.reference;

/**
 * GELU of {@link Bounded}. All errors count as drift, the last rounding too where it may be left
 * out: where GELU is close to the identity, a number of few digits goes back to itself, always
 * rounded the same way.
 */
final class BoundedGelu {
  static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
  static final double CUBE = 0.044715;

  /** Beyond, a table is not asked; there neighbours in float16 are this far apart. */
  private static final double TABLE_END = 10;

  private static final double TABLE_STEP = 0x1p-7;

  /** The largest slope of GELU in its tanh form, at 1.4618, and of that slope, at 0. */
  private static final double MAX_SLOPE = 1.13;

  private static final double MAX_CURVATURE = 0.8;

  /** Operations inside tanh: square, cube, two factors, the sum. */
  private static final int ARGUMENT_STEPS = 5;

  private final PortContract contract;
  private final RoundingPoint byPoint;
  private final double step;
  private final double stepStored;
  private final double argumentError;
  private final double output;
  private final double outputTiny;

  BoundedGelu(PortContract contract) {
    this.contract = contract;
    this.byPoint = byPoint(contract);
    this.step =
        Math.max(contract.at(RoundingPoint.GELU_CUBIC), contract.at(RoundingPoint.GELU_FACTORED));
    this.stepStored =
        Math.max(
            contract.extra(RoundingPoint.GELU_CUBIC), contract.extra(RoundingPoint.GELU_FACTORED));
    double steps = ARGUMENT_STEPS * step;
    double constants = rounding(CUBE) + rounding(SQRT_2_OVER_PI);
    double all = constants + steps;
    this.argumentError = all * (1 + all);
    boolean isPolicy = contract.isPolicy();
    this.output = isPolicy ? contract.fine() : contract.at(RoundingPoint.GELU_OUTPUT);
    this.outputTiny = isPolicy ? contract.fineTiny() : contract.tiny(RoundingPoint.GELU_OUTPUT);
  }

  /** The form of GELU whose every operation a policy rounds; null where none is. */
  private static RoundingPoint byPoint(PortContract contract) {
    for (RoundingPoint point :
        new RoundingPoint[] {RoundingPoint.GELU_CUBIC, RoundingPoint.GELU_FACTORED}) {
      if (contract.has(point) && contract.extra(point) != 0) {
        return point;
      }
    }
    return null;
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
    BoundedElements out =
        contract.isPolicy()
            ? new BoundedElements(x.size(), contract, RoundingPoint.GELU_OUTPUT)
            : new BoundedElements(x.size());
    for (int i = 0; i < x.size(); i++) {
      if (x.radii()[i] == 0 && byPoint != null) {
        BoundedSteps steps = new BoundedSteps(contract, byPoint);
        steps.gelu(x.values()[i]);
        out.set(i, steps.value(), steps.radius(), 0);
        continue;
      }
      double v = x.values()[i];
      double t = StrictMath.tanh(inner(v));
      double inherited = inheritedSlope(v, t, x.radii()[i]) * x.radii()[i];
      double gelu = 0.5 * v * (1 + t);
      double radius = inherited + geluRoundings(v, x.radii()[i]);
      double held = contract.held(RoundingPoint.GELU_TABLE, gelu);
      out.set(i, held, contract.heldRadius(RoundingPoint.GELU_TABLE, gelu, radius), 0);
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
    double slope = BoundedFunctions.slopeOfTanh(inner(Math.max(0, Math.abs(v) - radius)) - moved);
    double t = StrictMath.tanh(argument);
    // By a sigmoid, 1 / (1 + exp(-2 inner)), the error of exp counts with the slope.
    double function = contract.elementary() * Math.max(t, slope / 2);
    double tError = slope * moved + function + stepStored * t + tiny;
    double sum = 1 + StrictMath.tanh(inner(v + radius)) + tError;
    double rounding = output + step;
    return largest / 2 * (tError + step * sum + rounding * (1 + rounding) * sum) + outputTiny;
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
