package loupe.reference;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Adds up partial sums for {@link VectorKernels}: 16 outputs at a time, by transposing, because a
 * sum over the lanes of one vector takes as long as the loop that made it.
 */
final class VectorSums {
  private static final int RESIDUES = FloatKernels.RESIDUES;
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final int COLUMNS = VectorTileKernels.PANEL_COLUMNS;

  /** Elements from the partial sums of one panel to those of the next. */
  private static final int PANEL = VectorTileKernels.TILE_ROWS * COLUMNS * RESIDUES;

  private static final VectorShuffle<Float> SWAP_8 = swap(8);
  private static final VectorShuffle<Float> SWAP_4 = swap(4);
  private static final VectorShuffle<Float> SWAP_2 = swap(2);
  private static final VectorShuffle<Float> SWAP_1 = swap(1);
  private static final VectorMask<Float> UPPER_8 = upper(8);
  private static final VectorMask<Float> UPPER_4 = upper(4);
  private static final VectorMask<Float> UPPER_2 = upper(2);
  private static final VectorMask<Float> UPPER_1 = upper(1);

  private VectorSums() {}

  private static VectorShuffle<Float> swap(int distance) {
    return VectorShuffle.fromOp(FLOATS, lane -> (lane ^ distance) % LANES);
  }

  /** Lanes whose number has this bit. */
  private static VectorMask<Float> upper(int bit) {
    boolean[] lanes = new boolean[LANES];
    for (int lane = 0; lane < LANES; lane++) {
      lanes[lane] = (lane & bit) != 0;
    }
    return VectorMask.fromArray(FLOATS, lanes, 0);
  }

  /** See {@link FloatKernels#finish}. */
  static float finish(
      float[] sums,
      int sumsOffset,
      int rows,
      int columns,
      float[] out,
      int[] rowOffsets,
      int firstRow,
      int outOffset) {
    int whole = columns / LANES * LANES;
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector check = zero;
    float rest = 0f;
    for (int row = 0; row < rows; row++) {
      int to = rowOffsets[firstRow + row] + outOffset;
      int from = sumsOffset + row * COLUMNS * RESIDUES;
      for (int column = 0; column < whole; column += LANES) {
        int at = from + column / COLUMNS * PANEL;
        addUp(sums, at);
        // Plus zero, since a sum that is zero is +0.
        FloatVector value = FloatVector.fromArray(FLOATS, sums, at).add(zero);
        value.intoArray(out, to + column);
        check = value.fma(zero, check);
      }
      for (int column = whole; column < columns; column++) {
        int at = from + column / COLUMNS * PANEL + column % COLUMNS * RESIDUES;
        float value = ScalarKernels.tree(sums, at, 1);
        out[to + column] = value;
        rest += value * 0f;
      }
    }
    return check.reduceLanes(VectorOperators.ADD) + rest;
  }

  /**
   * Adds up as many outputs as there are lanes, of one panel or of two, in place: lane l of the
   * vector at {@code at} becomes the sum of the 16 partial sums of output l. Intermediate levels
   * are stored, since a method that keeps them all in registers is too large for the compiler to
   * inline.
   */
  private static void addUp(float[] sums, int at) {
    if (LANES == RESIDUES) {
      fold(sums, at, at + PANEL, 8, UPPER_8, SWAP_8);
      fold(sums, at, at + 4 * RESIDUES, 4, UPPER_4, SWAP_4);
    } else if (LANES == 8) {
      halve(sums, at, COLUMNS);
      halve(sums, at + PANEL, COLUMNS);
      fold(sums, at, at + PANEL, 4, UPPER_4, SWAP_4);
    } else {
      halve(sums, at, LANES);
    }
    fold(sums, at, at + 2 * RESIDUES, 2, UPPER_2, SWAP_2);
    fold(sums, at, at + RESIDUES, 1, UPPER_1, SWAP_1);
  }

  /** The first levels of the tree, where 16 partial sums are several vectors. */
  private static void halve(float[] sums, int at, int outputs) {
    for (int i = at; i < at + outputs * RESIDUES; i += RESIDUES) {
      FloatVector low =
          FloatVector.fromArray(FLOATS, sums, i).add(FloatVector.fromArray(FLOATS, sums, i + 8));
      if (LANES < 8) {
        FloatVector high = FloatVector.fromArray(FLOATS, sums, i + 4);
        low = low.add(high.add(FloatVector.fromArray(FLOATS, sums, i + 12)));
      }
      low.intoArray(sums, i);
    }
  }

  /**
   * One level of the tree for outputs i, at {@code at}, and {@code i + distance}, at {@code
   * upperAt}: {@code a[l] + a[l + distance]} in the lower lanes, the same of b in the upper ones.
   */
  private static void fold(
      float[] sums,
      int at,
      int upperAt,
      int distance,
      VectorMask<Float> upper,
      VectorShuffle<Float> swap) {
    for (int i = 0; i < distance * RESIDUES; i += RESIDUES) {
      FloatVector a = FloatVector.fromArray(FLOATS, sums, at + i);
      FloatVector b = FloatVector.fromArray(FLOATS, sums, upperAt + i);
      a.blend(b, upper).add(b.blend(a, upper).rearrange(swap)).intoArray(sums, at + i);
    }
  }
}
