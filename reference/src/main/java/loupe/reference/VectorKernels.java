package loupe.reference;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link ScalarKernels} with the Vector API, of 128, 256 or 512 bits: the same operations on each
 * element in the same order, and so the same bits. The only class that touches the API.
 *
 * <p>Methods that take or return vectors are small, so that the compiler inlines them: a vector
 * that crosses a real call is boxed.
 */
final class VectorKernels implements FloatKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, FLOATS.vectorShape());
  private static final int LANES = FLOATS.length();

  /** As many shorts as there are lanes. */
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(LANES * Short.SIZE));

  private static final int PANEL_WIDTH = 2 * LANES;

  private static final VectorShuffle<Float> PLUS_8 = rotation(8);
  private static final VectorShuffle<Float> PLUS_4 = rotation(4);
  private static final VectorShuffle<Float> PLUS_2 = rotation(2);
  private static final VectorShuffle<Float> PLUS_1 = rotation(1);

  private final ScalarKernels scalar = new ScalarKernels();

  /**
   * @throws UnsupportedOperationException if this machine's vectors are not of 128 to 512 bits
   */
  VectorKernels() {
    if (LANES < 4 || LANES > RESIDUES) {
      throw new UnsupportedOperationException("vectors of " + LANES * Float.SIZE + " bits");
    }
  }

  private static VectorShuffle<Float> rotation(int lanes) {
    return VectorShuffle.iota(FLOATS, lanes % LANES, 1, true);
  }

  @Override
  public String name() {
    return "vector";
  }

  /** Bits of a vector. */
  static int vectorBits() {
    return FLOATS.vectorBitSize();
  }

  @Override
  public int panelWidth() {
    return PANEL_WIDTH;
  }

  @Override
  public float dot(float[] a, int aOffset, float[] b, int bOffset, int count) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    int whole = count / RESIDUES * RESIDUES;
    for (int k = 0; k < whole; k += RESIDUES) {
      s0 = load(a, aOffset + k).fma(load(b, bOffset + k), s0);
      if (LANES <= 8) {
        s1 = load(a, aOffset + k + LANES).fma(load(b, bOffset + k + LANES), s1);
      }
      if (LANES <= 4) {
        s2 = load(a, aOffset + k + 2 * LANES).fma(load(b, bOffset + k + 2 * LANES), s2);
        s3 = load(a, aOffset + k + 3 * LANES).fma(load(b, bOffset + k + 3 * LANES), s3);
      }
    }
    if (whole == count) {
      return tree(s0, s1, s2, s3);
    }
    float[] sums = new float[RESIDUES];
    store(s0, s1, s2, s3, sums);
    for (int k = whole; k < count; k++) {
      sums[k - whole] = Math.fma(a[aOffset + k], b[bOffset + k], sums[k - whole]);
    }
    return ScalarKernels.tree(sums, 0, 1);
  }

  private static FloatVector load(float[] from, int offset) {
    return FloatVector.fromArray(FLOATS, from, offset);
  }

  private static void store(
      FloatVector s0, FloatVector s1, FloatVector s2, FloatVector s3, float[] sums) {
    s0.intoArray(sums, 0);
    if (LANES <= 8) {
      s1.intoArray(sums, LANES);
    }
    if (LANES <= 4) {
      s2.intoArray(sums, 2 * LANES);
      s3.intoArray(sums, 3 * LANES);
    }
  }

  /** {@link ScalarKernels#tree} of 16 sums in one, two or four vectors. */
  private static float tree(FloatVector s0, FloatVector s1, FloatVector s2, FloatVector s3) {
    FloatVector t;
    if (LANES == 16) {
      t = s0.add(s0.rearrange(PLUS_8));
      t = t.add(t.rearrange(PLUS_4));
    } else if (LANES == 8) {
      t = s0.add(s1);
      t = t.add(t.rearrange(PLUS_4));
    } else {
      t = s0.add(s2).add(s1.add(s3));
    }
    t = t.add(t.rearrange(PLUS_2));
    t = t.add(t.rearrange(PLUS_1));
    return t.lane(0) + 0f;
  }

  @Override
  public void accumulate(
      float[] panel,
      int panelOffset,
      int panelStride,
      float[] tiles,
      int tilesOffset,
      int tileCount,
      int k,
      float[] sums,
      int sumsOffset,
      boolean continued) {
    int steps = (k + RESIDUES - 1) / RESIDUES;
    if (!continued) {
      int size = RESIDUES * tileCount * TILE_ROWS * PANEL_WIDTH;
      Arrays.fill(sums, sumsOffset, sumsOffset + size, 0f);
    }
    for (int residue = 0; residue < RESIDUES; residue++) {
      int count = (k - residue + RESIDUES - 1) / RESIDUES;
      for (int tile = residue * tileCount; tile < (residue + 1) * tileCount; tile++) {
        accumulateTile(
            panel,
            panelOffset + residue * panelStride,
            tiles,
            tilesOffset + tile * steps * TILE_ROWS,
            count,
            sums,
            sumsOffset + tile * TILE_ROWS * PANEL_WIDTH);
      }
    }
  }

  /** 4 rows by 2 vectors: 8 chains of additions hide the latency and leave registers free. */
  private static void accumulateTile(
      float[] panel, int panelAt, float[] tile, int tileAt, int count, float[] sums, int at) {
    FloatVector s00 = load(sums, at);
    FloatVector s01 = load(sums, at + LANES);
    FloatVector s10 = load(sums, at + 2 * LANES);
    FloatVector s11 = load(sums, at + 3 * LANES);
    FloatVector s20 = load(sums, at + 4 * LANES);
    FloatVector s21 = load(sums, at + 5 * LANES);
    FloatVector s30 = load(sums, at + 6 * LANES);
    FloatVector s31 = load(sums, at + 7 * LANES);
    for (int step = 0; step < count; step++) {
      FloatVector p0 = load(panel, panelAt + step * PANEL_WIDTH);
      FloatVector p1 = load(panel, panelAt + step * PANEL_WIDTH + LANES);
      FloatVector x = FloatVector.broadcast(FLOATS, tile[tileAt + step * TILE_ROWS]);
      s00 = x.fma(p0, s00);
      s01 = x.fma(p1, s01);
      x = FloatVector.broadcast(FLOATS, tile[tileAt + step * TILE_ROWS + 1]);
      s10 = x.fma(p0, s10);
      s11 = x.fma(p1, s11);
      x = FloatVector.broadcast(FLOATS, tile[tileAt + step * TILE_ROWS + 2]);
      s20 = x.fma(p0, s20);
      s21 = x.fma(p1, s21);
      x = FloatVector.broadcast(FLOATS, tile[tileAt + step * TILE_ROWS + 3]);
      s30 = x.fma(p0, s30);
      s31 = x.fma(p1, s31);
    }
    s00.intoArray(sums, at);
    s01.intoArray(sums, at + LANES);
    s10.intoArray(sums, at + 2 * LANES);
    s11.intoArray(sums, at + 3 * LANES);
    s20.intoArray(sums, at + 4 * LANES);
    s21.intoArray(sums, at + 5 * LANES);
    s30.intoArray(sums, at + 6 * LANES);
    s31.intoArray(sums, at + 7 * LANES);
  }

  @Override
  public float finish(
      float[] sums,
      int sumsOffset,
      int tileCount,
      int rows,
      int columns,
      float[] out,
      int outOffset,
      int outStride) {
    int stride = tileCount * TILE_ROWS * PANEL_WIDTH;
    int whole = columns / LANES * LANES;
    FloatVector check = FloatVector.zero(FLOATS);
    float rest = 0f;
    for (int row = 0; row < rows; row++) {
      int to = outOffset + row * outStride;
      int from = sumsOffset + row * PANEL_WIDTH;
      for (int column = 0; column < whole; column += LANES) {
        FloatVector value = tree(sums, from + column, stride);
        value.intoArray(out, to + column);
        check = value.fma(FloatVector.zero(FLOATS), check);
      }
      for (int column = whole; column < columns; column++) {
        float value = ScalarKernels.tree(sums, from + column, stride);
        out[to + column] = value;
        rest += value * 0f;
      }
    }
    return check.reduceLanes(VectorOperators.ADD) + rest;
  }

  /** {@link ScalarKernels#tree}, one result in each lane. */
  private static FloatVector tree(float[] sums, int at, int stride) {
    FloatVector s0 = load(sums, at).add(load(sums, at + 8 * stride));
    FloatVector s1 = load(sums, at + stride).add(load(sums, at + 9 * stride));
    FloatVector s2 = load(sums, at + 2 * stride).add(load(sums, at + 10 * stride));
    FloatVector s3 = load(sums, at + 3 * stride).add(load(sums, at + 11 * stride));
    FloatVector s4 = load(sums, at + 4 * stride).add(load(sums, at + 12 * stride));
    FloatVector s5 = load(sums, at + 5 * stride).add(load(sums, at + 13 * stride));
    FloatVector s6 = load(sums, at + 6 * stride).add(load(sums, at + 14 * stride));
    FloatVector s7 = load(sums, at + 7 * stride).add(load(sums, at + 15 * stride));
    FloatVector even = s0.add(s4).add(s2.add(s6));
    FloatVector odd = s1.add(s5).add(s3.add(s7));
    return even.add(odd).add(FloatVector.zero(FLOATS));
  }

  @Override
  public void addMultiple(
      float factor, float[] row, int rowOffset, float[] sums, int sumsOffset, int count) {
    // The compiler makes vectors of this loop by itself.
    scalar.addMultiple(factor, row, rowOffset, sums, sumsOffset, count);
  }

  @Override
  public void widen(DType type, short[] bits, int bitsOffset, float[] to, int toOffset, int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += LANES) {
      // Sign-extending, since the zero-extending conversion of 512 bits fails on JDK 17.
      IntVector wide =
          (IntVector)
              ShortVector.fromArray(SHORTS, bits, bitsOffset + i)
                  .convertShape(VectorOperators.S2I, INTS, 0);
      FloatVector value =
          type == DType.BF16
              ? wide.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats()
              : halfToFloat(wide);
      value.intoArray(to, toOffset + i);
    }
    scalar.widen(type, bits, bitsOffset + whole, to, toOffset + whole, count - whole);
  }

  private static FloatVector halfToFloat(IntVector wide) {
    IntVector sign = wide.and(0x80000000);
    IntVector magnitude = wide.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
    IntVector finite = magnitude.reinterpretAsFloats().mul(0x1p112f).reinterpretAsInts();
    VectorMask<Integer> special = magnitude.compare(VectorOperators.GE, 0x0f800000);
    return finite.blend(magnitude.or(0x7f800000), special).or(sign).reinterpretAsFloats();
  }

  @Override
  public float scale(float[] x, int offset, int count, float factor) {
    int whole = FLOATS.loopBound(count);
    FloatVector check = FloatVector.zero(FLOATS);
    for (int i = offset; i < offset + whole; i += LANES) {
      FloatVector value = load(x, i).mul(factor);
      value.intoArray(x, i);
      check = value.fma(FloatVector.zero(FLOATS), check);
    }
    return check.reduceLanes(VectorOperators.ADD)
        + scalar.scale(x, offset + whole, count - whole, factor);
  }

  @Override
  public void softcap(
      float[] from, int fromOffset, float[] to, int toOffset, int count, float cap) {
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector ratio = load(from, fromOffset + i).div(cap);
      VectorFunctions.tanh(ratio).mul(cap).intoArray(to, toOffset + i);
    }
    scalar.softcap(from, fromOffset + whole, to, toOffset + whole, count - whole, cap);
  }

  @Override
  public void gelu(float[] from, int fromOffset, float[] to, int toOffset, int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += LANES) {
      VectorFunctions.gelu(load(from, fromOffset + i)).intoArray(to, toOffset + i);
    }
    scalar.gelu(from, fromOffset + whole, to, toOffset + whole, count - whole);
  }

  @Override
  public float max(float[] x, int offset, int count) {
    int whole = FLOATS.loopBound(count);
    FloatVector max = FloatVector.broadcast(FLOATS, x[offset]);
    for (int i = offset; i < offset + whole; i += LANES) {
      max = max.max(load(x, i));
    }
    float result = max.reduceLanes(VectorOperators.MAX);
    for (int i = offset + whole; i < offset + count; i++) {
      result = Math.max(result, x[i]);
    }
    return result;
  }

  @Override
  public void expDifference(float[] x, int offset, int count, float subtrahend) {
    int whole = FLOATS.loopBound(count);
    for (int i = offset; i < offset + whole; i += LANES) {
      VectorFunctions.exp(load(x, i).sub(subtrahend)).intoArray(x, i);
    }
    scalar.expDifference(x, offset + whole, count - whole, subtrahend);
  }

  @Override
  public float sum(float[] x, int offset, int count, int firstIndex) {
    float[] sums = new float[RESIDUES];
    int head = Math.min(count, -firstIndex & RESIDUES - 1);
    for (int i = 0; i < head; i++) {
      sums[(firstIndex + i) % RESIDUES] += x[offset + i];
    }
    int end = offset + head + (count - head) / RESIDUES * RESIDUES;
    for (int part = 0; part < RESIDUES; part += LANES) {
      FloatVector sum = load(sums, part);
      for (int i = offset + head; i < end; i += RESIDUES) {
        sum = sum.add(load(x, i + part));
      }
      sum.intoArray(sums, part);
    }
    for (int i = end; i < offset + count; i++) {
      sums[i - end] += x[i];
    }
    return ScalarKernels.tree(sums, 0, 1);
  }
}
