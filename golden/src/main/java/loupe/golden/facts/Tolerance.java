package loupe.golden.facts;

/**
 * How far a value may be from the published one: {@code |a - e| <= abs + rel * |e|}. Values that
 * were published below {@code floor} need only be below twice that: their digits say nothing.
 */
record Tolerance(double abs, double rel, double floor) {
  static final Tolerance EXACT = new Tolerance(0, 0, 0);

  static Tolerance abs(double abs) {
    return new Tolerance(abs, 0, 0);
  }

  /** The difference in units of what is allowed: at most 1 where the value is good. */
  double used(double expected, double actual) {
    if (Math.abs(expected) < floor) {
      return Math.abs(actual) / (2 * floor);
    }
    double off = Math.abs(actual - expected);
    return off == 0 ? 0 : off / (abs + rel * Math.abs(expected));
  }

  @Override
  public String toString() {
    if (abs == 0 && rel == 0) {
      return "exactly";
    }
    String absolute = abs == 0 ? "" : "abs " + abs;
    return absolute + (rel == 0 ? "" : (abs == 0 ? "" : " + ") + "rel " + rel);
  }
}
