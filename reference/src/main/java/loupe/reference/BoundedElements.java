package loupe.reference;

import java.util.BitSet;

/** Elements of a {@link BoundedTensor} in the making. */
final class BoundedElements {
  /** Covers the roundings of the radii themselves, sums of fewer than 2^22 terms. */
  static final double INFLATE = 1 + 0x1p-30;

  private final double[] value;
  private final double[] radius;
  private final double[] drift;
  private final BitSet undecided = new BitSet(0);

  BoundedElements(int size) {
    this.value = new double[size];
    this.radius = new double[size];
    this.drift = new double[size];
  }

  /**
   * One element.
   *
   * @param common the part of its error that it may share with others
   * @param own the sum of its own roundings
   */
  void set(int index, double exact, double common, double own) {
    value[index] = exact;
    drift[index] = common * INFLATE;
    radius[index] = (common + own) * INFLATE;
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
    return new BoundedTensor(value, radius, drift, undecided, shape);
  }
}
