package loupe.golden.dialect;

import loupe.gemma2.Gemma2Config;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/** Tells rows of the embedding from such rows times sqrt(d_model), which older programs keep. */
final class UnscaledRows {
  private static final String TABLE = "model.embed_tokens.weight";

  private final Gemma2Config config;
  private final TensorSource checkpoint;
  private final int[] tokenIds;

  UnscaledRows(Gemma2Config config, TensorSource checkpoint, int[] tokenIds) {
    this.config = config;
    this.checkpoint = checkpoint;
    this.tokenIds = tokenIds;
  }

  /**
   * Whether every element is within one part in 200 of the table's own: no rounding to a format of
   * 8 bits or more takes it farther, and the factor is at least 2.
   *
   * @param rows {@code [pos, d_model]}
   */
  boolean are(double[] rows) {
    int width = config.dModel();
    if (rows.length != tokenIds.length * width) {
      return false;
    }
    StoredTensor table = checkpoint.tensor(TABLE);
    double[] row = new double[width];
    for (int pos = 0; pos < tokenIds.length; pos++) {
      table.read((long) tokenIds[pos] * width, row, 0, width);
      for (int i = 0; i < width; i++) {
        if (!(Math.abs(rows[pos * width + i] - row[i]) <= Math.abs(row[i]) / 200)) {
          return false;
        }
      }
    }
    return true;
  }
}
