package loupe.golden.check;

import loupe.reference.BoundedTensor;
import loupe.reference.FloatFormat;

/**
 * Between which numbers a right port's element is. A port that rounds a result y to a format holds
 * {@code RN(y)}; with y within r of v, and because rounding keeps order, that is from {@code RN(v -
 * r)} to {@code RN(v + r)}. So what one rounding more may do to a number is admitted only where it
 * can happen: an element that is no number of that format was not rounded to it.
 */
final class Limits {
  private final BoundedTensor ours;
  private final double[] radius;
  private final FloatFormat grid;

  /**
   * @param storage what the port may have rounded these to for its dump alone; F64 for nothing
   */
  Limits(BoundedTensor ours, FloatFormat storage) {
    this.ours = ours;
    this.grid = ours.held() == FloatFormat.F64 ? storage : ours.held();
    this.radius = ours.unrounded();
  }

  /** Whether all elements that count, and are finite, are numbers of a format. */
  static boolean isOn(FloatFormat format, double[] values, boolean[] counted) {
    for (int i = 0; i < values.length; i++) {
      boolean counts = (counted == null || counted[i]) && Double.isFinite(values[i]);
      if (counts && format.round(values[i]) != values[i]) {
        return false;
      }
    }
    return true;
  }

  /** How far theirs may be from ours, on the side on which it is. */
  double bound(int i, double theirs) {
    double value = ours.values()[i];
    if (grid == FloatFormat.F64 || ours.isUndecided(i) || grid.round(theirs) != theirs) {
      return ours.isUndecided(i) ? ours.radii()[i] : radius[i];
    }
    return theirs >= value
        ? Math.max(0, grid.round(value + radius[i]) - value)
        : Math.max(0, value - grid.round(value - radius[i]));
  }
}
