package loupe.reference;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.S2I;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loop of products of few rows, as in decode: some rows of weights at a time by one row
 * of activations. Each row has a register of partial sums of its own, so that additions overlap,
 * and weights of 16 bits are widened on the way.
 */
final class VectorRowKernels {
  /** Rows of weights at a time. */
  private static final int ROWS = 4;

  private static final int RESIDUES = FloatKernels.RESIDUES;
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, FLOATS.vectorShape());
  private static final int LANES = FLOATS.length();

  /** As many shorts as there are lanes. */
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(LANES * Short.SIZE));

  private VectorRowKernels() {}

  /** See {@link FloatKernels#dots}. */
  static void dots(
      float[] weights,
      int weightsOffset,
      int rows,
      int k,
      float[] x,
      int xOffset,
      float[] sums,
      float[] out,
      int outOffset) {
    for (int row = 0; row < rows; row += ROWS) {
      int count = Math.min(ROWS, rows - row);
      int at = weightsOffset + row * k;
      accumulate(weights, at, count, k, x, xOffset, sums);
      for (int r = 0; r < count; r++) {
        for (int i = k / RESIDUES * RESIDUES; i < k; i++) {
          int s = r * RESIDUES + i % RESIDUES;
          sums[s] = FusedMultiplyAdd.fma(x[xOffset + i], weights[at + r * k + i], sums[s]);
        }
        out[outOffset + row + r] = ScalarKernels.tree(sums, r * RESIDUES, 1);
      }
    }
  }

  /** See {@link FloatKernels#dots}. */
  static void dots(
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
    int whole = k / RESIDUES * RESIDUES;
    for (int row = 0; row < rows; row += ROWS) {
      int count = Math.min(ROWS, rows - row);
      int at = bitsOffset + row * k;
      accumulate(type, bits, at, count, k, x, xOffset, sums);
      for (int r = 0; r < count; r++) {
        int s = r * RESIDUES;
        ScalarKernels.addProducts(type, bits, at + r * k, x, xOffset, whole, k, sums, s);
        out[outOffset + row + r] = ScalarKernels.tree(sums, s, 1);
      }
    }
  }

  /**
   * Partial sums of up to {@link #ROWS} rows over the whole sixteens of k.
   *
   * @param sums {@code [row, 16]}; modified
   */
  private static void accumulate(
      float[] weights, int at, int rows, int k, float[] x, int xOffset, float[] sums) {
    int w1 = at + Math.min(1, rows - 1) * k;
    int w2 = at + Math.min(2, rows - 1) * k;
    int w3 = at + Math.min(3, rows - 1) * k;
    for (int p = 0; p < RESIDUES; p += LANES) {
      rowsOfFloats(weights, at + p, w1 + p, w2 + p, w3 + p, k, x, xOffset + p, sums, p);
    }
  }

  /** As the other, of BF16 or F16. */
  private static void accumulate(
      DType type, short[] bits, int at, int rows, int k, float[] x, int xOffset, float[] sums) {
    int w1 = at + Math.min(1, rows - 1) * k;
    int w2 = at + Math.min(2, rows - 1) * k;
    int w3 = at + Math.min(3, rows - 1) * k;
    for (int p = 0; p < RESIDUES; p += LANES) {
      if (type == DType.BF16) {
        rowsOfBf16(bits, at + p, w1 + p, w2 + p, w3 + p, k, x, xOffset + p, sums, p);
      } else {
        rowsOfF16(bits, at + p, w1 + p, w2 + p, w3 + p, k, x, xOffset + p, sums, p);
      }
    }
  }

  private static void rowsOfFloats(
      float[] weights,
      int w0,
      int w1,
      int w2,
      int w3,
      int k,
      float[] x,
      int xOffset,
      float[] sums,
      int s) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    int whole = k / RESIDUES * RESIDUES;
    for (int i = 0; i < whole; i += RESIDUES) {
      FloatVector a = FloatVector.fromArray(FLOATS, x, xOffset + i);
      s0 = FloatVector.fromArray(FLOATS, weights, w0 + i).fma(a, s0);
      s1 = FloatVector.fromArray(FLOATS, weights, w1 + i).fma(a, s1);
      s2 = FloatVector.fromArray(FLOATS, weights, w2 + i).fma(a, s2);
      s3 = FloatVector.fromArray(FLOATS, weights, w3 + i).fma(a, s3);
    }
    s0.intoArray(sums, s);
    s1.intoArray(sums, s + 1 * RESIDUES);
    s2.intoArray(sums, s + 2 * RESIDUES);
    s3.intoArray(sums, s + 3 * RESIDUES);
  }

  private static void rowsOfBf16(
      short[] bits,
      int w0,
      int w1,
      int w2,
      int w3,
      int k,
      float[] x,
      int xOffset,
      float[] sums,
      int s) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    int whole = k / RESIDUES * RESIDUES;
    for (int i = 0; i < whole; i += RESIDUES) {
      FloatVector a = FloatVector.fromArray(FLOATS, x, xOffset + i);
      IntVector v =
          (IntVector) ShortVector.fromArray(SHORTS, bits, w0 + i).convertShape(S2I, INTS, 0);
      s0 = v.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(a, s0);
      v = (IntVector) ShortVector.fromArray(SHORTS, bits, w1 + i).convertShape(S2I, INTS, 0);
      s1 = v.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(a, s1);
      v = (IntVector) ShortVector.fromArray(SHORTS, bits, w2 + i).convertShape(S2I, INTS, 0);
      s2 = v.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(a, s2);
      v = (IntVector) ShortVector.fromArray(SHORTS, bits, w3 + i).convertShape(S2I, INTS, 0);
      s3 = v.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().fma(a, s3);
    }
    s0.intoArray(sums, s);
    s1.intoArray(sums, s + 1 * RESIDUES);
    s2.intoArray(sums, s + 2 * RESIDUES);
    s3.intoArray(sums, s + 3 * RESIDUES);
  }

  private static void rowsOfF16(
      short[] bits,
      int w0,
      int w1,
      int w2,
      int w3,
      int k,
      float[] x,
      int xOffset,
      float[] sums,
      int s) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    int whole = k / RESIDUES * RESIDUES;
    for (int i = 0; i < whole; i += RESIDUES) {
      FloatVector a = FloatVector.fromArray(FLOATS, x, xOffset + i);
      s0 = f16(bits, w0 + i).fma(a, s0);
      s1 = f16(bits, w1 + i).fma(a, s1);
      s2 = f16(bits, w2 + i).fma(a, s2);
      s3 = f16(bits, w3 + i).fma(a, s3);
    }
    s0.intoArray(sums, s);
    s1.intoArray(sums, s + 1 * RESIDUES);
    s2.intoArray(sums, s + 2 * RESIDUES);
    s3.intoArray(sums, s + 3 * RESIDUES);
  }

  /** Whole vectors of BF16, exactly, into {@code to}, which is modified. */
  static void widenBf16(short[] bits, int bitsOffset, float[] to, int toOffset, int count) {
    for (int i = 0; i < count; i += LANES) {
      ShortVector some = ShortVector.fromArray(SHORTS, bits, bitsOffset + i);
      IntVector wide = (IntVector) some.convertShape(S2I, INTS, 0);
      wide.lanewise(LSHL, Short.SIZE).reinterpretAsFloats().intoArray(to, toOffset + i);
    }
  }

  /** As {@link #widenBf16}, of F16. */
  static void widenF16(short[] bits, int bitsOffset, float[] to, int toOffset, int count) {
    for (int i = 0; i < count; i += LANES) {
      f16(bits, bitsOffset + i).intoArray(to, toOffset + i);
    }
  }

  private static FloatVector f16(short[] bits, int offset) {
    return halfToFloat(widen(bits, offset));
  }

  /** Sign-extending, since the zero-extending conversion of 512 bits fails on JDK 17. */
  private static IntVector widen(short[] bits, int offset) {
    return (IntVector) ShortVector.fromArray(SHORTS, bits, offset).convertShape(S2I, INTS, 0);
  }

  private static FloatVector halfToFloat(IntVector wide) {
    IntVector sign = wide.and(0x80000000);
    IntVector magnitude = wide.and(0x7fff).lanewise(LSHL, 13);
    IntVector finite = magnitude.reinterpretAsFloats().mul(0x1p112f).reinterpretAsInts();
    VectorMask<Integer> special = magnitude.compare(VectorOperators.GE, 0x0f800000);
    return finite.blend(magnitude.or(0x7f800000), special).or(sign).reinterpretAsFloats();
  }
}
