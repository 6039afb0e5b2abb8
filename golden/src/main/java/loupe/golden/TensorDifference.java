package loupe.golden;

import java.util.function.LongConsumer;
import loupe.reference.StoredTensor;

/** The largest difference of two stored tensors of one shape, found block by block. */
final class TensorDifference {
  private static final int BLOCK = 1 << 16;

  private final StoredTensor a;
  private final StoredTensor b;
  private final CountedEntries counted;
  private double maxAbs;
  private double maxA;
  private long worst = -1;

  TensorDifference(StoredTensor a, StoredTensor b, CountedEntries counted) {
    this.a = a;
    this.b = b;
    this.counted = counted;
  }

  TraceComparison.Difference run(LongConsumer progress) {
    long size = a.elementCount();
    int length = (int) Math.min(BLOCK, size);
    double[] x = new double[length];
    double[] y = new double[length];
    boolean[] counts = new boolean[length];
    for (long from = 0; from < size; from += length) {
      int count = (int) Math.min(length, size - from);
      a.read(from, x, 0, count);
      b.read(from, y, 0, count);
      counted.mark(from, counts, count);
      for (int i = 0; i < count; i++) {
        if (counts[i]) {
          take(x[i], y[i], from + i);
        }
      }
      progress.accept(count);
    }
    double relative = maxAbs == 0 ? 0 : maxAbs / maxA;
    return new TraceComparison.Difference(maxAbs, relative, index(worst, a.shape()));
  }

  private void take(double x, double y, long index) {
    if (Double.isFinite(x)) {
      maxA = Math.max(maxA, Math.abs(x));
    }
    double distance = x == y ? 0 : Math.abs(y - x);
    // Once NaN, always NaN: nothing is worse.
    boolean worse = distance > maxAbs || Double.isNaN(distance) && !Double.isNaN(maxAbs);
    if (worse || worst < 0) {
      maxAbs = distance;
      worst = index;
    }
  }

  private static long[] index(long flat, long[] shape) {
    if (flat < 0) {
      return new long[0];
    }
    long[] index = new long[shape.length];
    long rest = flat;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis];
      rest /= shape[axis];
    }
    return index;
  }
}
