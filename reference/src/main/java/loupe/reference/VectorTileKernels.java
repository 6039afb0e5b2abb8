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

  /** 24 sums, 6 weights and one activation fill the 32 registers of the widest vectors. */
  private static final boolean WIDE = LANES == RESIDUES;

  /** What partial sums start from. */
  private static final float[] ZEROS = new float[6 * RESIDUES];

  static final int TILE_ROWS = 4;
  static final int PANEL_COLUMNS = WIDE ? 6 : 3;

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

  static void accumulate(
      float[] panel,
      int panelOffset,
      int panelPart,
      float[] tiles,
      int tilesOffset,
      int tilePart,
      int tileSize,
      int tileCount,
      int steps,
      float[] sums,
      int sumsOffset,
      int sumsStride,
      boolean continued) {
    float[] from = continued ? sums : ZEROS;
    int fromStride = continued ? sumsStride : 0;
    for (int tile = 0; tile < tileCount; tile++) {
      int a = tilesOffset + tile * tileSize;
      int s = sumsOffset + tile * TILE_ROWS * sumsStride;
      int f = continued ? s : 0;
      if (WIDE) {
        wideTile(panel, panelOffset, tiles, a, steps, from, f, fromStride, sums, s, sumsStride);
      } else {
        for (int part = 0; part < RESIDUES / LANES; part++) {
          int b = panelOffset + part * panelPart;
          int p = part * LANES;
          narrowTile(
              panel,
              b,
              tiles,
              a + part * tilePart,
              steps,
              from,
              f + p,
              fromStride,
              sums,
              s + p,
              sumsStride);
        }
      }
    }
  }

  /** 4 rows by 6 columns of 16 lanes. */
  private static void wideTile(
      float[] panel,
      int b,
      float[] tile,
      int a,
      int steps,
      float[] from,
      int f,
      int fromStride,
      float[] sums,
      int s,
      int stride) {
    FloatVector s00 = FloatVector.fromArray(FLOATS, from, f + 0 * fromStride + 0 * RESIDUES);
    FloatVector s01 = FloatVector.fromArray(FLOATS, from, f + 0 * fromStride + 1 * RESIDUES);
    FloatVector s02 = FloatVector.fromArray(FLOATS, from, f + 0 * fromStride + 2 * RESIDUES);
    FloatVector s03 = FloatVector.fromArray(FLOATS, from, f + 0 * fromStride + 3 * RESIDUES);
    FloatVector s04 = FloatVector.fromArray(FLOATS, from, f + 0 * fromStride + 4 * RESIDUES);
    FloatVector s05 = FloatVector.fromArray(FLOATS, from, f + 0 * fromStride + 5 * RESIDUES);
    FloatVector s10 = FloatVector.fromArray(FLOATS, from, f + 1 * fromStride + 0 * RESIDUES);
    FloatVector s11 = FloatVector.fromArray(FLOATS, from, f + 1 * fromStride + 1 * RESIDUES);
    FloatVector s12 = FloatVector.fromArray(FLOATS, from, f + 1 * fromStride + 2 * RESIDUES);
    FloatVector s13 = FloatVector.fromArray(FLOATS, from, f + 1 * fromStride + 3 * RESIDUES);
    FloatVector s14 = FloatVector.fromArray(FLOATS, from, f + 1 * fromStride + 4 * RESIDUES);
    FloatVector s15 = FloatVector.fromArray(FLOATS, from, f + 1 * fromStride + 5 * RESIDUES);
    FloatVector s20 = FloatVector.fromArray(FLOATS, from, f + 2 * fromStride + 0 * RESIDUES);
    FloatVector s21 = FloatVector.fromArray(FLOATS, from, f + 2 * fromStride + 1 * RESIDUES);
    FloatVector s22 = FloatVector.fromArray(FLOATS, from, f + 2 * fromStride + 2 * RESIDUES);
    FloatVector s23 = FloatVector.fromArray(FLOATS, from, f + 2 * fromStride + 3 * RESIDUES);
    FloatVector s24 = FloatVector.fromArray(FLOATS, from, f + 2 * fromStride + 4 * RESIDUES);
    FloatVector s25 = FloatVector.fromArray(FLOATS, from, f + 2 * fromStride + 5 * RESIDUES);
    FloatVector s30 = FloatVector.fromArray(FLOATS, from, f + 3 * fromStride + 0 * RESIDUES);
    FloatVector s31 = FloatVector.fromArray(FLOATS, from, f + 3 * fromStride + 1 * RESIDUES);
    FloatVector s32 = FloatVector.fromArray(FLOATS, from, f + 3 * fromStride + 2 * RESIDUES);
    FloatVector s33 = FloatVector.fromArray(FLOATS, from, f + 3 * fromStride + 3 * RESIDUES);
    FloatVector s34 = FloatVector.fromArray(FLOATS, from, f + 3 * fromStride + 4 * RESIDUES);
    FloatVector s35 = FloatVector.fromArray(FLOATS, from, f + 3 * fromStride + 5 * RESIDUES);
    for (int step = 0; step < steps; step++, a += 4 * LANES, b += 6 * LANES) {
      FloatVector w0 = FloatVector.fromArray(FLOATS, panel, b + 0 * LANES);
      FloatVector w1 = FloatVector.fromArray(FLOATS, panel, b + 1 * LANES);
      FloatVector w2 = FloatVector.fromArray(FLOATS, panel, b + 2 * LANES);
      FloatVector w3 = FloatVector.fromArray(FLOATS, panel, b + 3 * LANES);
      FloatVector w4 = FloatVector.fromArray(FLOATS, panel, b + 4 * LANES);
      FloatVector w5 = FloatVector.fromArray(FLOATS, panel, b + 5 * LANES);
      FloatVector x = FloatVector.fromArray(FLOATS, tile, a + 0 * LANES);
      s00 = x.fma(w0, s00);
      s01 = x.fma(w1, s01);
      s02 = x.fma(w2, s02);
      s03 = x.fma(w3, s03);
      s04 = x.fma(w4, s04);
      s05 = x.fma(w5, s05);
      x = FloatVector.fromArray(FLOATS, tile, a + 1 * LANES);
      s10 = x.fma(w0, s10);
      s11 = x.fma(w1, s11);
      s12 = x.fma(w2, s12);
      s13 = x.fma(w3, s13);
      s14 = x.fma(w4, s14);
      s15 = x.fma(w5, s15);
      x = FloatVector.fromArray(FLOATS, tile, a + 2 * LANES);
      s20 = x.fma(w0, s20);
      s21 = x.fma(w1, s21);
      s22 = x.fma(w2, s22);
      s23 = x.fma(w3, s23);
      s24 = x.fma(w4, s24);
      s25 = x.fma(w5, s25);
      x = FloatVector.fromArray(FLOATS, tile, a + 3 * LANES);
      s30 = x.fma(w0, s30);
      s31 = x.fma(w1, s31);
      s32 = x.fma(w2, s32);
      s33 = x.fma(w3, s33);
      s34 = x.fma(w4, s34);
      s35 = x.fma(w5, s35);
    }
    s00.intoArray(sums, s + 0 * stride + 0 * RESIDUES);
    s01.intoArray(sums, s + 0 * stride + 1 * RESIDUES);
    s02.intoArray(sums, s + 0 * stride + 2 * RESIDUES);
    s03.intoArray(sums, s + 0 * stride + 3 * RESIDUES);
    s04.intoArray(sums, s + 0 * stride + 4 * RESIDUES);
    s05.intoArray(sums, s + 0 * stride + 5 * RESIDUES);
    s10.intoArray(sums, s + 1 * stride + 0 * RESIDUES);
    s11.intoArray(sums, s + 1 * stride + 1 * RESIDUES);
    s12.intoArray(sums, s + 1 * stride + 2 * RESIDUES);
    s13.intoArray(sums, s + 1 * stride + 3 * RESIDUES);
    s14.intoArray(sums, s + 1 * stride + 4 * RESIDUES);
    s15.intoArray(sums, s + 1 * stride + 5 * RESIDUES);
    s20.intoArray(sums, s + 2 * stride + 0 * RESIDUES);
    s21.intoArray(sums, s + 2 * stride + 1 * RESIDUES);
    s22.intoArray(sums, s + 2 * stride + 2 * RESIDUES);
    s23.intoArray(sums, s + 2 * stride + 3 * RESIDUES);
    s24.intoArray(sums, s + 2 * stride + 4 * RESIDUES);
    s25.intoArray(sums, s + 2 * stride + 5 * RESIDUES);
    s30.intoArray(sums, s + 3 * stride + 0 * RESIDUES);
    s31.intoArray(sums, s + 3 * stride + 1 * RESIDUES);
    s32.intoArray(sums, s + 3 * stride + 2 * RESIDUES);
    s33.intoArray(sums, s + 3 * stride + 3 * RESIDUES);
    s34.intoArray(sums, s + 3 * stride + 4 * RESIDUES);
    s35.intoArray(sums, s + 3 * stride + 5 * RESIDUES);
  }

  /** 4 rows by 3 columns, for 16 registers. */
  private static void narrowTile(
      float[] panel,
      int b,
      float[] tile,
      int a,
      int steps,
      float[] from,
      int f,
      int fromStride,
      float[] sums,
      int s,
      int stride) {
    FloatVector s00 = FloatVector.fromArray(FLOATS, from, f + 0 * fromStride + 0 * RESIDUES);
    FloatVector s01 = FloatVector.fromArray(FLOATS, from, f + 0 * fromStride + 1 * RESIDUES);
    FloatVector s02 = FloatVector.fromArray(FLOATS, from, f + 0 * fromStride + 2 * RESIDUES);
    FloatVector s10 = FloatVector.fromArray(FLOATS, from, f + 1 * fromStride + 0 * RESIDUES);
    FloatVector s11 = FloatVector.fromArray(FLOATS, from, f + 1 * fromStride + 1 * RESIDUES);
    FloatVector s12 = FloatVector.fromArray(FLOATS, from, f + 1 * fromStride + 2 * RESIDUES);
    FloatVector s20 = FloatVector.fromArray(FLOATS, from, f + 2 * fromStride + 0 * RESIDUES);
    FloatVector s21 = FloatVector.fromArray(FLOATS, from, f + 2 * fromStride + 1 * RESIDUES);
    FloatVector s22 = FloatVector.fromArray(FLOATS, from, f + 2 * fromStride + 2 * RESIDUES);
    FloatVector s30 = FloatVector.fromArray(FLOATS, from, f + 3 * fromStride + 0 * RESIDUES);
    FloatVector s31 = FloatVector.fromArray(FLOATS, from, f + 3 * fromStride + 1 * RESIDUES);
    FloatVector s32 = FloatVector.fromArray(FLOATS, from, f + 3 * fromStride + 2 * RESIDUES);
    for (int step = 0; step < steps; step++, a += 4 * LANES, b += 3 * LANES) {
      FloatVector w0 = FloatVector.fromArray(FLOATS, panel, b + 0 * LANES);
      FloatVector w1 = FloatVector.fromArray(FLOATS, panel, b + 1 * LANES);
      FloatVector w2 = FloatVector.fromArray(FLOATS, panel, b + 2 * LANES);
      FloatVector x = FloatVector.fromArray(FLOATS, tile, a + 0 * LANES);
      s00 = x.fma(w0, s00);
      s01 = x.fma(w1, s01);
      s02 = x.fma(w2, s02);
      x = FloatVector.fromArray(FLOATS, tile, a + 1 * LANES);
      s10 = x.fma(w0, s10);
      s11 = x.fma(w1, s11);
      s12 = x.fma(w2, s12);
      x = FloatVector.fromArray(FLOATS, tile, a + 2 * LANES);
      s20 = x.fma(w0, s20);
      s21 = x.fma(w1, s21);
      s22 = x.fma(w2, s22);
      x = FloatVector.fromArray(FLOATS, tile, a + 3 * LANES);
      s30 = x.fma(w0, s30);
      s31 = x.fma(w1, s31);
      s32 = x.fma(w2, s32);
    }
    s00.intoArray(sums, s + 0 * stride + 0 * RESIDUES);
    s01.intoArray(sums, s + 0 * stride + 1 * RESIDUES);
    s02.intoArray(sums, s + 0 * stride + 2 * RESIDUES);
    s10.intoArray(sums, s + 1 * stride + 0 * RESIDUES);
    s11.intoArray(sums, s + 1 * stride + 1 * RESIDUES);
    s12.intoArray(sums, s + 1 * stride + 2 * RESIDUES);
    s20.intoArray(sums, s + 2 * stride + 0 * RESIDUES);
    s21.intoArray(sums, s + 2 * stride + 1 * RESIDUES);
    s22.intoArray(sums, s + 2 * stride + 2 * RESIDUES);
    s30.intoArray(sums, s + 3 * stride + 0 * RESIDUES);
    s31.intoArray(sums, s + 3 * stride + 1 * RESIDUES);
    s32.intoArray(sums, s + 3 * stride + 2 * RESIDUES);
  }
}
