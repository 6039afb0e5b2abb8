package loupe.golden.dialect;

import java.lang.ref.SoftReference;
import java.util.Arrays;
import java.util.List;
import loupe.reference.DType;
import loupe.reference.PartialTensor;
import loupe.reference.StoredTensor;

/**
 * A tensor of a dump under our name, with our order of axes. It may hold the last positions only:
 * the others are not shown.
 */
final class RelaidTensor implements PartialTensor {
  private final String name;
  private final StoredTensor stored;
  private final long[] shape;
  private final List<Axes.Step> steps;
  private final double factor;

  /** Elements before the first that the dump has. */
  private final long missing;

  private SoftReference<double[]> kept = new SoftReference<>(null);

  /**
   * @param shape ours, of all positions
   * @param steps elementary axes of what the dump has, in our order
   * @param factor a power of two that the numbers are multiplied by
   */
  RelaidTensor(
      String name, StoredTensor stored, long[] shape, List<Axes.Step> steps, double factor) {
    this.name = name;
    this.stored = stored;
    this.shape = shape;
    this.steps = steps;
    this.factor = factor;
    long present = 1;
    for (Axes.Step step : steps) {
      present *= step.length();
    }
    this.missing = elementCount() - present;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String origin() {
    return stored.origin();
  }

  @Override
  public DType dtype() {
    return stored.dtype();
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }

  @Override
  public boolean isShown(long element) {
    return element >= missing && PartialTensor.isShown(stored, place(element - missing));
  }

  @Override
  public double slack(long element) {
    return element < missing
        ? 0
        : PartialTensor.slack(stored, place(element - missing)) * Math.abs(factor);
  }

  /** Where an element of ours lies in the dump's tensor. */
  private long place(long element) {
    long rest = element;
    long place = 0;
    for (int s = steps.size() - 1; s >= 0; s--) {
      Axes.Step step = steps.get(s);
      place += rest % step.length() * step.stride();
      rest /= step.length();
    }
    return place;
  }

  @Override
  public void read(long elementOffset, double[] target, int targetOffset, int count) {
    double[] values = values();
    for (int i = 0; i < count; i++) {
      long element = elementOffset + i;
      target[targetOffset + i] =
          element < missing ? Double.NaN : values[(int) place(element - missing)] * factor;
    }
  }

  private synchronized double[] values() {
    double[] values = kept.get();
    if (values == null) {
      values = new double[Math.toIntExact(stored.elementCount())];
      stored.read(0, values, 0, values.length);
      kept = new SoftReference<>(values);
    }
    return values;
  }

  /** Whether both say the same wherever both say something. */
  boolean agreesWith(RelaidTensor other) {
    if (!Arrays.equals(shape, other.shape)) {
      return false;
    }
    double[] mine = new double[Math.toIntExact(elementCount())];
    double[] theirs = new double[mine.length];
    read(0, mine, 0, mine.length);
    other.read(0, theirs, 0, theirs.length);
    for (int i = 0; i < mine.length; i++) {
      if (isShown(i) && other.isShown(i)) {
        double slack = slack(i) + other.slack(i);
        boolean isSame = Double.compare(mine[i], theirs[i]) == 0 || mine[i] == theirs[i];
        if (!isSame && !(Math.abs(mine[i] - theirs[i]) <= slack)) {
          return false;
        }
      }
    }
    return true;
  }
}
