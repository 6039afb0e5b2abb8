package loupe.reference;

/**
 * {@code a * b + c} with one rounding, as {@link Math#fma(float, float, float)} gives it. Where the
 * processor or the JVM lacks the instruction, {@code Math.fma} computes with arbitrary precision,
 * some hundred times slower; here float64 does it, with the same bits.
 */
final class FusedMultiplyAdd {
  private static final int TRIALS = 200;

  /** More than the instruction takes even while the JVM still interprets. */
  private static final long SUSPICIOUS_NANOS = 1_000_000;

  private static final boolean INSTRUCTION = isFast() || !KernelProvider.emulatesFma();

  private FusedMultiplyAdd() {}

  /** Asking the JVM takes longer than finding out. */
  private static boolean isFast() {
    long start = System.nanoTime();
    float x = 1f;
    for (int i = 0; i < TRIALS; i++) {
      x = Math.fma(x, 0.999f, 0.001f);
    }
    return System.nanoTime() - start < SUSPICIOUS_NANOS && x > 0;
  }

  static boolean hasInstruction() {
    return INSTRUCTION;
  }

  /** {@code a * b + c}, rounded once. */
  static float fma(float a, float b, float c) {
    return INSTRUCTION ? Math.fma(a, b, c) : inFloat64(a, b, c);
  }

  /**
   * The product is exact in float64. Their sum is rounded to odd, which keeps on which side of a
   * float32 and of the middle between two it lies (Boldo and Melquiond, "Emulation of FMA and
   * correctly rounded sums: proved algorithms using rounding to odd", IEEE Transactions on
   * Computers 57(4), 2008), and then to float32.
   */
  static float inFloat64(float a, float b, float c) {
    double product = (double) a * b;
    double sum = product + c;
    double part = sum - product;
    double error = product - (sum - part) + (c - part);
    long bits = Double.doubleToRawLongBits(sum);
    // An infinite or NaN sum has a NaN error, which is neither greater nor less than 0.
    if ((bits & 1) == 0 && (error > 0 || error < 0)) {
      bits += error > 0 == sum > 0 ? 1 : -1;
    }
    return (float) Double.longBitsToDouble(bits);
  }
}
