package loupe.loaders;

import loupe.reference.DType;

/**
 * The values of element types of 16 bits and less. Names and definitions: F8_E5M2 and F8_E4M3 "FP8
 * Formats for Deep Learning" (arXiv 2209.05433, table 1); F8_E4M3FNUZ and F8_E5M2FNUZ "8-bit
 * Numerical Formats for Deep Neural Networks" (arXiv 2206.02915); F8_E8M0, F6 and F4 "OCP
 * Microscaling Formats (MX) 1.0", sections 5.3 and 5.4. Every value is a float32.
 */
final class SmallFloats {
  private SmallFloats() {}

  /** What the codes with the largest exponent mean. */
  private enum Specials {
    /** All codes are numbers. */
    NONE,
    /** Exponent all ones: infinity where the mantissa is 0, else NaN. */
    IEEE,
    /** Exponent and mantissa all ones: NaN. No infinity. */
    ALL_ONES_NAN,
    /** Negative zero is NaN. No infinity. */
    NEGATIVE_ZERO_NAN
  }

  /** The value of each code of a type of 8 bits or less. */
  static float[] table(DType dtype) {
    return switch (dtype) {
      case BOOL -> truthValues();
      case U8 -> integers(0);
      case I8 -> integers(128);
      case F8_E8M0 -> powersOfTwo();
      case F8_E5M2 -> floats(5, 2, 15, Specials.IEEE);
      case F8_E4M3 -> floats(4, 3, 7, Specials.ALL_ONES_NAN);
      case F8_E5M2FNUZ -> floats(5, 2, 16, Specials.NEGATIVE_ZERO_NAN);
      case F8_E4M3FNUZ -> floats(4, 3, 8, Specials.NEGATIVE_ZERO_NAN);
      case F6_E2M3 -> floats(2, 3, 1, Specials.NONE);
      case F6_E3M2 -> floats(3, 2, 3, Specials.NONE);
      case F4 -> floats(2, 1, 1, Specials.NONE);
      default -> throw new IllegalArgumentException(dtype + " has more than 8 bits");
    };
  }

  /** As numpy and C read them: every code but 0 is true. */
  private static float[] truthValues() {
    float[] out = new float[256];
    java.util.Arrays.fill(out, 1, 256, 1f);
    return out;
  }

  private static float[] integers(int firstNegative) {
    float[] out = new float[256];
    for (int code = 0; code < 256; code++) {
      out[code] = firstNegative > 0 && code >= firstNegative ? code - 256 : code;
    }
    return out;
  }

  /** 2^(code - 127); code 255 is NaN. 2^-127 is a subnormal float32. */
  private static float[] powersOfTwo() {
    float[] out = new float[256];
    for (int code = 0; code < 255; code++) {
      out[code] = Math.scalb(1f, code - 127);
    }
    out[255] = Float.NaN;
    return out;
  }

  private static float[] floats(int exponentBits, int mantissaBits, int bias, Specials specials) {
    int magnitudes = 1 << exponentBits + mantissaBits;
    float[] out = new float[2 * magnitudes];
    for (int code = 0; code < magnitudes; code++) {
      int exponent = code >> mantissaBits;
      int mantissa = code & (1 << mantissaBits) - 1;
      float value =
          exponent == 0
              ? Math.scalb((float) mantissa, 1 - bias - mantissaBits)
              : Math.scalb((float) (mantissa | 1 << mantissaBits), exponent - bias - mantissaBits);
      boolean allOnes = exponent == (1 << exponentBits) - 1;
      if (specials == Specials.IEEE && allOnes) {
        value = mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
      }
      if (specials == Specials.ALL_ONES_NAN && code == magnitudes - 1) {
        value = Float.NaN;
      }
      out[code] = value;
      out[magnitudes + code] = -value;
    }
    if (specials == Specials.NEGATIVE_ZERO_NAN) {
      out[magnitudes] = Float.NaN;
    }
    return out;
  }

  /**
   * The value of an IEEE 754 binary16 number: exact, subnormals, infinities and NaN included.
   *
   * @param bits sign, 5 bits of exponent (bias 15), 10 bits of mantissa
   */
  static float ofF16(short bits) {
    int sign = (bits & 0x8000) << 16;
    int magnitude = bits & 0x7fff;
    if (magnitude < 0x0400) {
      // 0 or subnormal: mantissa times 2^-24.
      return Float.intBitsToFloat(sign | Float.floatToRawIntBits(magnitude * 0x1p-24f));
    }
    int widened = magnitude << 13;
    // Exponent 31 stays all ones; the others are moved from bias 15 to bias 127.
    return Float.intBitsToFloat(
        sign | (magnitude >= 0x7c00 ? widened | 0x7f800000 : widened + (127 - 15 << 23)));
  }
}
