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
  static final int COLUMNS = 64;

  private final float[][] weights = new float[4][COLUMNS];
  private final float[][] sums = new float[ROWS][COLUMNS];

  /** See {@link FloatKernels#accumulate}. */
  void accumulate(
      float[] panel, int panelOffset, float[] tile, int tileOffset, int steps, float[] out, int o) {
    for (float[] row : sums) {
      Arrays.fill(row, 0f);
    }
    int step = 0;
    for (; step + weights.length <= steps; step += weights.length) {
      for (int i = 0; i < weights.length; i++) {
        int from = panelOffset + (step + i) * COLUMNS;
        System.arraycopy(panel, from, weights[i], 0, COLUMNS);
      }
      addFour(tile, tileOffset + step * ROWS);
    }
    for (; step < steps; step++) {
      System.arraycopy(panel, panelOffset + step * COLUMNS, weights[0], 0, COLUMNS);
      for (int row = 0; row < ROWS; row++) {
        addOne(tile[tileOffset + step * ROWS + row], weights[0], sums[row]);
      }
    }
    for (int row = 0; row < ROWS; row++) {
      System.arraycopy(sums[row], 0, out, o + row * COLUMNS, COLUMNS);
    }
  }

  private void addFour(float[] tile, int at) {
    for (int row = 0; row < ROWS; row++) {
      addFour(tile, at + row, weights[0], weights[1], weights[2], weights[3], sums[row]);
    }
  }

  /** Products of four steps to each sum, one after the other. */
  private static void addFour(
      float[] tile, int at, float[] w0, float[] w1, float[] w2, float[] w3, float[] sums) {
    float x0 = tile[at];
    float x1 = tile[at + ROWS];
    float x2 = tile[at + 2 * ROWS];
    float x3 = tile[at + 3 * ROWS];
    for (int i = 0; i < COLUMNS; i++) {
      float sum = FusedMultiplyAdd.fma(x0, w0[i], sums[i]);
      sum = FusedMultiplyAdd.fma(x1, w1[i], sum);
      sum = FusedMultiplyAdd.fma(x2, w2[i], sum);
      sums[i] = FusedMultiplyAdd.fma(x3, w3[i], sum);
    }
  }

  private static void addOne(float x, float[] w, float[] sums) {
    for (int i = 0; i < COLUMNS; i++) {
      sums[i] = FusedMultiplyAdd.fma(x, w[i], sums[i]);
    }
  }
}
