package loupe.reference;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link ScalarKernels} with the Vector API, of 128, 256 or 512 bits: the same operations on each
 * element in the same order, and so the same bits. Only this class and others whose names begin
 * with {@code Vector} touch the API.
 *
 * <p>No method here takes or returns a vector: one that crosses a real call is boxed, and whether
 * the compiler inlines a call depends on what it has compiled before.
 */
final class VectorKernels extends VectorProductKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();

  /** Weights to pack before vectors do it, for each element of functions that is scalar. */
  private static final int WEIGHTS_FIRST = 32;

  private final ScalarKernels scalar = new ScalarKernels();

  /** Elements for which functions are still scalar. Threads may lose each other's count. */
  private int scalarFirst;

  /** Weights that are still packed one by one; counted as the other. */
  private long plainFirst;

  /** Vector kernels from the first element on. */
  VectorKernels() {
    this(0);
  }

  /**
   * With the scalar functions of elements for so many elements: vectors are very slow until they
   * are compiled, and a short prompt is done by then. Products are always of vectors, but what they
   * multiply is packed one by one for a while, too.
   *
   * @throws UnsupportedOperationException if this machine's vectors are not of 128 to 512 bits
   */
  VectorKernels(int scalarFirst) {
    this.scalarFirst = scalarFirst;
    this.plainFirst = (long) WEIGHTS_FIRST * scalarFirst;
    if (LANES < 4 || LANES > RESIDUES) {
      throw new UnsupportedOperationException("vectors of " + LANES * Float.SIZE + " bits");
    }
  }

  /** Whether the next {@code count} elements are left to the scalar kernels. */
  private boolean startsScalar(int count) {
    if (scalarFirst <= 0) {
      return false;
    }
    scalarFirst -= count;
    return true;
  }

  /** Whether the next {@code count} weights are packed one by one. */
  private boolean startsPlain(int count) {
    if (plainFirst <= 0) {
      return false;
    }
    plainFirst -= count;
    return true;
  }

  @Override
  public int packRows(StoredTensor.Run run, int k, Panels panels, float[] to, int at) {
    boolean plain = !VectorTileKernels.WIDE || startsPlain(k * PackedProduct.LINE);
    return plain ? 0 : VectorPackKernels.packRows(run, k, panels, to, at);
  }

  @Override
  public int packRows(StoredTensor.Run run, int k, Panels panels, int[] to, int at) {
    boolean plain = !VectorTileKernels.WIDE || startsPlain(2 * k * pairDistance());
    return plain ? 0 : VectorPackKernels.packRows(run, k, panels, to, at);
  }

  @Override
  public int packColumns(
      DType type,
      StoredTensor.Run run,
      int stride,
      int columns,
      int firstK,
      int k,
      Panels panels,
      float[] to,
      int at) {
    return startsPlain(k * columns)
        ? 0
        : VectorColumnKernels.packColumns(type, run, stride, columns, firstK, k, panels, to, at);
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
  public float dot(float[] a, int aOffset, float[] b, int bOffset, int count) {
    if (startsScalar(count)) {
      return scalar.dot(a, aOffset, b, bOffset, count);
    }
    float[] sums = Scratch.ofThread().floats(Scratch.Use.FUNCTION, RESIDUES);
    int whole = count / RESIDUES * RESIDUES;
    for (int part = 0; part < RESIDUES; part += LANES) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int k = part; k < whole; k += RESIDUES) {
        FloatVector w = FloatVector.fromArray(FLOATS, b, bOffset + k);
        sum = FloatVector.fromArray(FLOATS, a, aOffset + k).fma(w, sum);
      }
      sum.intoArray(sums, part);
    }
    return ScalarKernels.endDot(a, aOffset, b, bOffset, count, sums, 0);
  }

  @Override
  public void addMultiple(
      float factor, float[] row, int rowOffset, float[] sums, int sumsOffset, int count) {
    int whole = FLOATS.loopBound(count);
    FloatVector by = FloatVector.broadcast(FLOATS, factor);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, sumsOffset + i);
      FloatVector.fromArray(FLOATS, row, rowOffset + i)
          .fma(by, sum)
          .intoArray(sums, sumsOffset + i);
    }
    scalar.addMultiple(factor, row, rowOffset + whole, sums, sumsOffset + whole, count - whole);
  }

  @Override
  public void widen(DType type, short[] bits, int bitsOffset, float[] to, int toOffset, int count) {
    if (startsScalar(count)) {
      scalar.widen(type, bits, bitsOffset, to, toOffset, count);
      return;
    }
    int whole = FLOATS.loopBound(count);
    if (type == DType.BF16) {
      VectorWidening.widenBf16(bits, bitsOffset, to, toOffset, whole);
    } else {
      VectorWidening.widenF16(bits, bitsOffset, to, toOffset, whole);
    }
    scalar.widen(type, bits, bitsOffset + whole, to, toOffset + whole, count - whole);
  }

  @Override
  public float scale(float[] x, int offset, int count, float factor) {
    if (startsScalar(count)) {
      return scalar.scale(x, offset, count, factor);
    }
    int whole = FLOATS.loopBound(count);
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector check = zero;
    for (int i = offset; i < offset + whole; i += LANES) {
      FloatVector scaled = FloatVector.fromArray(FLOATS, x, i).mul(factor);
      scaled.intoArray(x, i);
      check = scaled.fma(zero, check);
    }
    float[] lanes = Scratch.ofThread().floats(Scratch.Use.FUNCTION, LANES);
    check.intoArray(lanes, 0);
    float isFinite = scalar.scale(x, offset + whole, count - whole, factor);
    for (int i = 0; i < LANES; i++) {
      isFinite += lanes[i];
    }
    return isFinite;
  }

  @Override
  public void softcap(
      float[] from, int fromOffset, float[] to, int toOffset, int count, float cap) {
    if (startsScalar(count)) {
      scalar.softcap(from, fromOffset, to, toOffset, count, cap);
      return;
    }
    int whole = FLOATS.loopBound(count);
    VectorFunctions.softcap(from, fromOffset, to, toOffset, whole, cap);
    scalar.softcap(from, fromOffset + whole, to, toOffset + whole, count - whole, cap);
  }

  @Override
  public void gelu(float[] from, int fromOffset, float[] to, int toOffset, int count) {
    if (startsScalar(count)) {
      scalar.gelu(from, fromOffset, to, toOffset, count);
      return;
    }
    int whole = FLOATS.loopBound(count);
    VectorFunctions.gelu(from, fromOffset, to, toOffset, whole);
    scalar.gelu(from, fromOffset + whole, to, toOffset + whole, count - whole);
  }

  @Override
  public void jumpRelu(float[] u, int offset, float[] thresholds, float[] to, int count) {
    int whole = FLOATS.loopBound(count);
    FloatVector zero = FloatVector.zero(FLOATS);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector value = FloatVector.fromArray(FLOATS, u, offset + i);
      FloatVector threshold = FloatVector.fromArray(FLOATS, thresholds, i);
      zero.blend(value, value.compare(VectorOperators.GT, threshold)).intoArray(to, offset + i);
    }
    ScalarKernels.jumpRelu(u, offset, thresholds, to, whole, count);
  }

  @Override
  public float max(float[] x, int offset, int count) {
    if (startsScalar(count)) {
      return scalar.max(x, offset, count);
    }
    float[] lanes = Scratch.ofThread().floats(Scratch.Use.FUNCTION, LANES);
    Arrays.fill(lanes, 0, LANES, x[offset]);
    int whole = FLOATS.loopBound(count);
    for (int i = offset; i < offset + whole; i += LANES) {
      // Through memory: a vector that went around the loop became an object in every third run.
      FloatVector some = FloatVector.fromArray(FLOATS, x, i);
      FloatVector.fromArray(FLOATS, lanes, 0).max(some).intoArray(lanes, 0);
    }
    float result = lanes[0];
    for (int i = 1; i < LANES; i++) {
      result = Math.max(result, lanes[i]);
    }
    for (int i = offset + whole; i < offset + count; i++) {
      result = Math.max(result, x[i]);
    }
    return result;
  }

  @Override
  public void expDifference(float[] x, int offset, int count, float subtrahend) {
    if (startsScalar(count)) {
      scalar.expDifference(x, offset, count, subtrahend);
      return;
    }
    int whole = FLOATS.loopBound(count);
    VectorFunctions.expDifference(x, offset, whole, subtrahend);
    scalar.expDifference(x, offset + whole, count - whole, subtrahend);
  }

  @Override
  public float sum(float[] x, int offset, int count, int firstIndex) {
    if (startsScalar(count)) {
      return scalar.sum(x, offset, count, firstIndex);
    }
    float[] sums = Scratch.ofThread().floats(Scratch.Use.FUNCTION, RESIDUES);
    Arrays.fill(sums, 0, RESIDUES, 0f);
    int head = Math.min(count, -firstIndex & RESIDUES - 1);
    for (int i = 0; i < head; i++) {
      sums[(firstIndex + i) % RESIDUES] += x[offset + i];
    }
    int end = offset + head + (count - head) / RESIDUES * RESIDUES;
    for (int part = 0; part < RESIDUES; part += LANES) {
      // Zero plus: JDK 17 knows the class of a sum, but not of what was loaded, and makes objects
      // where they meet. No result is -0, so that this changes none.
      FloatVector sum = FloatVector.zero(FLOATS).add(FloatVector.fromArray(FLOATS, sums, part));
      for (int i = offset + head; i < end; i += RESIDUES) {
        sum = sum.add(FloatVector.fromArray(FLOATS, x, i + part));
      }
      sum.intoArray(sums, part);
    }
    for (int i = end; i < offset + count; i++) {
      sums[i - end] += x[i];
    }
    return ScalarKernels.tree(sums, 0, 1);
  }
}
