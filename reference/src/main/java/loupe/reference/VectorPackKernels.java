package loupe.reference;

import static jdk.incubator.vector.VectorOperators.BITWISE_BLEND;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.lang.invoke.MethodHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Packs rows of weights from where they lie in memory: a transposition, since a row becomes a lane.
 * Sixteen rows of sixteen ints go through four steps, one for each bit of a lane's number: two
 * vectors exchange the lanes in whose number it is set, or not. Two steps take four rows at a time
 * from memory to a block in the cache, two more go across these fours. For vectors of 16 lanes.
 */
final class VectorPackKernels {
  private static final VectorSpecies<Integer> INTS = VectorWidening.INTS;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final MethodHandle LOAD = VectorMemory.LOAD_INTS;
  private static final int LOW = 0x0000ffff;
  private static final int LANES = 16;

  /** Ints of a block. */
  private static final int BLOCK = LANES * LANES;

  /** Rows of which one step of four takes care, and vectors that it makes of them. */
  private static final int FOUR = 4;

  private static final IntVector BIT_0 = lanesWith(1);
  private static final IntVector BIT_1 = lanesWith(2);
  private static final IntVector BIT_2 = lanesWith(4);
  private static final IntVector BIT_3 = lanesWith(8);
  private static final VectorShuffle<Integer> FLIP_0 = VectorShuffle.fromOp(INTS, i -> i ^ 1);
  private static final VectorShuffle<Integer> FLIP_1 = VectorShuffle.fromOp(INTS, i -> i ^ 2);
  private static final VectorShuffle<Integer> FLIP_2 = VectorShuffle.fromOp(INTS, i -> i ^ 4);
  private static final VectorShuffle<Integer> FLIP_3 = VectorShuffle.fromOp(INTS, i -> i ^ 8);

  private VectorPackKernels() {}

  /** All ones in each lane whose number has this bit. */
  private static IntVector lanesWith(int bit) {
    int[] lanes = new int[LANES];
    for (int i = 0; i < LANES; i++) {
      lanes[i] = (i & bit) == 0 ? 0 : -1;
    }
    return IntVector.fromArray(INTS, lanes, 0);
  }

  /** See the {@code packRows} of {@link FloatKernels} that gives ints. */
  static int packRows(StoredTensor.Run run, int k, Panels panels, int[] to, int at) {
    int[] block = Scratch.ofThread().block(2 * BLOCK);
    Object memory = VectorMemory.of(run.memory());
    // An int is two elements of a row.
    int whole = k / (2 * LANES) * 2 * LANES;
    for (int i = 0; i < whole; i += 2 * LANES) {
      int first = run.byteOffset() + i * Short.BYTES;
      fours(memory, first, k * Short.BYTES, 2 * LANES, block);
      int target = at + panels.stepOffset(i / LANES);
      pairs(block, panels.residues(), to, target, target + panels.stepOffset(1));
    }
    return whole;
  }

  /** See the {@code packRows} of {@link FloatKernels} that gives floats. */
  static int packRows(StoredTensor.Run run, int k, Panels panels, float[] to, int at) {
    int[] block = Scratch.ofThread().block(2 * BLOCK);
    Object memory = VectorMemory.of(run.memory());
    int whole = k / LANES * LANES;
    for (int i = 0; i < whole; i += LANES) {
      int first = run.byteOffset() + i * Float.BYTES;
      fours(memory, first, k * Float.BYTES, LANES, block);
      floats(block, panels.residues(), to, at + panels.stepOffset(i / LANES));
    }
    return whole;
  }

  private static void fours(Object memory, int first, int stride, int rows, int[] block) {
    try {
      withinFours(memory, first, stride, rows, block);
    } catch (Throwable e) {
      throw VectorMemory.unchecked(e);
    }
  }

  /**
   * Four rows at a time: lane {@code 4 g + r} of the j-th vector of these becomes int {@code 4 g +
   * j} of their row r.
   */
  private static void withinFours(Object memory, int first, int stride, int rows, int[] block)
      throws Throwable {
    IntVector m0 = BIT_0;
    IntVector m1 = BIT_1;
    for (int row = 0; row < rows; row += FOUR) {
      int at = first + row * stride;
      IntVector u0 = (IntVector) LOAD.invokeExact((VectorSpecies) INTS, memory, at, ORDER);
      at += stride;
      IntVector u1 = (IntVector) LOAD.invokeExact((VectorSpecies) INTS, memory, at, ORDER);
      at += stride;
      IntVector u2 = (IntVector) LOAD.invokeExact((VectorSpecies) INTS, memory, at, ORDER);
      at += stride;
      IntVector u3 = (IntVector) LOAD.invokeExact((VectorSpecies) INTS, memory, at, ORDER);
      IntVector v0 = u0.lanewise(BITWISE_BLEND, u1.rearrange(FLIP_0), m0);
      IntVector v1 = u0.rearrange(FLIP_0).lanewise(BITWISE_BLEND, u1, m0);
      IntVector v2 = u2.lanewise(BITWISE_BLEND, u3.rearrange(FLIP_0), m0);
      IntVector v3 = u2.rearrange(FLIP_0).lanewise(BITWISE_BLEND, u3, m0);
      int b = row * LANES;
      v0.lanewise(BITWISE_BLEND, v2.rearrange(FLIP_1), m1).intoArray(block, b);
      v1.lanewise(BITWISE_BLEND, v3.rearrange(FLIP_1), m1).intoArray(block, b + LANES);
      v0.rearrange(FLIP_1).lanewise(BITWISE_BLEND, v2, m1).intoArray(block, b + 2 * LANES);
      v1.rearrange(FLIP_1).lanewise(BITWISE_BLEND, v3, m1).intoArray(block, b + 3 * LANES);
    }
  }

  /** The other two steps, of 16 rows of floats: vector n has their elements of residue n. */
  private static void floats(int[] block, int[] residues, float[] to, int target) {
    IntVector m2 = BIT_2;
    IntVector m3 = BIT_3;
    for (int j = 0; j < FOUR; j++) {
      int b = j * LANES;
      IntVector u0 = IntVector.fromArray(INTS, block, b);
      IntVector u1 = IntVector.fromArray(INTS, block, b + 4 * LANES);
      IntVector u2 = IntVector.fromArray(INTS, block, b + 8 * LANES);
      IntVector u3 = IntVector.fromArray(INTS, block, b + 12 * LANES);
      IntVector v0 = u0.lanewise(BITWISE_BLEND, u1.rearrange(FLIP_2), m2);
      IntVector v1 = u0.rearrange(FLIP_2).lanewise(BITWISE_BLEND, u1, m2);
      IntVector v2 = u2.lanewise(BITWISE_BLEND, u3.rearrange(FLIP_2), m2);
      IntVector v3 = u2.rearrange(FLIP_2).lanewise(BITWISE_BLEND, u3, m2);
      v0.lanewise(BITWISE_BLEND, v2.rearrange(FLIP_3), m3)
          .reinterpretAsFloats()
          .intoArray(to, target + residues[j + 0]);
      v1.lanewise(BITWISE_BLEND, v3.rearrange(FLIP_3), m3)
          .reinterpretAsFloats()
          .intoArray(to, target + residues[j + 4]);
      v0.rearrange(FLIP_3)
          .lanewise(BITWISE_BLEND, v2, m3)
          .reinterpretAsFloats()
          .intoArray(to, target + residues[j + 8]);
      v1.rearrange(FLIP_3)
          .lanewise(BITWISE_BLEND, v3, m3)
          .reinterpretAsFloats()
          .intoArray(to, target + residues[j + 12]);
    }
  }

  /**
   * The other two steps, of 32 rows of BF16; then ints with two elements of a row become ints with
   * an element of two rows.
   */
  private static void pairs(int[] block, int[] residues, int[] to, int target, int next) {
    IntVector m2 = BIT_2;
    IntVector m3 = BIT_3;
    for (int j = 0; j < FOUR; j++) {
      int b = j * LANES;
      IntVector u0 = IntVector.fromArray(INTS, block, b);
      IntVector u1 = IntVector.fromArray(INTS, block, b + 4 * LANES);
      IntVector u2 = IntVector.fromArray(INTS, block, b + 8 * LANES);
      IntVector u3 = IntVector.fromArray(INTS, block, b + 12 * LANES);
      IntVector v0 = u0.lanewise(BITWISE_BLEND, u1.rearrange(FLIP_2), m2);
      IntVector v1 = u0.rearrange(FLIP_2).lanewise(BITWISE_BLEND, u1, m2);
      IntVector v2 = u2.lanewise(BITWISE_BLEND, u3.rearrange(FLIP_2), m2);
      IntVector v3 = u2.rearrange(FLIP_2).lanewise(BITWISE_BLEND, u3, m2);
      IntVector low0 = v0.lanewise(BITWISE_BLEND, v2.rearrange(FLIP_3), m3);
      IntVector low1 = v1.lanewise(BITWISE_BLEND, v3.rearrange(FLIP_3), m3);
      IntVector low2 = v0.rearrange(FLIP_3).lanewise(BITWISE_BLEND, v2, m3);
      IntVector low3 = v1.rearrange(FLIP_3).lanewise(BITWISE_BLEND, v3, m3);
      u0 = IntVector.fromArray(INTS, block, b + BLOCK);
      u1 = IntVector.fromArray(INTS, block, b + BLOCK + 4 * LANES);
      u2 = IntVector.fromArray(INTS, block, b + BLOCK + 8 * LANES);
      u3 = IntVector.fromArray(INTS, block, b + BLOCK + 12 * LANES);
      v0 = u0.lanewise(BITWISE_BLEND, u1.rearrange(FLIP_2), m2);
      v1 = u0.rearrange(FLIP_2).lanewise(BITWISE_BLEND, u1, m2);
      v2 = u2.lanewise(BITWISE_BLEND, u3.rearrange(FLIP_2), m2);
      v3 = u2.rearrange(FLIP_2).lanewise(BITWISE_BLEND, u3, m2);
      IntVector high0 = v0.lanewise(BITWISE_BLEND, v2.rearrange(FLIP_3), m3);
      IntVector high1 = v1.lanewise(BITWISE_BLEND, v3.rearrange(FLIP_3), m3);
      IntVector high2 = v0.rearrange(FLIP_3).lanewise(BITWISE_BLEND, v2, m3);
      IntVector high3 = v1.rearrange(FLIP_3).lanewise(BITWISE_BLEND, v3, m3);
      int even = residues[2 * j];
      int odd = residues[2 * j + 1];
      low0.and(LOW).or(high0.lanewise(LSHL, Short.SIZE)).intoArray(to, target + even);
      low0.lanewise(LSHR, Short.SIZE).or(high0.and(~LOW)).intoArray(to, target + odd);
      low2.and(LOW).or(high2.lanewise(LSHL, Short.SIZE)).intoArray(to, next + even);
      low2.lanewise(LSHR, Short.SIZE).or(high2.and(~LOW)).intoArray(to, next + odd);
      even = residues[2 * j + 8];
      odd = residues[2 * j + 9];
      low1.and(LOW).or(high1.lanewise(LSHL, Short.SIZE)).intoArray(to, target + even);
      low1.lanewise(LSHR, Short.SIZE).or(high1.and(~LOW)).intoArray(to, target + odd);
      low3.and(LOW).or(high3.lanewise(LSHL, Short.SIZE)).intoArray(to, next + even);
      low3.lanewise(LSHR, Short.SIZE).or(high3.and(~LOW)).intoArray(to, next + odd);
    }
  }
}
