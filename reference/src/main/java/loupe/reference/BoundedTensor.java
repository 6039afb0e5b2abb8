package loupe.reference;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * What {@link Bounded} computes with: for each element a value in float64, a radius, and a drift.
 * Whatever a port that keeps the {@link PortContract} computes is within the radius of the value.
 * The drift is that part of the radius which need not be independent from element to element (an
 * error of a constant, of a table, of an elementary function, of a factor of the whole row, or one
 * that was inherited): {@code 0 <= drift <= radius}. The rest is the sum of roundings of this
 * element alone.
 *
 * <p>Where a port may or may not round a result to what it holds ({@link #held}), {@link
 * #unrounded} is the radius before that rounding. A port's result y is within it; what the port
 * holds is y, or y rounded, and rounding keeps order: so it is within {@code [RN(value -
 * unrounded), RN(value + unrounded)]}, which is often a single number.
 *
 * <p>Elements behind a threshold may be undecided: a port may rightly have 0 there, or the value
 * within the radius.
 */
public final class BoundedTensor implements Tensor {
  private final double[] value;
  private final double[] radius;
  private final double[] drift;
  private final double[] unrounded;
  private final FloatFormat held;
  private final BitSet undecided;
  private final int[] shape;

  /** Elements with bounds, all three arrays row-major, shared, not copied. */
  public BoundedTensor(double[] value, double[] radius, double[] drift, int... shape) {
    this(value, radius, drift, radius, FloatFormat.F64, new BitSet(0), shape);
  }

  BoundedTensor(
      double[] value,
      double[] radius,
      double[] drift,
      double[] unrounded,
      FloatFormat held,
      BitSet undecided,
      int... shape) {
    Shapes.requireSize(value.length, shape);
    if (radius.length != value.length || drift.length != value.length) {
      throw new IllegalArgumentException(
          "%d values, %d radii, %d drifts".formatted(value.length, radius.length, drift.length));
    }
    this.value = value;
    this.radius = radius;
    this.drift = drift;
    this.unrounded = unrounded;
    this.held = held;
    this.undecided = undecided;
    this.shape = shape;
  }

  /** Elements that are known exactly: a port's own values, weights, constants. */
  public static BoundedTensor exact(double[] value, int... shape) {
    double[] zeros = new double[value.length];
    return new BoundedTensor(value, zeros, zeros, shape);
  }

  /** Elements within a relative error, and two roundings to what a port holds. */
  static BoundedTensor near(double[] value, double relative, PortContract contract, int... shape) {
    double[] radius = new double[value.length];
    FloatFormat storage = contract.storage();
    boolean isNarrower = storage.unitRoundoff() > contract.accumulation().unitRoundoff();
    double unit = relative + (isNarrower ? 2 * storage.unitRoundoff() : 0);
    for (int i = 0; i < radius.length; i++) {
      radius[i] = Math.abs(value[i]) * unit + storage.smallestNormal();
    }
    return new BoundedTensor(value, radius, radius, shape);
  }

  /**
   * These elements, but anything where nothing was computed: a score that a wrong mask leaves out
   * is 0, without a radius.
   */
  public BoundedTensor orAnythingWhereEmpty() {
    double[] wide = radius.clone();
    for (int i = 0; i < wide.length; i++) {
      if (value[i] == 0 && wide[i] == 0) {
        wide[i] = Double.POSITIVE_INFINITY;
      }
    }
    return new BoundedTensor(value, wide, wide, shape);
  }

  /** These elements, all of a row with the largest radius of that row. */
  public BoundedTensor withLargestRadiusOfRow() {
    int width = shape[shape.length - 1];
    double[] wide = new double[radius.length];
    for (int from = 0; from < wide.length; from += width) {
      double most = 0;
      for (int i = from; i < from + width; i++) {
        most = Math.max(most, radius[i]);
      }
      Arrays.fill(wide, from, from + width, most);
    }
    return new BoundedTensor(value, wide, drift, shape);
  }

  /** These elements with radii that are at least {@code factor} times those of another tensor. */
  public BoundedTensor atLeastAsWideAs(BoundedTensor other, double factor) {
    double[] wide = radius.clone();
    double[] before = unrounded.clone();
    for (int i = 0; i < wide.length; i++) {
      wide[i] = Math.max(wide[i], factor * other.radius[i]);
      before[i] = Math.max(before[i], factor * other.unrounded[i]);
    }
    FloatFormat both = held == other.held ? held : FloatFormat.F64;
    double[] admitted = both == FloatFormat.F64 ? wide : before;
    return new BoundedTensor(value, wide, drift, admitted, both, undecided, shape);
  }

  /** The values. Shared: do not modify. */
  public double[] values() {
    return value;
  }

  /** How far a port's value may be off. Shared: do not modify. */
  public double[] radii() {
    return radius;
  }

  /** The part of the radius that elements may have in common. Shared: do not modify. */
  public double[] drifts() {
    return drift;
  }

  /** The radius before a rounding that a port may leave out. Shared: do not modify. */
  public double[] unrounded() {
    return unrounded;
  }

  /** What a port may round these to, and what {@link #radii} admit; F64 for nothing narrower. */
  public FloatFormat held() {
    return held;
  }

  /** Whether a port may rightly have 0 here instead of the value. */
  public boolean isUndecided(int index) {
    return undecided.get(index);
  }

  /** Whether all radii are 0, as of values that a port gave. */
  boolean isExact() {
    for (double r : radius) {
      if (r != 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int[] shape() {
    return shape;
  }

  @Override
  public DType dtype() {
    return DType.F64;
  }

  @Override
  public double get(int index) {
    return value[index];
  }

  @Override
  public BoundedTensor reshape(int... newShape) {
    return new BoundedTensor(value, radius, drift, unrounded, held, undecided, newShape);
  }

  @Override
  public BoundedTensor rows(int from, int to) {
    int row = rowSize();
    return new BoundedTensor(
        Arrays.copyOfRange(value, from * row, to * row),
        Arrays.copyOfRange(radius, from * row, to * row),
        Arrays.copyOfRange(drift, from * row, to * row),
        Arrays.copyOfRange(unrounded, from * row, to * row),
        held,
        undecided.get(from * row, to * row),
        Shapes.withRows(shape, to - from));
  }

  static BoundedTensor concatBounded(List<Tensor> parts) {
    int[] joined = Shapes.concat(parts);
    int size = Shapes.size(joined);
    double[] value = new double[size];
    double[] radius = new double[size];
    double[] drift = new double[size];
    double[] unrounded = new double[size];
    FloatFormat held = ((BoundedTensor) parts.get(0)).held;
    BitSet undecided = new BitSet();
    int at = 0;
    for (Tensor part : parts) {
      BoundedTensor t = (BoundedTensor) part;
      System.arraycopy(t.value, 0, value, at, t.value.length);
      System.arraycopy(t.radius, 0, radius, at, t.value.length);
      System.arraycopy(t.drift, 0, drift, at, t.value.length);
      System.arraycopy(t.unrounded, 0, unrounded, at, t.value.length);
      for (int i = t.undecided.nextSetBit(0); i >= 0; i = t.undecided.nextSetBit(i + 1)) {
        undecided.set(at + i);
      }
      at += t.value.length;
    }
    return new BoundedTensor(value, radius, drift, unrounded, held, undecided, joined);
  }
}
