package loupe.sae;

import java.util.Arrays;

/**
 * The k largest of numbered values, largest first, and among equals the one offered first: offered
 * by rising id, ties go to the lowest id.
 */
final class TopK {
  private final int[] ids;
  private final double[] values;
  private int count;

  TopK(int k) {
    this.ids = new int[k];
    this.values = new double[k];
  }

  void offer(int id, double value) {
    boolean full = count == ids.length;
    if (full && (count == 0 || !(value > values[count - 1]))) {
      return;
    }
    int at = place(value);
    int moved = (full ? count - 1 : count) - at;
    System.arraycopy(ids, at, ids, at + 1, moved);
    System.arraycopy(values, at, values, at + 1, moved);
    ids[at] = id;
    values[at] = value;
    count += full ? 0 : 1;
  }

  /** After all values that are at least as large. */
  private int place(double value) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (values[middle] >= value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  int[] ids() {
    return Arrays.copyOf(ids, count);
  }

  double[] values() {
    return Arrays.copyOf(values, count);
  }
}
