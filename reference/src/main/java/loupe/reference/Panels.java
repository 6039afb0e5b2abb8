package loupe.reference;

import java.util.Arrays;

/**
 * The order in which {@link FloatKernels#accumulate} wants an operand: rows of {@code k} elements
 * in groups, {@code [group][k mod 16][k / 16][row of group]}. Missing rows and elements are zeros.
 */
final class Panels {
  /**
   * Where packed operands and partial sums begin in their arrays: with the 16 bytes before an
   * array's first element it is the start of a cache line wherever the array itself starts on one,
   * as large arrays can (see {@link Scratch}). A vector of 64 bytes that lies across two lines
   * takes twice as long to load.
   */
  static final int FIRST = 12;

  private static final int RESIDUES = FloatKernels.RESIDUES;

  private final int group;
  private final int steps;

  /**
   * @param group rows of a group
   * @param k elements of a row
   */
  Panels(int group, int k) {
    this.group = group;
    this.steps = (k + RESIDUES - 1) / RESIDUES;
  }

  /** Runs of 16 elements of a row. */
  int steps() {
    return steps;
  }

  /**
   * Elements from one residue of a group to the next: a cache line more than there are, since
   * residues that lie a multiple of 4,096 bytes apart would drive each other out of the cache.
   */
  int residueSize() {
    int line = PackedProduct.LINE;
    return (steps * group + line - 1) / line * line + line;
  }

  /** Elements of a group. */
  int groupSize() {
    return RESIDUES * residueSize();
  }

  /** Groups that hold so many rows. */
  int groups(int rows) {
    return (rows + group - 1) / group;
  }

  /** Elements that hold so many rows. */
  long size(int rows) {
    return (long) groups(rows) * groupSize();
  }

  /** Length of an array that holds so many rows from {@link #FIRST} on. */
  long arrayLength(int rows) {
    return FIRST + size(rows);
  }

  /** Element offset of a step within a residue. */
  int stepOffset(int step) {
    return step * group;
  }

  /**
   * Packs elements {@code [firstK, firstK + k)} of rows that lie in {@code from}, {@code stride}
   * apart. Zeros are left to {@link #clear}.
   *
   * @param firstK a multiple of 16
   * @param to modified
   */
  void packRows(
      float[] from, int fromOffset, int stride, int rows, int firstK, int k, float[] to, int at) {
    int row = 0;
    for (; group % 8 == 0 && row + 8 <= rows; row += 8) {
      packEight(from, fromOffset + row * stride, stride, k, to, target(at, row, firstK));
    }
    for (; row < rows; row += 2) {
      int source = fromOffset + row * stride;
      // The last of an odd number of rows is packed twice over, in one place.
      int next = row + 1 < rows ? 1 : 0;
      packPair(from, source, source + next * stride, k, to, target(at, row, firstK), next);
    }
  }

  private int target(int at, int row, int firstK) {
    return at + row / group * groupSize() + row % group + stepOffset(firstK / RESIDUES);
  }

  private void packEight(float[] from, int source, int stride, int k, float[] to, int target) {
    int size = residueSize();
    for (int i = 0; i < k; i++) {
      int t = target + i % RESIDUES * size + i / RESIDUES * group;
      int a = source + i;
      to[t] = from[a];
      to[t + 1] = from[a + stride];
      to[t + 2] = from[a + 2 * stride];
      to[t + 3] = from[a + 3 * stride];
      to[t + 4] = from[a + 4 * stride];
      to[t + 5] = from[a + 5 * stride];
      to[t + 6] = from[a + 6 * stride];
      to[t + 7] = from[a + 7 * stride];
    }
  }

  private void packPair(float[] from, int a, int b, int k, float[] to, int target, int next) {
    int size = residueSize();
    for (int step = 0; step * RESIDUES < k; step++) {
      int t = target + step * group;
      int end = Math.min(k, (step + 1) * RESIDUES);
      for (int i = step * RESIDUES; i < end; i++, t += size) {
        to[t] = from[a + i];
        to[t + next] = from[b + i];
      }
    }
  }

  /**
   * Packs the transpose: {@code from} holds element {@code firstK + i} of all rows side by side,
   * and that of i + 1 {@code stride} further on. Zeros are left to {@link #clear}.
   *
   * @param to modified
   */
  void packColumns(
      float[] from, int fromOffset, int stride, int rows, int firstK, int k, float[] to, int at) {
    for (int i = 0; i < k; i++) {
      int residue = (firstK + i) % RESIDUES * residueSize();
      int target = at + residue + stepOffset((firstK + i) / RESIDUES);
      int source = fromOffset + i * stride;
      for (int row = 0; row < rows; row += group) {
        int count = Math.min(group, rows - row);
        System.arraycopy(from, source + row, to, target + row / group * groupSize(), count);
      }
    }
  }

  /**
   * Sets to zero what so many packed rows of {@code k} elements leave empty, or more than that;
   * {@code to} is modified.
   */
  void clear(float[] to, int at, int rows, int k) {
    int from = k % RESIDUES == 0 ? rows / group : 0;
    Arrays.fill(to, at + from * groupSize(), at + groups(rows) * groupSize(), 0f);
  }
}
