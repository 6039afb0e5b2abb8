package loupe.reference;

import java.util.Locale;

/**
 * A binary floating-point format, and rounding to it: to nearest, ties to even, with subnormals; an
 * overflow gives infinity (IEEE 754-2019, 4.3.1). bfloat16 is float32 with 16 bits of mantissa cut
 * off: 8 bits of precision, the exponents of float32.
 */
public enum FloatFormat {
  BF16(DType.BF16, 8, -126, 127),
  F16(DType.F16, 11, -14, 15),
  F32(DType.F32, 24, -126, 127),
  F64(DType.F64, 53, -1022, 1023);

  private final DType dtype;
  private final int precision;
  private final int minExponent;
  private final double largest;

  FloatFormat(DType dtype, int precision, int minExponent, int maxExponent) {
    this.dtype = dtype;
    this.precision = precision;
    this.minExponent = minExponent;
    this.largest = (2 - Math.scalb(1.0, 1 - precision)) * Math.scalb(1.0, maxExponent);
  }

  /** The format of this name: {@code bf16}, {@code f16}, {@code f32} or {@code f64}. */
  public static FloatFormat parse(String name) {
    for (FloatFormat format : values()) {
      if (format.toString().equals(name)) {
        return format;
      }
    }
    throw new InputException("'" + name + "' is no float format; there are bf16, f16, f32, f64");
  }

  /** The element type of tensors of this format. */
  public DType dtype() {
    return dtype;
  }

  /** Bits of the significand, the hidden one included. */
  public int precision() {
    return precision;
  }

  /** Exponent of the smallest normal number: 2 to its power. */
  public int minExponent() {
    return minExponent;
  }

  /** Half the distance from 1 to the next number: the unit roundoff. */
  public double unitRoundoff() {
    return Math.scalb(1.0, -precision);
  }

  /** The largest finite number. */
  public double largest() {
    return largest;
  }

  /** The number of this format that is nearest to {@code x}; the one of even mantissa on a tie. */
  public double round(double x) {
    return switch (this) {
      case F64 -> x;
      case F32 -> (float) x;
      default -> roundNarrow(x);
    };
  }

  private double roundNarrow(double x) {
    if (x == 0 || !Double.isFinite(x)) {
      return x;
    }
    double rounded = Math.rint(x / ulp(x)) * ulp(x);
    return Math.abs(rounded) > largest ? Math.copySign(Double.POSITIVE_INFINITY, x) : rounded;
  }

  /**
   * Distance of neighbours at {@code x}, which is finite: below the normal numbers that of the
   * subnormal ones.
   */
  public double ulp(double x) {
    int exponent = Math.max(Math.getExponent(x), minExponent);
    return Math.scalb(1.0, exponent - precision + 1);
  }

  /** Rounds every element; {@code values} is modified. */
  public void roundAll(double[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = round(values[i]);
    }
  }

  /** The name in policies: {@code bf16} and so on. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
