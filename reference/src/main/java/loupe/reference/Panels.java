package loupe.reference;

import java.util.Arrays;

/**
 * The order in which {@link FloatKernels#accumulate} wants an operand: rows of {@code k} elements
 * in groups, {@code [group][part][k / 16][row of group][lane]}. A part is as many of the 16
 * residues of k as a vector has lanes; missing rows and elements are zeros.
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

  private final FloatKernels kernels;
  private final int group;
  private final int lanes;
  private final int steps;

  /**
   * @param group rows of a group
   * @param k elements of a row
   */
  Panels(FloatKernels kernels, int group, int k) {
    this.kernels = kernels;
    this.group = group;
    this.lanes = kernels.lanes();
    this.steps = (k + RESIDUES - 1) / RESIDUES;
  }

  /** Runs of 16 elements of a row. */
  int steps() {
    return steps;
  }

  /** Elements from one part of a group to the next. */
  int partSize() {
    return steps * group * lanes;
  }

  /** Elements of a group. */
  int groupSize() {
    return steps * group * RESIDUES;
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

  /** Element offset of a step within a group. */
  int stepOffset(int step) {
    return step * group * lanes;
  }

  /**
   * Packs rows that lie in {@code from}, {@code stride} apart.
   *
   * @param k elements of each row, no more than the panels are for
   * @param to modified
   */
  void packRows(float[] from, int fromOffset, int stride, int rows, int k, float[] to, int at) {
    int packed = groups(rows) * group;
    for (int row = 0; row < packed; row++) {
      int target = at + row / group * groupSize() + row % group * lanes;
      int present = row < rows ? k : 0;
      int whole = kernels.packRow(from, fromOffset + row * stride, present, to, target, this);
      for (int i = whole; i < steps * RESIDUES; i++) {
        to[target + elementOffset(i)] = i < present ? from[fromOffset + row * stride + i] : 0f;
      }
    }
  }

  /** Element offset of a row's element. */
  private int elementOffset(int i) {
    return i % RESIDUES / lanes * partSize() + i / RESIDUES * group * lanes + i % lanes;
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
      int target = at + elementOffset(firstK + i);
      int source = fromOffset + i * stride;
      for (int row = 0; row < rows; row++) {
        to[target + row / group * groupSize() + row % group * lanes] = from[source + row];
      }
    }
  }

  /** Sets so many groups to zero; {@code to} is modified. */
  void clear(float[] to, int at, int groups) {
    Arrays.fill(to, at, at + groups * groupSize(), 0f);
  }
}
