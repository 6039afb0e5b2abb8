package loupe.reference;

/**
 * exp, tanh, gelu and the reciprocal square root of float32, from operations that IEEE 754 defines
 * to the last bit (+, -, *, /, sqrt, fma) and moves of bits: the same bits on every machine. Errors
 * are in FLOAT32.md. {@link VectorKernels} performs the same operations in the same order.
 *
 * <p>The coefficients are minimax fits on the stated interval (weighted by relative error),
 * computed for this project with 40 digits and rounded to float32.
 */
final class ElementaryFunctions {
  /** 3/2 * 2^23: adding it rounds to an integer, which is then in the low bits. */
  static final float ROUNDER = 0x1.8p23f;

  static final float LOG2_E = 0x1.715476p0f;

  /** ln 2 in two parts; the first has 9 bits, so that its integer multiples are exact. */
  static final float LN2_HIGH = 0x1.63p-1f;

  static final float LN2_LOW = -0x1.bd0106p-13f;

  /** Beyond these, exp is infinite and 0. */
  static final float EXP_UPPER = 89f;

  static final float EXP_LOWER = -104f;

  /** (exp(r) - 1 - r) / r^2 for |r| up to ln(2) / 2, from the constant term up. */
  static final float EXP_0 = 0x1.fffffcp-2f;

  static final float EXP_1 = 0x1.555492p-3f;
  static final float EXP_2 = 0x1.5558f2p-5f;
  static final float EXP_3 = 0x1.1239e2p-7f;
  static final float EXP_4 = 0x1.6a2446p-10f;

  /** Below, tanh is a polynomial; from here on it comes from exp. */
  static final float TANH_SMALL = 0.625f;

  /** (tanh(x) - x) / x^3 in powers of x^2, for |x| up to 0.625, from the constant term up. */
  static final float TANH_0 = -0x1.555532p-2f;

  static final float TANH_1 = 0x1.110726p-3f;
  static final float TANH_2 = -0x1.b83c3ap-5f;
  static final float TANH_3 = 0x1.5225bep-6f;
  static final float TANH_4 = -0x1.75ddc8p-8f;

  /** From here on |gelu(-x)| is below half of the least float32, and gelu(x) is x. */
  static final float GELU_LIMIT = 12f;

  /** 2 sqrt(2/pi) in two parts. */
  static final float GELU_A_HIGH = 0x1.988454p0f;

  static final float GELU_A_LOW = -0x1.857936p-25f;

  /** 2 sqrt(2/pi) * 0.044715 in two parts. */
  static final float GELU_B_HIGH = 0x1.2444f2p-4f;

  static final float GELU_B_LOW = 0x1.49b16ap-29f;

  private ElementaryFunctions() {}

  /** {@code e^x}; exp(-infinity) = +0, exp(infinity) = infinity, NaN for NaN. */
  static float exp(float x) {
    float c = x > EXP_UPPER ? EXP_UPPER : x;
    c = c < EXP_LOWER ? EXP_LOWER : c;
    float shifted = FusedMultiplyAdd.fma(c, LOG2_E, ROUNDER);
    float n = shifted - ROUNDER;
    float r = FusedMultiplyAdd.fma(n, -LN2_HIGH, c);
    r = FusedMultiplyAdd.fma(n, -LN2_LOW, r);
    int exponent = Float.floatToRawIntBits(shifted) - Float.floatToRawIntBits(ROUNDER);
    // Two factors: 2^exponent itself may be out of range where the result is subnormal.
    int half = exponent >> 1;
    return (1f + expMinusOne(r)) * powerOfTwo(half) * powerOfTwo(exponent - half);
  }

  /** {@code e^r - 1} for |r| up to about ln(2) / 2. */
  private static float expMinusOne(float r) {
    float p = FusedMultiplyAdd.fma(EXP_4, r, EXP_3);
    p = FusedMultiplyAdd.fma(p, r, EXP_2);
    p = FusedMultiplyAdd.fma(p, r, EXP_1);
    p = FusedMultiplyAdd.fma(p, r, EXP_0);
    return FusedMultiplyAdd.fma(r * r, p, r);
  }

  private static float powerOfTwo(int exponent) {
    return Float.intBitsToFloat((exponent + 127) << 23);
  }

  /** Hyperbolic tangent; odd, so tanh(-0) = -0; NaN for NaN. */
  static float tanh(float x) {
    float a = Math.abs(x);
    float large = 1f - 2f / (exp(a + a) + 1f);
    float z = a * a;
    float q = FusedMultiplyAdd.fma(TANH_4, z, TANH_3);
    q = FusedMultiplyAdd.fma(q, z, TANH_2);
    q = FusedMultiplyAdd.fma(q, z, TANH_1);
    q = FusedMultiplyAdd.fma(q, z, TANH_0);
    float small = FusedMultiplyAdd.fma(a * z, q, a);
    float magnitude = a < TANH_SMALL ? small : large;
    int sign = Float.floatToRawIntBits(x) & 0x80000000;
    return Float.intBitsToFloat(Float.floatToRawIntBits(magnitude) | sign);
  }

  /**
   * {@code x / 2 * (1 + tanh(u)) = x / (1 + exp(-2u))} with {@code u = sqrt(2/pi) (x + 0.044715
   * x^3)}. The exponent is carried in two parts, because its absolute error is the relative error
   * of the result where x is negative. gelu(-infinity) = -0, gelu(infinity) = infinity.
   */
  static float gelu(float x) {
    float a = Math.abs(x);
    a = a > GELU_LIMIT ? GELU_LIMIT : a;
    // 2u = a (A + B a^2), each product and sum with its rounding error.
    float square = a * a;
    float squareLow = FusedMultiplyAdd.fma(a, a, -square);
    float product = GELU_B_HIGH * square;
    float productLow =
        FusedMultiplyAdd.fma(GELU_B_HIGH, square, -product)
            + FusedMultiplyAdd.fma(GELU_B_HIGH, squareLow, GELU_B_LOW * square);
    float sum = GELU_A_HIGH + product;
    float part = sum - GELU_A_HIGH;
    float sumLow = (GELU_A_HIGH - (sum - part)) + (product - part) + (productLow + GELU_A_LOW);
    float high = a * sum;
    float low = FusedMultiplyAdd.fma(a, sum, -high) + a * sumLow;
    // e^(-high - low) = 2^exponent * power
    float shifted = FusedMultiplyAdd.fma(-high, LOG2_E, ROUNDER);
    float n = shifted - ROUNDER;
    float r = FusedMultiplyAdd.fma(n, -LN2_HIGH, -high);
    r = FusedMultiplyAdd.fma(n, -LN2_LOW, r) - low;
    float power = 1f + expMinusOne(r);
    int exponent = Float.floatToRawIntBits(shifted) - Float.floatToRawIntBits(ROUNDER);
    int half = exponent >> 1;
    float scale1 = powerOfTwo(half);
    float scale2 = powerOfTwo(exponent - half);
    float denominator = 1f + power * scale1 * scale2;
    float positive = x / denominator;
    // x is replaced by -12 below -12: there the last factor takes the product to -0.
    float negative = -a / denominator * power * scale1 * scale2;
    return x < 0f ? negative : positive;
  }

  /** {@code 1 / sqrt(x)}, two correctly rounded operations. */
  static float reciprocalSquareRoot(float x) {
    return 1f / (float) Math.sqrt(x);
  }
}
