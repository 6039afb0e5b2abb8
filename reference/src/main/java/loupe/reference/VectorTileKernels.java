package loupe.reference;

import static jdk.incubator.vector.VectorOperators.ADD;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loop of the matrix products of {@link VectorKernels}: one residue's partial sums of a
 * tile of rows by a panel of columns stay in registers, so that nothing is left but loads and fused
 * multiply-adds. Columns are side by side in a vector, and the sums over residues are too.
 *
 * <p>Each register has a name, since the compiler keeps arrays of vectors in memory.
 */
final class VectorTileKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  static final int LANES = FLOATS.length();

  /** 24 sums, 2 weights and an activation: the widest vectors have 32 registers, others 16. */
  static final boolean WIDE = LANES == 16;

  static final int TILE_ROWS = WIDE ? 12 : 6;
  static final int PANEL_COLUMNS = 2 * LANES;

  private static final int TILE = TILE_ROWS * PANEL_COLUMNS;

  private VectorTileKernels() {}

  /** See {@link FloatKernels#accumulate}. */
  static void accumulate(
      float[] panel,
      int panelOffset,
      float[] tile,
      int tileOffset,
      int steps,
      float[] sums,
      int sumsOffset) {
    if (WIDE) {
      wideTile(panel, panelOffset, tile, tileOffset, steps, sums, sumsOffset);
    } else {
      narrowTile(panel, panelOffset, tile, tileOffset, steps, sums, sumsOffset);
    }
  }

  /** 12 rows by 2 vectors. */
  private static void wideTile(
      float[] panel,
      int panelOffset,
      float[] tile,
      int tileOffset,
      int steps,
      float[] sums,
      int s) {
    FloatVector sa0 = FloatVector.zero(FLOATS);
    FloatVector sa1 = sa0;
    FloatVector sb0 = sa0;
    FloatVector sb1 = sa0;
    FloatVector sc0 = sa0;
    FloatVector sc1 = sa0;
    FloatVector sd0 = sa0;
    FloatVector sd1 = sa0;
    FloatVector se0 = sa0;
    FloatVector se1 = sa0;
    FloatVector sf0 = sa0;
    FloatVector sf1 = sa0;
    FloatVector sg0 = sa0;
    FloatVector sg1 = sa0;
    FloatVector sh0 = sa0;
    FloatVector sh1 = sa0;
    FloatVector si0 = sa0;
    FloatVector si1 = sa0;
    FloatVector sj0 = sa0;
    FloatVector sj1 = sa0;
    FloatVector sk0 = sa0;
    FloatVector sk1 = sa0;
    FloatVector sl0 = sa0;
    FloatVector sl1 = sa0;
    int end = panelOffset + steps * 2 * LANES;
    int a = tileOffset;
    for (int b = panelOffset; b < end; a += 12, b += 2 * LANES) {
      FloatVector w0 = FloatVector.fromArray(FLOATS, panel, b);
      FloatVector w1 = FloatVector.fromArray(FLOATS, panel, b + LANES);
      FloatVector x = FloatVector.broadcast(FLOATS, tile[a + 0]);
      sa0 = w0.fma(x, sa0);
      sa1 = w1.fma(x, sa1);
      x = FloatVector.broadcast(FLOATS, tile[a + 1]);
      sb0 = w0.fma(x, sb0);
      sb1 = w1.fma(x, sb1);
      x = FloatVector.broadcast(FLOATS, tile[a + 2]);
      sc0 = w0.fma(x, sc0);
      sc1 = w1.fma(x, sc1);
      x = FloatVector.broadcast(FLOATS, tile[a + 3]);
      sd0 = w0.fma(x, sd0);
      sd1 = w1.fma(x, sd1);
      x = FloatVector.broadcast(FLOATS, tile[a + 4]);
      se0 = w0.fma(x, se0);
      se1 = w1.fma(x, se1);
      x = FloatVector.broadcast(FLOATS, tile[a + 5]);
      sf0 = w0.fma(x, sf0);
      sf1 = w1.fma(x, sf1);
      x = FloatVector.broadcast(FLOATS, tile[a + 6]);
      sg0 = w0.fma(x, sg0);
      sg1 = w1.fma(x, sg1);
      x = FloatVector.broadcast(FLOATS, tile[a + 7]);
      sh0 = w0.fma(x, sh0);
      sh1 = w1.fma(x, sh1);
      x = FloatVector.broadcast(FLOATS, tile[a + 8]);
      si0 = w0.fma(x, si0);
      si1 = w1.fma(x, si1);
      x = FloatVector.broadcast(FLOATS, tile[a + 9]);
      sj0 = w0.fma(x, sj0);
      sj1 = w1.fma(x, sj1);
      x = FloatVector.broadcast(FLOATS, tile[a + 10]);
      sk0 = w0.fma(x, sk0);
      sk1 = w1.fma(x, sk1);
      x = FloatVector.broadcast(FLOATS, tile[a + 11]);
      sl0 = w0.fma(x, sl0);
      sl1 = w1.fma(x, sl1);
    }
    sa0.intoArray(sums, s + 0 * LANES);
    sa1.intoArray(sums, s + 1 * LANES);
    sb0.intoArray(sums, s + 2 * LANES);
    sb1.intoArray(sums, s + 3 * LANES);
    sc0.intoArray(sums, s + 4 * LANES);
    sc1.intoArray(sums, s + 5 * LANES);
    sd0.intoArray(sums, s + 6 * LANES);
    sd1.intoArray(sums, s + 7 * LANES);
    se0.intoArray(sums, s + 8 * LANES);
    se1.intoArray(sums, s + 9 * LANES);
    sf0.intoArray(sums, s + 10 * LANES);
    sf1.intoArray(sums, s + 11 * LANES);
    sg0.intoArray(sums, s + 12 * LANES);
    sg1.intoArray(sums, s + 13 * LANES);
    sh0.intoArray(sums, s + 14 * LANES);
    sh1.intoArray(sums, s + 15 * LANES);
    si0.intoArray(sums, s + 16 * LANES);
    si1.intoArray(sums, s + 17 * LANES);
    sj0.intoArray(sums, s + 18 * LANES);
    sj1.intoArray(sums, s + 19 * LANES);
    sk0.intoArray(sums, s + 20 * LANES);
    sk1.intoArray(sums, s + 21 * LANES);
    sl0.intoArray(sums, s + 22 * LANES);
    sl1.intoArray(sums, s + 23 * LANES);
  }

  /** 6 rows by 2 vectors, for 16 registers. */
  private static void narrowTile(
      float[] panel,
      int panelOffset,
      float[] tile,
      int tileOffset,
      int steps,
      float[] sums,
      int s) {
    FloatVector s00 = FloatVector.zero(FLOATS);
    FloatVector s01 = s00;
    FloatVector s10 = s00;
    FloatVector s11 = s00;
    FloatVector s20 = s00;
    FloatVector s21 = s00;
    FloatVector s30 = s00;
    FloatVector s31 = s00;
    FloatVector s40 = s00;
    FloatVector s41 = s00;
    FloatVector s50 = s00;
    FloatVector s51 = s00;
    int end = panelOffset + steps * 2 * LANES;
    int a = tileOffset;
    for (int b = panelOffset; b < end; a += 6, b += 2 * LANES) {
      FloatVector w0 = FloatVector.fromArray(FLOATS, panel, b + 0 * LANES);
      FloatVector w1 = FloatVector.fromArray(FLOATS, panel, b + 1 * LANES);
      FloatVector x = FloatVector.broadcast(FLOATS, tile[a + 0]);
      s00 = w0.fma(x, s00);
      s01 = w1.fma(x, s01);
      x = FloatVector.broadcast(FLOATS, tile[a + 1]);
      s10 = w0.fma(x, s10);
      s11 = w1.fma(x, s11);
      x = FloatVector.broadcast(FLOATS, tile[a + 2]);
      s20 = w0.fma(x, s20);
      s21 = w1.fma(x, s21);
      x = FloatVector.broadcast(FLOATS, tile[a + 3]);
      s30 = w0.fma(x, s30);
      s31 = w1.fma(x, s31);
      x = FloatVector.broadcast(FLOATS, tile[a + 4]);
      s40 = w0.fma(x, s40);
      s41 = w1.fma(x, s41);
      x = FloatVector.broadcast(FLOATS, tile[a + 5]);
      s50 = w0.fma(x, s50);
      s51 = w1.fma(x, s51);
    }
    s00.intoArray(sums, s + 0 * LANES);
    s01.intoArray(sums, s + 1 * LANES);
    s10.intoArray(sums, s + 2 * LANES);
    s11.intoArray(sums, s + 3 * LANES);
    s20.intoArray(sums, s + 4 * LANES);
    s21.intoArray(sums, s + 5 * LANES);
    s30.intoArray(sums, s + 6 * LANES);
    s31.intoArray(sums, s + 7 * LANES);
    s40.intoArray(sums, s + 8 * LANES);
    s41.intoArray(sums, s + 9 * LANES);
    s50.intoArray(sums, s + 10 * LANES);
    s51.intoArray(sums, s + 11 * LANES);
  }

  /** See {@link FloatKernels#collapse}; {@code size} is a multiple of a vector. */
  static void collapse(float[] sums, int first, int levels, int size) {
    int end = first + size;
    switch (levels) {
      case 1 -> collapseOne(sums, first, end, size);
      case 2 -> collapseTwo(sums, first, end, size);
      default -> collapseThree(sums, first, end, size);
    }
  }

  private static void collapseOne(float[] sums, int first, int end, int size) {
    for (int i = first; i < end; i += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, i);
      sum.add(FloatVector.fromArray(FLOATS, sums, i + size)).intoArray(sums, i);
    }
  }

  private static void collapseTwo(float[] sums, int first, int end, int size) {
    for (int i = first; i < end; i += LANES) {
      FloatVector rest = FloatVector.fromArray(FLOATS, sums, i + 2 * size);
      rest = FloatVector.fromArray(FLOATS, sums, i + size).add(rest);
      FloatVector.fromArray(FLOATS, sums, i).add(rest).intoArray(sums, i);
    }
  }

  private static void collapseThree(float[] sums, int first, int end, int size) {
    for (int i = first; i < end; i += LANES) {
      FloatVector rest = FloatVector.fromArray(FLOATS, sums, i + 3 * size);
      rest = FloatVector.fromArray(FLOATS, sums, i + 2 * size).add(rest);
      rest = FloatVector.fromArray(FLOATS, sums, i + size).add(rest);
      FloatVector.fromArray(FLOATS, sums, i).add(rest).intoArray(sums, i);
    }
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
    if (columns == PANEL_COLUMNS) {
      return finishRows(sums, sumsOffset, rows, out, rowOffsets, firstRow, outOffset);
    }
    int signs = 0;
    for (int row = 0; row < rows; row++) {
      int to = rowOffsets[firstRow + row] + outOffset;
      int from = sumsOffset + row * PANEL_COLUMNS;
      for (int i = from; i < from + columns; i++) {
        float rest = sums[i + 2 * TILE] + (sums[i + 3 * TILE] + sums[i + 4 * TILE]);
        out[to + i - from] = sums[i] + (sums[i + TILE] + rest) + 0f;
      }
      signs |= Finite.signs(out, to, columns);
    }
    return signs < 0 ? Float.NaN : 0f;
  }

  /** Whole rows of a panel. */
  private static float finishRows(
      float[] sums,
      int sumsOffset,
      int rows,
      float[] out,
      int[] rowOffsets,
      int firstRow,
      int outOffset) {
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector check = zero;
    for (int row = 0; row < rows; row++) {
      int to = rowOffsets[firstRow + row] + outOffset;
      int at = sumsOffset + row * PANEL_COLUMNS;
      FloatVector a = FloatVector.fromArray(FLOATS, sums, at + 4 * TILE);
      FloatVector b = FloatVector.fromArray(FLOATS, sums, at + 4 * TILE + LANES);
      a = FloatVector.fromArray(FLOATS, sums, at + 3 * TILE).add(a);
      b = FloatVector.fromArray(FLOATS, sums, at + 3 * TILE + LANES).add(b);
      a = FloatVector.fromArray(FLOATS, sums, at + 2 * TILE).add(a);
      b = FloatVector.fromArray(FLOATS, sums, at + 2 * TILE + LANES).add(b);
      a = FloatVector.fromArray(FLOATS, sums, at + TILE).add(a);
      b = FloatVector.fromArray(FLOATS, sums, at + TILE + LANES).add(b);
      a = FloatVector.fromArray(FLOATS, sums, at).add(a).add(zero);
      b = FloatVector.fromArray(FLOATS, sums, at + LANES).add(b).add(zero);
      a.intoArray(out, to);
      b.intoArray(out, to + LANES);
      check = b.fma(zero, a.fma(zero, check));
    }
    return check.reduceLanes(ADD);
  }
}
