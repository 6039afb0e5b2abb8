package loupe.golden.check;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import loupe.reference.BoundedTensor;

/** Bounds of the right operations from a port's inputs, for operations that have none. */
final class RightBounds {
  private final Map<String, BoundedTensor> narrow = new HashMap<>();
  private final Map<String, BoundedTensor> wide = new HashMap<>();

  /** By name, under the contract that is assumed. */
  Map<String, BoundedTensor> narrow() {
    return narrow;
  }

  /** By name, in any order of roundings; empty where that is not asked for. */
  Map<String, BoundedTensor> wide() {
    return wide;
  }

  /**
   * A tensor of a pass with a bug in, with the right bounds in proportion to its size.
   *
   * @param isScore whether the port may hold anything where nothing was computed
   */
  BoundedTensor proportionate(String name, BoundedTensor ours, boolean isScore) {
    BoundedTensor right = narrow.get(name);
    if (right == null || right.size() != ours.size()) {
      return ours;
    }
    if (!wide.isEmpty() && !Arrays.equals(right.values(), ours.values())) {
      // Other operations: what they round on the way is not known.
      right = wide.getOrDefault(name, right).withLargestRadiusOfRow();
    }
    BoundedTensor filled = isScore ? ours.orAnythingWhereEmpty() : ours;
    double largest = largest(right.values());
    double factor = largest == 0 ? 1 : Math.max(1, largest(ours.values()) / largest);
    return filled.atLeastAsWideAs(right, Double.isFinite(factor) ? factor : 1);
  }

  /** Largest absolute value. */
  static double largest(double[] values) {
    double most = 0;
    for (double value : values) {
      most = Math.max(most, Math.abs(value));
    }
    return most;
  }
}
