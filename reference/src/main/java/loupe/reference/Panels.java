package loupe.reference;

import java.util.Arrays;

/**
 * The order in which {@link FloatKernels#accumulate} wants an operand: rows of {@code k} elements
 * in groups, {@code [group][k mod 16][k / 16][row of group]}, residues in the order {@link #place}.
 * Missing rows and elements are zeros.
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
  private static final int LINE = PackedProduct.LINE;

  private final int group;
  private final int steps;

  /** Element offset of each residue within a group. */
  private final int[] residues = new int[RESIDUES];

  /**
   * @param group rows of a group
   * @param k elements of a row
   */
  Panels(int group, int k) {
    this.group = group;
    this.steps = (k + RESIDUES - 1) / RESIDUES;
    for (int residue = 0; residue < RESIDUES; residue++) {
      residues[residue] = place(residue) * residueSize();
    }
  }

  /**
   * The place of a residue: its bits in reverse, so that those which the tree of {@link
   * ScalarKernels#tree} adds first are side by side: 0, 8, 4, 12, 2, ...
   */
  private static int place(int residue) {
    return Integer.reverse(residue) >>> Integer.numberOfLeadingZeros(RESIDUES - 1);
  }

  /** Rows of a group. */
  int group() {
    return group;
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
    return apart(steps * group);
  }

  /** How far apart runs of so many elements begin: on lines, and not all in one set of a cache. */
  static int apart(int elements) {
    return (elements + LINE - 1) / LINE * LINE + LINE;
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

  /** Element offset of each residue within a group; do not modify. */
  int[] residues() {
    return residues;
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
    for (; group % LINE == 0 && row + LINE <= rows; row += LINE) {
      packSixteen(from, fromOffset + row * stride, stride, k, to, target(at, row, firstK));
    }
    for (; group == 12 && row + 12 <= rows; row += 12) {
      packTwelve(from, fromOffset + row * stride, stride, k, to, target(at, row, firstK));
    }
    for (; group == 6 && row + 6 <= rows; row += 6) {
      packSix(from, fromOffset + row * stride, stride, k, to, target(at, row, firstK));
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

  private void packSixteen(float[] from, int source, int stride, int k, float[] to, int target) {
    for (int i = 0; i < k; i++) {
      int t = target + residues[i % RESIDUES] + i / RESIDUES * group;
      int a = source + i;
      to[t] = from[a];
      to[t + 1] = from[a + stride];
      to[t + 2] = from[a + 2 * stride];
      to[t + 3] = from[a + 3 * stride];
      to[t + 4] = from[a + 4 * stride];
      to[t + 5] = from[a + 5 * stride];
      to[t + 6] = from[a + 6 * stride];
      to[t + 7] = from[a + 7 * stride];
      to[t + 8] = from[a + 8 * stride];
      to[t + 9] = from[a + 9 * stride];
      to[t + 10] = from[a + 10 * stride];
      to[t + 11] = from[a + 11 * stride];
      to[t + 12] = from[a + 12 * stride];
      to[t + 13] = from[a + 13 * stride];
      to[t + 14] = from[a + 14 * stride];
      to[t + 15] = from[a + 15 * stride];
    }
  }

  private void packTwelve(float[] from, int source, int stride, int k, float[] to, int target) {
    for (int i = 0; i < k; i++) {
      int t = target + residues[i % RESIDUES] + i / RESIDUES * group;
      int a = source + i;
      to[t] = from[a];
      to[t + 1] = from[a + stride];
      to[t + 2] = from[a + 2 * stride];
      to[t + 3] = from[a + 3 * stride];
      to[t + 4] = from[a + 4 * stride];
      to[t + 5] = from[a + 5 * stride];
      to[t + 6] = from[a + 6 * stride];
      to[t + 7] = from[a + 7 * stride];
      to[t + 8] = from[a + 8 * stride];
      to[t + 9] = from[a + 9 * stride];
      to[t + 10] = from[a + 10 * stride];
      to[t + 11] = from[a + 11 * stride];
    }
  }

  private void packSix(float[] from, int source, int stride, int k, float[] to, int target) {
    for (int i = 0; i < k; i++) {
      int t = target + residues[i % RESIDUES] + i / RESIDUES * group;
      int a = source + i;
      to[t] = from[a];
      to[t + 1] = from[a + stride];
      to[t + 2] = from[a + 2 * stride];
      to[t + 3] = from[a + 3 * stride];
      to[t + 4] = from[a + 4 * stride];
      to[t + 5] = from[a + 5 * stride];
    }
  }

  private void packPair(float[] from, int a, int b, int k, float[] to, int target, int next) {
    for (int step = 0; step * RESIDUES < k; step++) {
      int end = Math.min(k, (step + 1) * RESIDUES);
      for (int i = step * RESIDUES; i < end; i++) {
        int t = target + residues[i % RESIDUES] + step * group;
        to[t] = from[a + i];
        to[t + next] = from[b + i];
      }
    }
  }

  /**
   * As {@link #packRows}, of rows of ints, the first of which is the first of a group.
   *
   * @param rows 16, or another multiple of 4
   * @param to modified
   */
  void packRows(
      int[] from, int fromOffset, int stride, int rows, int firstK, int k, int[] to, int at) {
    int target = at + stepOffset(firstK / RESIDUES);
    if (rows == LINE) {
      packSixteen(from, fromOffset, stride, k, to, target);
      return;
    }
    for (int row = 0; row < rows; row += 4) {
      packFour(from, fromOffset + row * stride, stride, k, to, target + row);
    }
  }

  private void packSixteen(int[] from, int source, int stride, int k, int[] to, int target) {
    for (int i = 0; i < k; i++) {
      int t = target + residues[i % RESIDUES] + i / RESIDUES * group;
      int a = source + i;
      to[t] = from[a];
      to[t + 1] = from[a + stride];
      to[t + 2] = from[a + 2 * stride];
      to[t + 3] = from[a + 3 * stride];
      to[t + 4] = from[a + 4 * stride];
      to[t + 5] = from[a + 5 * stride];
      to[t + 6] = from[a + 6 * stride];
      to[t + 7] = from[a + 7 * stride];
      to[t + 8] = from[a + 8 * stride];
      to[t + 9] = from[a + 9 * stride];
      to[t + 10] = from[a + 10 * stride];
      to[t + 11] = from[a + 11 * stride];
      to[t + 12] = from[a + 12 * stride];
      to[t + 13] = from[a + 13 * stride];
      to[t + 14] = from[a + 14 * stride];
      to[t + 15] = from[a + 15 * stride];
    }
  }

  private void packFour(int[] from, int source, int stride, int k, int[] to, int target) {
    for (int i = 0; i < k; i++) {
      int t = target + residues[i % RESIDUES] + i / RESIDUES * group;
      int a = source + i;
      to[t] = from[a];
      to[t + 1] = from[a + stride];
      to[t + 2] = from[a + 2 * stride];
      to[t + 3] = from[a + 3 * stride];
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
      int residue = residues[(firstK + i) % RESIDUES];
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
    Arrays.fill(to, at + firstToClear(rows, k), at + groups(rows) * groupSize(), 0f);
  }

  /** As the other {@code clear}, where a row is one int of a group. */
  void clear(int[] to, int at, int rows, int k) {
    Arrays.fill(to, at + firstToClear(rows, k), at + groups(rows) * groupSize(), 0);
  }

  private int firstToClear(int rows, int k) {
    return (k % RESIDUES == 0 ? rows / group : 0) * groupSize();
  }
}
