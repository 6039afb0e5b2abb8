package loupe.reference;

/**
 * The definition of {@link Float32}'s inner loops, in plain Java. Every sum here has 16 partial
 * sums; element k goes to sum k mod 16, in order of k; {@link #tree} adds them up.
 */
final class ScalarKernels implements FloatKernels {
  private static final int NARROW = 64;

  /** Columns of panels where there are many: loops over them have fewer beginnings and ends. */
  private static final int WIDE = 256;

  private static final ScalarKernels OF_MANY_OUTPUTS = new ScalarKernels(WIDE);

  private final int columns;
  private final ThreadLocal<ScalarTile> tileOfThread;

  ScalarKernels() {
    this(NARROW);
  }

  private ScalarKernels(int columns) {
    this.columns = columns;
    this.tileOfThread = ThreadLocal.withInitial(() -> new ScalarTile(columns));
  }

  /** Wide panels where the one that is not full is at most a fourth of the work. */
  @Override
  public FloatKernels forOutputs(int outputs) {
    return outputs < 3 * WIDE ? this : OF_MANY_OUTPUTS;
  }

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public int tileRows() {
    return ScalarTile.ROWS;
  }

  @Override
  public int panelColumns() {
    return columns;
  }

  @Override
  public int pairDistance() {
    return 8;
  }

  /**
   * The 16 partial sums as one number: halves are added, (l, l+8), (l, l+4), (l, l+2), (l, l+1).
   * The last addition makes a zero +0: a partial sum may have underflown to -0, or not, depending
   * on products of zero that follow it.
   */
  static float tree(float[] sums, int offset, int stride) {
    float s0 = sums[offset] + sums[offset + 8 * stride];
    float s1 = sums[offset + stride] + sums[offset + 9 * stride];
    float s2 = sums[offset + 2 * stride] + sums[offset + 10 * stride];
    float s3 = sums[offset + 3 * stride] + sums[offset + 11 * stride];
    float s4 = sums[offset + 4 * stride] + sums[offset + 12 * stride];
    float s5 = sums[offset + 5 * stride] + sums[offset + 13 * stride];
    float s6 = sums[offset + 6 * stride] + sums[offset + 14 * stride];
    float s7 = sums[offset + 7 * stride] + sums[offset + 15 * stride];
    return (((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7))) + 0f;
  }

  @Override
  public float dot(float[] a, int aOffset, float[] b, int bOffset, int count) {
    float[] sums = new float[RESIDUES];
    int whole = count / RESIDUES * RESIDUES;
    for (int k = 0; k < whole; k += RESIDUES) {
      for (int l = 0; l < RESIDUES; l++) {
        sums[l] = FusedMultiplyAdd.fma(a[aOffset + k + l], b[bOffset + k + l], sums[l]);
      }
    }
    return endDot(a, aOffset, b, bOffset, count, sums, 0);
  }

  /**
   * The dot product whose runs of 16 elements are all in the partial sums from {@code s} on: adds
   * what is left of the rows to them, which are modified.
   */
  static float endDot(
      float[] a, int aOffset, float[] b, int bOffset, int count, float[] sums, int s) {
    int whole = count / RESIDUES * RESIDUES;
    for (int k = whole; k < count; k++) {
      int at = s + k - whole;
      sums[at] = FusedMultiplyAdd.fma(a[aOffset + k], b[bOffset + k], sums[at]);
    }
    return tree(sums, s, 1);
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
    tileOfThread.get().accumulate(panel, panelOffset, tile, tileOffset, steps, sums, sumsOffset);
  }

  /** The definition alone: for these kernels weights are widened before they are packed. */
  @Override
  public void accumulate(
      int[] panel,
      int panelOffset,
      float[] tile,
      int tileOffset,
      int steps,
      float[] sums,
      int sumsOffset) {
    int pairs = panelColumns() / 2;
    float[] widened = new float[steps * panelColumns()];
    for (int i = 0; i < steps * pairs; i++) {
      int column = i / pairDistance() * 2 * pairDistance() + i % pairDistance();
      widened[column] = Float.intBitsToFloat(panel[panelOffset + i] << Short.SIZE);
      widened[column + pairDistance()] =
          Float.intBitsToFloat(panel[panelOffset + i] >> Short.SIZE << Short.SIZE);
    }
    accumulate(widened, 0, tile, tileOffset, steps, sums, sumsOffset);
  }

  @Override
  public void collapse(float[] sums, int first, int levels, int size) {
    for (int level = levels; level > 0; level--) {
      int to = first + (level - 1) * size;
      for (int i = to; i < to + size; i++) {
        sums[i] += sums[i + size];
      }
    }
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
    int size = tileRows() * panelColumns();
    float check = 0f;
    for (int row = 0; row < rows; row++) {
      int to = rowOffsets[firstRow + row] + outOffset;
      for (int column = 0; column < columns; column++) {
        int at = sumsOffset + row * panelColumns() + column;
        float rest = sums[at + 2 * size] + (sums[at + 3 * size] + sums[at + 4 * size]);
        float value = sums[at] + (sums[at + size] + rest) + 0f;
        out[to + column] = value;
        check += value * 0f;
      }
    }
    return check;
  }

  @Override
  public void addMultiple(
      float factor, float[] row, int rowOffset, float[] sums, int sumsOffset, int count) {
    for (int i = 0; i < count; i++) {
      sums[sumsOffset + i] = FusedMultiplyAdd.fma(factor, row[rowOffset + i], sums[sumsOffset + i]);
    }
  }

  @Override
  public void widen(DType type, short[] bits, int bitsOffset, float[] to, int toOffset, int count) {
    if (type == DType.BF16) {
      for (int i = 0; i < count; i++) {
        to[toOffset + i] = Float.intBitsToFloat(bits[bitsOffset + i] << 16);
      }
    } else {
      for (int i = 0; i < count; i++) {
        to[toOffset + i] = halfToFloat(bits[bitsOffset + i]);
      }
    }
  }

  /** The float32 of the same value as a binary16, subnormals, infinities and NaN included. */
  static float halfToFloat(short half) {
    int sign = half << 16 & 0x80000000;
    // Exponent and fraction moved to their places; times 2^112 = 2^(127 - 15) mends the exponent.
    int magnitude = (half & 0x7fff) << 13;
    int finite = Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) * 0x1p112f);
    int bits = magnitude < 0x0f800000 ? finite : magnitude | 0x7f800000;
    return Float.intBitsToFloat(bits | sign);
  }

  @Override
  public float scale(float[] x, int offset, int count, float factor) {
    float check = 0f;
    for (int i = offset; i < offset + count; i++) {
      x[i] *= factor;
      check += x[i] * 0f;
    }
    return check;
  }

  @Override
  public void softcap(
      float[] from, int fromOffset, float[] to, int toOffset, int count, float cap) {
    for (int i = 0; i < count; i++) {
      to[toOffset + i] = ElementaryFunctions.tanh(from[fromOffset + i] / cap) * cap;
    }
  }

  @Override
  public void gelu(float[] from, int fromOffset, float[] to, int toOffset, int count) {
    for (int i = 0; i < count; i++) {
      to[toOffset + i] = ElementaryFunctions.gelu(from[fromOffset + i]);
    }
  }

  @Override
  public void jumpRelu(float[] u, int offset, float[] thresholds, float[] to, int count) {
    jumpRelu(u, offset, thresholds, to, 0, count);
  }

  /** From element {@code first} on. */
  static void jumpRelu(
      float[] u, int offset, float[] thresholds, float[] to, int first, int count) {
    for (int i = first; i < count; i++) {
      float value = u[offset + i];
      to[offset + i] = value > thresholds[i] ? value : 0f;
    }
  }

  @Override
  public float max(float[] x, int offset, int count) {
    float max = x[offset];
    for (int i = offset + 1; i < offset + count; i++) {
      max = Math.max(max, x[i]);
    }
    return max;
  }

  @Override
  public void expDifference(float[] x, int offset, int count, float subtrahend) {
    for (int i = offset; i < offset + count; i++) {
      x[i] = ElementaryFunctions.exp(x[i] - subtrahend);
    }
  }

  @Override
  public float sum(float[] x, int offset, int count, int firstIndex) {
    float[] sums = new float[RESIDUES];
    for (int i = 0; i < count; i++) {
      sums[(firstIndex + i) % RESIDUES] += x[offset + i];
    }
    return tree(sums, 0, 1);
  }
}
