package loupe.reference;

import java.util.BitSet;

/**
 * Elements of a {@link BoundedTensor} in the making, and the last thing that happens to them: the
 * rounding to what a port holds them in. By a policy that rounding is done, and the radius is what
 * it makes of the error before it: 0 where all within that error round alike. In any order it may
 * be done or not; the radius admits both, and the error before it is kept beside.
 */
final class BoundedElements {
  /** Covers the roundings of the radii themselves, sums of fewer than 2^22 terms. */
  static final double INFLATE = 1 + 0x1p-30;

  private final double[] value;
  private final double[] radius;
  private final double[] drift;
  private final double[] unrounded;
  private final FloatFormat held;
  private final boolean isRounded;
  private final double unit;
  private final double tiny;
  private final BitSet undecided = new BitSet(0);

  /** Elements that are held as they are computed. */
  BoundedElements(int size) {
    this(size, FloatFormat.F64, false, 0);
  }

  /** Elements that a port rounds, or may round, as the contract says of this point. */
  BoundedElements(int size, PortContract contract, RoundingPoint point) {
    this(size, contract, point, "");
  }

  /** As above, where a weight of this name is part of the point. */
  BoundedElements(int size, PortContract contract, RoundingPoint point, String weight) {
    this(
        size,
        contract.narrower(point, weight),
        contract.isPolicy(),
        contract.tiny(point, weight) - contract.fineTiny());
  }

  private BoundedElements(int size, FloatFormat held, boolean isPolicy, double tiny) {
    this.value = new double[size];
    this.radius = new double[size];
    this.drift = new double[size];
    this.held = held;
    this.isRounded = isPolicy && held != FloatFormat.F64;
    this.unrounded = isPolicy || held == FloatFormat.F64 ? radius : new double[size];
    this.unit = held == FloatFormat.F64 ? 0 : held.unitRoundoff();
    this.tiny = tiny;
  }

  /**
   * One element, before it is rounded to what a port holds.
   *
   * @param common the part of its error that it may share with others
   * @param own the sum of its own roundings
   */
  void set(int index, double exact, double common, double own) {
    double all = (common + own) * INFLATE;
    double shared = common * INFLATE;
    if (isRounded) {
      value[index] = BoundedCasts.round(held, exact);
      radius[index] = BoundedCasts.radius(held, exact, all + tiny);
      drift[index] = common == 0 ? 0 : BoundedCasts.radius(held, exact, shared + tiny);
      return;
    }
    value[index] = exact;
    unrounded[index] = all + tiny;
    radius[index] = all + tiny + (Math.abs(exact) + all) * unit * INFLATE;
    drift[index] = shared + tiny;
  }

  /** One element of which a port may rightly say 0 or another number, within the radius. */
  void setUndecided(int index, double exact, double widest) {
    set(index, exact, widest, 0);
    undecided.set(index);
  }

  double[] values() {
    return value;
  }

  BoundedTensor tensor(int... shape) {
    return new BoundedTensor(value, radius, drift, unrounded, held, undecided, shape);
  }
}
