package loupe.reference;

import java.util.Arrays;

/**
 * The inner loop of the matrix products of {@link ScalarKernels}: one residue's partial sums of a
 * tile of rows by a panel of columns. Compilers make vectors of a loop in plain Java where all its
 * arrays have the same index, so each step of weights and each row of sums is taken to an array of
 * its own. An object is for one thread.
 */
final class ScalarTile {
  static final int ROWS = 8;

  /** Steps that are added to the sums at a time. */
  private static final int STEPS = 4;

  /**
   * More elements than are used, so that arrays which are made one after another begin at the same
   * place of a cache line: all but the header of an array are 64 bytes times a number.
   */
  private static final int REST_OF_LINE = PackedProduct.LINE - 4;

  private final int columns;
  private final float[][] weights = new float[STEPS][];
  private final float[][] sums = new float[ROWS][];

  ScalarTile(int columns) {
    this.columns = columns;
    for (int i = 0; i < ROWS; i++) {
      sums[i] = new float[columns + REST_OF_LINE];
    }
    for (int i = 0; i < STEPS; i++) {
      weights[i] = new float[columns + REST_OF_LINE];
    }
  }

  /** See {@link FloatKernels#accumulate}. */
  void accumulate(
      float[] panel, int panelOffset, float[] tile, int tileOffset, int steps, float[] out, int o) {
    for (float[] row : sums) {
      Arrays.fill(row, 0f);
    }
    int step = 0;
    for (; step + STEPS <= steps; step += STEPS) {
      for (int i = 0; i < STEPS; i++) {
        int from = panelOffset + (step + i) * columns;
        System.arraycopy(panel, from, weights[i], 0, columns);
      }
      addFour(tile, tileOffset + step * ROWS);
    }
    for (; step < steps; step++) {
      System.arraycopy(panel, panelOffset + step * columns, weights[0], 0, columns);
      for (int row = 0; row < ROWS; row++) {
        addOne(tile[tileOffset + step * ROWS + row], weights[0], sums[row], columns);
      }
    }
    for (int row = 0; row < ROWS; row++) {
      System.arraycopy(sums[row], 0, out, o + row * columns, columns);
    }
  }

  private void addFour(float[] tile, int at) {
    for (int row = 0; row < ROWS; row++) {
      addFour(tile, at + row, weights[0], weights[1], weights[2], weights[3], sums[row], columns);
    }
  }

  /** Products of four steps to each sum, one after the other. */
  private static void addFour(
      float[] tile,
      int at,
      float[] w0,
      float[] w1,
      float[] w2,
      float[] w3,
      float[] sums,
      int columns) {
    float x0 = tile[at];
    float x1 = tile[at + ROWS];
    float x2 = tile[at + 2 * ROWS];
    float x3 = tile[at + 3 * ROWS];
    for (int i = 0; i < columns; i++) {
      float sum = FusedMultiplyAdd.fma(x0, w0[i], sums[i]);
      sum = FusedMultiplyAdd.fma(x1, w1[i], sum);
      sum = FusedMultiplyAdd.fma(x2, w2[i], sum);
      sums[i] = FusedMultiplyAdd.fma(x3, w3[i], sum);
    }
  }

  private static void addOne(float x, float[] w, float[] sums, int columns) {
    for (int i = 0; i < columns; i++) {
      sums[i] = FusedMultiplyAdd.fma(x, w[i], sums[i]);
    }
  }
}
