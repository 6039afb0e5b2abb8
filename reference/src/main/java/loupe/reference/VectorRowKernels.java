package loupe.reference;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * One row by rows that lie one after another in an array, as keys and values of one head do: four
 * at a time, so that memory reads ahead in four places, and what is not a key or a value is loaded
 * once for four.
 */
final class VectorRowKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final int RESIDUES = FloatKernels.RESIDUES;
  private static final int STREAMS = FloatKernels.ROWS_AT_ONCE;

  private VectorRowKernels() {}

  /**
   * See the {@code dots} of {@link FloatKernels} that takes arrays. Each stream has a quarter of
   * the rows; where rows do not divide by four, a last row is taken by more than one.
   */
  static void dots(
      float[] rows,
      int rowsOffset,
      int count,
      int k,
      float[] x,
      int xOffset,
      int xRows,
      float[] out,
      int outOffset,
      int outStride) {
    float[] sums = Scratch.ofThread().floats(Scratch.Use.FUNCTION, STREAMS * RESIDUES);
    int[] places = Scratch.ofThread().ints(STREAMS);
    int whole = k / RESIDUES * RESIDUES;
    int ofStream = (count + STREAMS - 1) / STREAMS;
    for (int i = 0; i < ofStream; i++) {
      for (int stream = 0; stream < STREAMS; stream++) {
        places[stream] = rowsOffset + Math.min(count - 1, stream * ofStream + i) * k;
      }
      for (int r = 0; r < xRows; r++) {
        for (int part = 0; part < RESIDUES; part += LANES) {
          multiplyFour(rows, places, part, whole, x, xOffset + r * k, sums);
        }
        for (int stream = 0; stream < STREAMS; stream++) {
          int at = stream * RESIDUES;
          int row = Math.min(count - 1, stream * ofStream + i);
          out[r * outStride + outOffset + row] =
              ScalarKernels.endDot(x, xOffset + r * k, rows, places[stream], k, sums, at);
        }
      }
    }
  }

  /** All runs of 16 elements of four rows, one vector of each run. */
  private static void multiplyFour(
      float[] rows, int[] places, int part, int whole, float[] x, int xOffset, float[] sums) {
    int a = places[0];
    int b = places[1];
    int c = places[2];
    int d = places[3];
    FloatVector sumA = FloatVector.zero(FLOATS);
    FloatVector sumB = FloatVector.zero(FLOATS);
    FloatVector sumC = FloatVector.zero(FLOATS);
    FloatVector sumD = FloatVector.zero(FLOATS);
    for (int i = part; i < whole; i += RESIDUES) {
      FloatVector by = FloatVector.fromArray(FLOATS, x, xOffset + i);
      sumA = FloatVector.fromArray(FLOATS, rows, a + i).fma(by, sumA);
      sumB = FloatVector.fromArray(FLOATS, rows, b + i).fma(by, sumB);
      sumC = FloatVector.fromArray(FLOATS, rows, c + i).fma(by, sumC);
      sumD = FloatVector.fromArray(FLOATS, rows, d + i).fma(by, sumD);
    }
    sumA.intoArray(sums, part + 0 * RESIDUES);
    sumB.intoArray(sums, part + 1 * RESIDUES);
    sumC.intoArray(sums, part + 2 * RESIDUES);
    sumD.intoArray(sums, part + 3 * RESIDUES);
  }

  /**
   * See the {@code addMultiples} of {@link FloatKernels} that takes arrays: four rows, whole
   * vectors.
   */
  static void addFour(
      float[] factors,
      int firstFactor,
      int factorStride,
      float[] rows,
      int rowsOffset,
      int rowStride,
      float[] sums,
      int sumsOffset,
      int count) {
    int a = rowsOffset;
    int b = a + rowStride;
    int c = b + rowStride;
    int d = c + rowStride;
    FloatVector byA = FloatVector.broadcast(FLOATS, factors[firstFactor]);
    FloatVector byB = FloatVector.broadcast(FLOATS, factors[firstFactor + factorStride]);
    FloatVector byC = FloatVector.broadcast(FLOATS, factors[firstFactor + 2 * factorStride]);
    FloatVector byD = FloatVector.broadcast(FLOATS, factors[firstFactor + 3 * factorStride]);
    for (int i = 0; i < count; i += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, sumsOffset + i);
      sum = FloatVector.fromArray(FLOATS, rows, a + i).fma(byA, sum);
      sum = FloatVector.fromArray(FLOATS, rows, b + i).fma(byB, sum);
      sum = FloatVector.fromArray(FLOATS, rows, c + i).fma(byC, sum);
      sum = FloatVector.fromArray(FLOATS, rows, d + i).fma(byD, sum);
      sum.intoArray(sums, sumsOffset + i);
    }
  }
}
