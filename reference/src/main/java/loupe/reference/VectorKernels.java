package loupe.reference;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link ScalarKernels} with the Vector API, of 128, 256 or 512 bits: the same operations on each
 * element in the same order, and so the same bits. Only this class, {@link VectorTileKernels},
 * {@link VectorRowKernels} and {@link VectorFunctions} touch the API.
 *
 * <p>Methods that take or return vectors are small, so that the compiler inlines them: a vector
 * that crosses a real call is boxed.
 */
final class VectorKernels implements FloatKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();

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
  public int tileRows() {
    return VectorTileKernels.TILE_ROWS;
  }

  @Override
  public int panelColumns() {
    return VectorTileKernels.PANEL_COLUMNS;
  }

  @Override
  public void dots(
      float[] weights,
      int weightsOffset,
      int rows,
      int k,
      float[] x,
      int xOffset,
      float[] sums,
      float[] out,
      int outOffset) {
    VectorRowKernels.dots(weights, weightsOffset, rows, k, x, xOffset, sums, out, outOffset);
  }

  @Override
  public void dots(
      DType type,
      short[] bits,
      int bitsOffset,
      int rows,
      int k,
      float[] x,
      int xOffset,
      float[] sums,
      float[] out,
      int outOffset) {
    VectorRowKernels.dots(type, bits, bitsOffset, rows, k, x, xOffset, sums, out, outOffset);
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
      sums[k - whole] = FusedMultiplyAdd.fma(a[aOffset + k], b[bOffset + k], sums[k - whole]);
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
      float[] tile,
      int tileOffset,
      int steps,
      float[] sums,
      int sumsOffset) {
    VectorTileKernels.accumulate(panel, panelOffset, tile, tileOffset, steps, sums, sumsOffset);
  }

  @Override
  public float finish(
      float[] sums,
      int sumsOffset,
      int rows,
      int columns,
      float[] out,
      int[] rowOffsets,
      int firstRow,
      int outOffset) {
    return VectorTileKernels.finish(
        sums, sumsOffset, rows, columns, out, rowOffsets, firstRow, outOffset);
  }

  @Override
  public void addMultiple(
      float factor, float[] row, int rowOffset, float[] sums, int sumsOffset, int count) {
    int whole = FLOATS.loopBound(count);
    FloatVector by = FloatVector.broadcast(FLOATS, factor);
    for (int i = 0; i < whole; i += LANES) {
      load(row, rowOffset + i).fma(by, load(sums, sumsOffset + i)).intoArray(sums, sumsOffset + i);
    }
    scalar.addMultiple(factor, row, rowOffset + whole, sums, sumsOffset + whole, count - whole);
  }

  @Override
  public void widen(DType type, short[] bits, int bitsOffset, float[] to, int toOffset, int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector value =
          type == DType.BF16
              ? VectorRowKernels.bf16(bits, bitsOffset + i)
              : VectorRowKernels.f16(bits, bitsOffset + i);
      value.intoArray(to, toOffset + i);
    }
    scalar.widen(type, bits, bitsOffset + whole, to, toOffset + whole, count - whole);
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
    VectorFunctions.softcap(from, fromOffset, to, toOffset, whole, cap);
    scalar.softcap(from, fromOffset + whole, to, toOffset + whole, count - whole, cap);
  }

  @Override
  public void gelu(float[] from, int fromOffset, float[] to, int toOffset, int count) {
    int whole = FLOATS.loopBound(count);
    VectorFunctions.gelu(from, fromOffset, to, toOffset, whole);
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
    VectorFunctions.expDifference(x, offset, whole, subtrahend);
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
