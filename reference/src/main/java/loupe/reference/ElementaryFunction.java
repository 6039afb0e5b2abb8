package loupe.reference;

import java.util.function.DoubleUnaryOperator;

/**
 * The elementary functions of {@link Float32} beside their exact values, so that their errors can
 * be measured: {@code FLOAT32.md} has the table.
 */
public enum ElementaryFunction {
  /** {@code e^x}, for every x where it is neither infinite nor 0. */
  EXP(ElementaryFunctions::exp, StrictMath::exp, -104f, 88.72283f),
  /** The hyperbolic tangent. */
  TANH(ElementaryFunctions::tanh, StrictMath::tanh, -20f, 20f),
  /** GELU in its tanh form. */
  GELU(ElementaryFunctions::gelu, ElementaryFunction::exactGelu, -12.5f, 12.5f),
  /** {@code 1 / sqrt(x)}, for every positive x. */
  RSQRT(
      ElementaryFunctions::reciprocalSquareRoot,
      x -> 1 / Math.sqrt(x),
      Float.MIN_VALUE,
      Float.MAX_VALUE);

  private interface FloatFunction {
    float at(float x);
  }

  private final FloatFunction ours;
  private final DoubleUnaryOperator exact;
  private final float least;
  private final float greatest;

  ElementaryFunction(FloatFunction ours, DoubleUnaryOperator exact, float least, float greatest) {
    this.ours = ours;
    this.exact = exact;
    this.least = least;
    this.greatest = greatest;
  }

  private static double exactGelu(double x) {
    double twiceU = 2 * StrictMath.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
    return x / (1 + StrictMath.exp(-twiceU));
  }

  /** What {@link Float32} computes. */
  public float at(float x) {
    return ours.at(x);
  }

  /** Least argument of the table; below, nothing happens that does not happen there. */
  public float least() {
    return least;
  }

  /** Greatest argument of the table. */
  public float greatest() {
    return greatest;
  }

  /**
   * How far {@link #at} is from the exact value, in units of the last place of a float32 there: at
   * most 0.5 where it is correctly rounded. The exact value is of float64, right to about 1e-6 of
   * such a unit.
   */
  public double ulps(float x) {
    double truth = exact.applyAsDouble(x);
    int exponent = Math.max(Math.getExponent(truth), Float.MIN_EXPONENT);
    return Math.abs(at(x) - truth) * Math.scalb(1.0, 23 - exponent);
  }
}
