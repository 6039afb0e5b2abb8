package loupe.reference;

/**
 * One number and its radius on the way through an expression whose every operation a policy rounds:
 * the roundings are done, and the radius is 0 as long as no number lies next to the middle between
 * two neighbours.
 */
final class BoundedSteps {
  private final PortContract contract;
  private final RoundingPoint point;
  private double value;
  private double radius;

  /** Operations that are all rounded at this point. */
  BoundedSteps(PortContract contract, RoundingPoint point) {
    this.contract = contract;
    this.point = point;
  }

  double value() {
    return value;
  }

  double radius() {
    return radius;
  }

  /** The result of an operation, before it is rounded. */
  private BoundedSteps hold(double exact, double moved) {
    double all = moved + (Math.abs(exact) + moved) * contract.fine() + contract.fineTiny();
    value = contract.held(point, exact);
    radius = contract.heldRadius(point, exact, all);
    return this;
  }

  private BoundedSteps start(double x) {
    value = x;
    radius = 0;
    return this;
  }

  private BoundedSteps times(double exactConstant) {
    double constant = contract.constant(point, exactConstant);
    double off = contract.constantError(point, exactConstant);
    double moved = Math.abs(value) * off + radius * (Math.abs(constant) + off);
    return hold(value * constant, moved);
  }

  private BoundedSteps timesExact(double x) {
    return hold(value * x, radius * Math.abs(x));
  }

  private BoundedSteps times(BoundedSteps other) {
    double moved =
        Math.abs(value) * other.radius + radius * Math.abs(other.value) + radius * other.radius;
    return hold(value * other.value, moved);
  }

  private BoundedSteps plus(double x) {
    return hold(value + x, radius);
  }

  private BoundedSteps tanh() {
    double t = StrictMath.tanh(value);
    double moved = BoundedFunctions.slopeOfTanh(Math.abs(value) - radius) * radius;
    return hold(t, moved + contract.elementary() * (Math.abs(t) + moved));
  }

  /** GELU of a number that is known, in the order of {@link RoundedGelu}. */
  void gelu(double x) {
    if (point == RoundingPoint.GELU_CUBIC) {
      start(x).timesExact(x).timesExact(x).times(BoundedGelu.CUBE).plus(x);
      times(BoundedGelu.SQRT_2_OVER_PI).tanh().plus(1).timesExact(0.5);
      double moved = radius * Math.abs(x);
      value *= x;
      radius = moved + (Math.abs(value) + moved) * contract.fine() + contract.fineTiny();
      return;
    }
    BoundedSteps outer = new BoundedSteps(contract, point).start(x);
    outer.times(BoundedGelu.SQRT_2_OVER_PI);
    BoundedSteps half = new BoundedSteps(contract, point).start(x).timesExact(0.5);
    start(x).times(BoundedGelu.CUBE).timesExact(x).plus(1).times(outer).tanh().plus(1).times(half);
  }
}
