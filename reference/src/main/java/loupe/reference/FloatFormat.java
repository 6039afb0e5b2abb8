package loupe.reference;

/**
 * The binary formats in which engines compute and store: what a rounding to nearest even does to a
 * number, and how far it may move it. Source: IEEE 754-2019, section 3.3; bfloat16 is float32 with
 * the lower 16 bits cut off.
 */
public enum FloatFormat {
  BF16("bf16", DType.BF16, 8, -126, 0x1.fep127),
  F16("f16", DType.F16, 11, -14, 65504),
  F32("f32", DType.F32, 24, -126, Float.MAX_VALUE),
  F64("f64", DType.F64, 53, -1022, Double.MAX_VALUE);

  private final String label;
  private final DType dtype;
  private final int digits;
  private final int smallestExponent;
  private final double largest;

  FloatFormat(String label, DType dtype, int digits, int smallestExponent, double largest) {
    this.label = label;
    this.dtype = dtype;
    this.digits = digits;
    this.smallestExponent = smallestExponent;
    this.largest = largest;
  }

  /**
   * The format of this name.
   *
   * @throws InputException if there is none
   */
  public static FloatFormat parse(String label) {
    for (FloatFormat format : values()) {
      if (format.label.equals(label)) {
        return format;
      }
    }
    throw new InputException("'" + label + "' is no float format; there are bf16, f16, f32, f64");
  }

  /** The name that users know it by: {@code bf16}, {@code f16}, {@code f32}, {@code f64}. */
  public String label() {
    return label;
  }

  /** The element type that holds it. */
  public DType dtype() {
    return dtype;
  }

  /** Largest relative error of one rounding to nearest: 2^-digits. */
  public double unitRoundoff() {
    return Math.scalb(1.0, -digits);
  }

  /** Largest absolute error of one rounding where numbers are subnormal: half their distance. */
  public double underflow() {
    return Math.scalb(0.5, smallestExponent - digits + 1);
  }

  /** The smallest number that is not subnormal; some machines replace all below it by 0. */
  public double smallestNormal() {
    return Math.scalb(1.0, smallestExponent);
  }

  /** The largest finite number. */
  public double largest() {
    return largest;
  }

  /**
   * {@code x} rounded to nearest, ties to even, in one step; infinite beyond {@link #largest} by
   * half a unit or more. Zeros keep their sign, NaN stays.
   */
  public double round(double x) {
    if (this == F64 || x == 0 || !(Math.abs(x) <= Double.MAX_VALUE)) {
      return x;
    }
    double quantum = ulp(x);
    // Both steps but rint are exact: the quantum is a power of two, the quotient below 2^digits.
    double rounded = Math.rint(x / quantum) * quantum;
    return Math.abs(rounded) > largest ? Math.copySign(Double.POSITIVE_INFINITY, x) : rounded;
  }

  /** Distance of neighbours at {@code x}, which is finite; below the normal numbers, their own. */
  public double ulp(double x) {
    int exponent = Math.max(Math.getExponent(x), smallestExponent);
    return Math.scalb(1.0, exponent - digits + 1);
  }
}
