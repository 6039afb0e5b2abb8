package loupe.reference;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.S2I;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorSpecies;

/**
 * As {@link VectorTileKernels}, by a panel of BF16 weights: one int holds the weights of two
 * columns, which are widened in registers. Half the memory and half the packing, and one residue of
 * a panel fits into the first level of the cache.
 */
final class VectorPairKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = VectorWidening.INTS;
  private static final int LANES = FLOATS.length();
  private static final VectorSpecies<Short> SHORTS = VectorWidening.SHORTS;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final int LOW = 0x0000ffff;
  private static final int HIGH = 0xffff0000;

  private VectorPairKernels() {}

  /** See the {@code accumulate} of {@link FloatKernels} that takes ints. */
  static void accumulate(
      int[] panel,
      int panelOffset,
      float[] tile,
      int tileOffset,
      int steps,
      float[] sums,
      int sumsOffset) {
    if (VectorTileKernels.WIDE) {
      wideTile(panel, panelOffset, tile, tileOffset, steps, sums, sumsOffset);
    } else {
      narrowTile(panel, panelOffset, tile, tileOffset, steps, sums, sumsOffset);
    }
  }

  /** 12 rows by 2 vectors. */
  private static void wideTile(
      int[] panel, int panelOffset, float[] tile, int tileOffset, int steps, float[] sums, int s) {
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
    int end = panelOffset + steps * LANES;
    int a = tileOffset;
    for (int b = panelOffset; b < end; a += 12, b += LANES) {
      IntVector v = IntVector.fromArray(INTS, panel, b);
      FloatVector w0 = v.lanewise(LSHL, Short.SIZE).reinterpretAsFloats();
      FloatVector w1 = v.and(HIGH).reinterpretAsFloats();
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

  /**
   * 6 rows by 2 vectors, for 16 registers. A mask would be one too many: JDK 25 then loads and
   * stores sums all the time, and takes twice as long. The low half is taken off instead.
   */
  private static void narrowTile(
      int[] panel, int panelOffset, float[] tile, int tileOffset, int steps, float[] sums, int s) {
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
    int end = panelOffset + steps * LANES;
    int a = tileOffset;
    for (int b = panelOffset; b < end; a += 6, b += LANES) {
      IntVector v0 = IntVector.fromArray(INTS, panel, b + 0 * LANES);
      IntVector low = v0.lanewise(LSHL, Short.SIZE);
      FloatVector w0 = low.reinterpretAsFloats();
      FloatVector w1 = v0.sub(low.lanewise(LSHR, Short.SIZE)).reinterpretAsFloats();
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

  /** See the {@code pairUp} of {@link FloatKernels} that reads memory. */
  static void pairUp(StoredTensor.Run run, int low, int high, int[] to, int toOffset, int count) {
    int a = run.byteOffset() + low * Short.BYTES;
    int b = run.byteOffset() + high * Short.BYTES;
    int whole = FLOATS.loopBound(count);
    try {
      pairUp(VectorMemory.of(run.memory()), a, b, to, toOffset, whole);
    } catch (Throwable e) {
      throw VectorMemory.unchecked(e);
    }
    for (int i = whole; i < count; i++) {
      float first = VectorMemory.element(DType.BF16, run.memory(), a + i * Short.BYTES);
      float second = VectorMemory.element(DType.BF16, run.memory(), b + i * Short.BYTES);
      to[toOffset + i] =
          Float.floatToRawIntBits(first) >>> Short.SIZE | Float.floatToRawIntBits(second);
    }
  }

  private static void pairUp(Object memory, int a, int b, int[] to, int toOffset, int whole)
      throws Throwable {
    for (int i = 0; i < whole; i += LANES) {
      ShortVector low =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, a + i * Short.BYTES, ORDER);
      ShortVector high =
          (ShortVector)
              VectorMemory.LOAD_SHORTS.invokeExact(
                  (VectorSpecies) SHORTS, memory, b + i * Short.BYTES, ORDER);
      IntVector x = (IntVector) ((Vector<Short>) low).convertShape(S2I, INTS, 0);
      IntVector y = (IntVector) ((Vector<Short>) high).convertShape(S2I, INTS, 0);
      x.and(LOW).or(y.lanewise(LSHL, Short.SIZE)).intoArray(to, toOffset + i);
    }
  }
}
