package loupe.reference;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Arrays for the results of one forward pass, used again as soon as the pass is done with them.
 * What comes from the collector lies on pages that were never touched, or not for long: a product
 * of 512 x 9216 results then takes a tenth longer. Contents are whatever the last use left. For one
 * thread.
 */
final class ResultPool {
  /**
   * Results of fewer elements than this cost nothing; where assertions are on, all are recycled.
   */
  private static final int FEW = ResultPool.class.desiredAssertionStatus() ? 1 : 1 << 14;

  private final List<float[]> used = new ArrayList<>();
  private final Map<Integer, ArrayDeque<float[]>> free = new HashMap<>();

  /** Lengths of the arrays of this pass. */
  private final Set<Integer> lengths = new HashSet<>();

  /** An array of {@code size} elements, all of which the caller writes. */
  float[] take(int size) {
    if (size < FEW) {
      return new float[size];
    }
    lengths.add(size);
    ArrayDeque<float[]> fitting = free.get(size);
    float[] array = fitting == null ? null : fitting.poll();
    if (array == null) {
      array = new float[size];
    }
    used.add(array);
    return array;
  }

  /** Never uses this array again: somebody has seen it. */
  void keep(float[] array) {
    used.removeIf(held -> held == array);
  }

  /** All arrays that were taken are free again but {@code current}, or all where that is null. */
  void recycle(float[] current) {
    used.removeIf(array -> array != current && release(array));
  }

  /** As {@code recycle(null)}; arrays as the pass had none are given up. */
  void endPass() {
    recycle(null);
    free.keySet().retainAll(lengths);
    lengths.clear();
  }

  private boolean release(float[] array) {
    assert spoil(array);
    free.computeIfAbsent(array.length, size -> new ArrayDeque<>()).push(array);
    return true;
  }

  /** Lets tests see it where something is read that was given back. */
  private static boolean spoil(float[] array) {
    Arrays.fill(array, Float.NaN);
    return true;
  }
}
