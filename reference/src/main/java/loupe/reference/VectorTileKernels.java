package loupe.reference;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loop of the matrix products of {@link VectorKernels}: a tile of rows by columns whose
 * partial sums, one for each lane, stay in registers, so that nothing is left but loads and fused
 * multiply-adds. {@link VectorSums} adds them up.
 *
 * <p>Each register has a name, since the compiler keeps arrays of vectors in memory.
 */
final class VectorTileKernels {
  private static final int RESIDUES = FloatKernels.RESIDUES;
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  static final int LANES = FLOATS.length();

  /** 24 sums, 3 activations and a weight: the widest vectors have 32 registers, others 16. */
  private static final boolean WIDE = LANES == RESIDUES;

  static final int TILE_ROWS = 3;
  static final int PANEL_COLUMNS = WIDE ? 8 : 4;

  /** What partial sums start from. */
  private static final float[] ZEROS = new float[TILE_ROWS * PANEL_COLUMNS * RESIDUES];

  private VectorTileKernels() {}

  static int packRow(float[] from, int fromOffset, int k, float[] to, int toOffset, Panels panels) {
    int whole = k / RESIDUES * RESIDUES;
    int step = panels.stepOffset(1);
    for (int part = 0; part < RESIDUES / LANES; part++) {
      int at = toOffset + part * panels.partSize();
      for (int i = part * LANES; i < whole; i += RESIDUES, at += step) {
        FloatVector.fromArray(FLOATS, from, fromOffset + i).intoArray(to, at);
      }
    }
    return whole;
  }

  /** See {@link FloatKernels#accumulate}. */
  static void accumulate(
      float[] panels,
      int panelOffset,
      int panelPart,
      int panelSize,
      int panelCount,
      float[] tile,
      int tileOffset,
      int tilePart,
      int steps,
      float[] sums,
      int sumsOffset,
      boolean continued) {
    float[] from = continued ? sums : ZEROS;
    for (int panel = 0; panel < panelCount; panel++) {
      int b = panelOffset + panel * panelSize;
      int s = sumsOffset + panel * TILE_ROWS * PANEL_COLUMNS * RESIDUES;
      int f = continued ? s : 0;
      if (WIDE) {
        wideTile(panels, b, tile, tileOffset, steps, from, f, sums, s);
      } else {
        for (int part = 0; part < RESIDUES / LANES; part++) {
          int a = tileOffset + part * tilePart;
          int p = part * LANES;
          narrowTile(panels, b + part * panelPart, tile, a, steps, from, f + p, sums, s + p);
        }
      }
    }
  }

  /** 3 rows by 8 columns of 16 lanes. */
  private static void wideTile(
      float[] panel,
      int panelOffset,
      float[] tile,
      int tileOffset,
      int steps,
      float[] from,
      int f,
      float[] sums,
      int s) {
    FloatVector s00 = FloatVector.fromArray(FLOATS, from, f + 0 * RESIDUES);
    FloatVector s01 = FloatVector.fromArray(FLOATS, from, f + 1 * RESIDUES);
    FloatVector s02 = FloatVector.fromArray(FLOATS, from, f + 2 * RESIDUES);
    FloatVector s03 = FloatVector.fromArray(FLOATS, from, f + 3 * RESIDUES);
    FloatVector s04 = FloatVector.fromArray(FLOATS, from, f + 4 * RESIDUES);
    FloatVector s05 = FloatVector.fromArray(FLOATS, from, f + 5 * RESIDUES);
    FloatVector s06 = FloatVector.fromArray(FLOATS, from, f + 6 * RESIDUES);
    FloatVector s07 = FloatVector.fromArray(FLOATS, from, f + 7 * RESIDUES);
    FloatVector s10 = FloatVector.fromArray(FLOATS, from, f + 8 * RESIDUES);
    FloatVector s11 = FloatVector.fromArray(FLOATS, from, f + 9 * RESIDUES);
    FloatVector s12 = FloatVector.fromArray(FLOATS, from, f + 10 * RESIDUES);
    FloatVector s13 = FloatVector.fromArray(FLOATS, from, f + 11 * RESIDUES);
    FloatVector s14 = FloatVector.fromArray(FLOATS, from, f + 12 * RESIDUES);
    FloatVector s15 = FloatVector.fromArray(FLOATS, from, f + 13 * RESIDUES);
    FloatVector s16 = FloatVector.fromArray(FLOATS, from, f + 14 * RESIDUES);
    FloatVector s17 = FloatVector.fromArray(FLOATS, from, f + 15 * RESIDUES);
    FloatVector s20 = FloatVector.fromArray(FLOATS, from, f + 16 * RESIDUES);
    FloatVector s21 = FloatVector.fromArray(FLOATS, from, f + 17 * RESIDUES);
    FloatVector s22 = FloatVector.fromArray(FLOATS, from, f + 18 * RESIDUES);
    FloatVector s23 = FloatVector.fromArray(FLOATS, from, f + 19 * RESIDUES);
    FloatVector s24 = FloatVector.fromArray(FLOATS, from, f + 20 * RESIDUES);
    FloatVector s25 = FloatVector.fromArray(FLOATS, from, f + 21 * RESIDUES);
    FloatVector s26 = FloatVector.fromArray(FLOATS, from, f + 22 * RESIDUES);
    FloatVector s27 = FloatVector.fromArray(FLOATS, from, f + 23 * RESIDUES);
    int end = panelOffset + steps * 8 * LANES;
    int a = tileOffset;
    for (int b = panelOffset; b < end; a += 3 * LANES, b += 8 * LANES) {
      FloatVector x0 = FloatVector.fromArray(FLOATS, tile, a + 0 * LANES);
      FloatVector x1 = FloatVector.fromArray(FLOATS, tile, a + 1 * LANES);
      FloatVector x2 = FloatVector.fromArray(FLOATS, tile, a + 2 * LANES);
      FloatVector w = FloatVector.fromArray(FLOATS, panel, b + 0 * LANES);
      s00 = w.fma(x0, s00);
      s10 = w.fma(x1, s10);
      s20 = w.fma(x2, s20);
      w = FloatVector.fromArray(FLOATS, panel, b + 1 * LANES);
      s01 = w.fma(x0, s01);
      s11 = w.fma(x1, s11);
      s21 = w.fma(x2, s21);
      w = FloatVector.fromArray(FLOATS, panel, b + 2 * LANES);
      s02 = w.fma(x0, s02);
      s12 = w.fma(x1, s12);
      s22 = w.fma(x2, s22);
      w = FloatVector.fromArray(FLOATS, panel, b + 3 * LANES);
      s03 = w.fma(x0, s03);
      s13 = w.fma(x1, s13);
      s23 = w.fma(x2, s23);
      w = FloatVector.fromArray(FLOATS, panel, b + 4 * LANES);
      s04 = w.fma(x0, s04);
      s14 = w.fma(x1, s14);
      s24 = w.fma(x2, s24);
      w = FloatVector.fromArray(FLOATS, panel, b + 5 * LANES);
      s05 = w.fma(x0, s05);
      s15 = w.fma(x1, s15);
      s25 = w.fma(x2, s25);
      w = FloatVector.fromArray(FLOATS, panel, b + 6 * LANES);
      s06 = w.fma(x0, s06);
      s16 = w.fma(x1, s16);
      s26 = w.fma(x2, s26);
      w = FloatVector.fromArray(FLOATS, panel, b + 7 * LANES);
      s07 = w.fma(x0, s07);
      s17 = w.fma(x1, s17);
      s27 = w.fma(x2, s27);
    }
    s00.intoArray(sums, s + 0 * RESIDUES);
    s01.intoArray(sums, s + 1 * RESIDUES);
    s02.intoArray(sums, s + 2 * RESIDUES);
    s03.intoArray(sums, s + 3 * RESIDUES);
    s04.intoArray(sums, s + 4 * RESIDUES);
    s05.intoArray(sums, s + 5 * RESIDUES);
    s06.intoArray(sums, s + 6 * RESIDUES);
    s07.intoArray(sums, s + 7 * RESIDUES);
    s10.intoArray(sums, s + 8 * RESIDUES);
    s11.intoArray(sums, s + 9 * RESIDUES);
    s12.intoArray(sums, s + 10 * RESIDUES);
    s13.intoArray(sums, s + 11 * RESIDUES);
    s14.intoArray(sums, s + 12 * RESIDUES);
    s15.intoArray(sums, s + 13 * RESIDUES);
    s16.intoArray(sums, s + 14 * RESIDUES);
    s17.intoArray(sums, s + 15 * RESIDUES);
    s20.intoArray(sums, s + 16 * RESIDUES);
    s21.intoArray(sums, s + 17 * RESIDUES);
    s22.intoArray(sums, s + 18 * RESIDUES);
    s23.intoArray(sums, s + 19 * RESIDUES);
    s24.intoArray(sums, s + 20 * RESIDUES);
    s25.intoArray(sums, s + 21 * RESIDUES);
    s26.intoArray(sums, s + 22 * RESIDUES);
    s27.intoArray(sums, s + 23 * RESIDUES);
  }

  /** 3 rows by 4 columns, for 16 registers. */
  private static void narrowTile(
      float[] panel,
      int panelOffset,
      float[] tile,
      int tileOffset,
      int steps,
      float[] from,
      int f,
      float[] sums,
      int s) {
    FloatVector s00 = FloatVector.fromArray(FLOATS, from, f + 0 * RESIDUES);
    FloatVector s01 = FloatVector.fromArray(FLOATS, from, f + 1 * RESIDUES);
    FloatVector s02 = FloatVector.fromArray(FLOATS, from, f + 2 * RESIDUES);
    FloatVector s03 = FloatVector.fromArray(FLOATS, from, f + 3 * RESIDUES);
    FloatVector s10 = FloatVector.fromArray(FLOATS, from, f + 4 * RESIDUES);
    FloatVector s11 = FloatVector.fromArray(FLOATS, from, f + 5 * RESIDUES);
    FloatVector s12 = FloatVector.fromArray(FLOATS, from, f + 6 * RESIDUES);
    FloatVector s13 = FloatVector.fromArray(FLOATS, from, f + 7 * RESIDUES);
    FloatVector s20 = FloatVector.fromArray(FLOATS, from, f + 8 * RESIDUES);
    FloatVector s21 = FloatVector.fromArray(FLOATS, from, f + 9 * RESIDUES);
    FloatVector s22 = FloatVector.fromArray(FLOATS, from, f + 10 * RESIDUES);
    FloatVector s23 = FloatVector.fromArray(FLOATS, from, f + 11 * RESIDUES);
    int end = panelOffset + steps * 4 * LANES;
    int a = tileOffset;
    for (int b = panelOffset; b < end; a += 3 * LANES, b += 4 * LANES) {
      FloatVector x0 = FloatVector.fromArray(FLOATS, tile, a + 0 * LANES);
      FloatVector x1 = FloatVector.fromArray(FLOATS, tile, a + 1 * LANES);
      FloatVector x2 = FloatVector.fromArray(FLOATS, tile, a + 2 * LANES);
      FloatVector w = FloatVector.fromArray(FLOATS, panel, b + 0 * LANES);
      s00 = w.fma(x0, s00);
      s10 = w.fma(x1, s10);
      s20 = w.fma(x2, s20);
      w = FloatVector.fromArray(FLOATS, panel, b + 1 * LANES);
      s01 = w.fma(x0, s01);
      s11 = w.fma(x1, s11);
      s21 = w.fma(x2, s21);
      w = FloatVector.fromArray(FLOATS, panel, b + 2 * LANES);
      s02 = w.fma(x0, s02);
      s12 = w.fma(x1, s12);
      s22 = w.fma(x2, s22);
      w = FloatVector.fromArray(FLOATS, panel, b + 3 * LANES);
      s03 = w.fma(x0, s03);
      s13 = w.fma(x1, s13);
      s23 = w.fma(x2, s23);
    }
    s00.intoArray(sums, s + 0 * RESIDUES);
    s01.intoArray(sums, s + 1 * RESIDUES);
    s02.intoArray(sums, s + 2 * RESIDUES);
    s03.intoArray(sums, s + 3 * RESIDUES);
    s10.intoArray(sums, s + 4 * RESIDUES);
    s11.intoArray(sums, s + 5 * RESIDUES);
    s12.intoArray(sums, s + 6 * RESIDUES);
    s13.intoArray(sums, s + 7 * RESIDUES);
    s20.intoArray(sums, s + 8 * RESIDUES);
    s21.intoArray(sums, s + 9 * RESIDUES);
    s22.intoArray(sums, s + 10 * RESIDUES);
    s23.intoArray(sums, s + 11 * RESIDUES);
  }
}
