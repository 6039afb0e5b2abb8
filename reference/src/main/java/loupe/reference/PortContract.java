package loupe.reference;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * What is assumed of a program whose numbers are judged: the premises under which {@link Bounded}
 * proves its radii. {@link #text} says them in words, to be printed beside every verdict.
 *
 * @param storage the format of weights and of what is kept between operations
 * @param accumulation the format of sums and of everything that is not rounded to {@code storage}
 * @param stored the steps that may also be rounded to {@code storage}
 * @param elementaryUlp how many units in the last place of {@code accumulation} an elementary
 *     function (exp, tanh, cos, sin, pow, reciprocal square root) may be off
 */
public record PortContract(
    FloatFormat storage, FloatFormat accumulation, Set<RoundingStep> stored, double elementaryUlp) {

  /** The usual allowance for elementary functions. */
  public static final double ELEMENTARY_ULP = 4;

  /** What {@link Bounded} adds for its own operations in float64. */
  private static final double OWN = 0x1p-53;

  /**
   * @throws InputException if the allowance for elementary functions is below 1 ulp or absurdly
   *     large
   */
  public PortContract {
    if (!(elementaryUlp >= 1 && elementaryUlp <= 1024)) {
      throw new InputException("--elementary-ulp must be from 1 to 1024, not " + elementaryUlp);
    }
    stored = Set.copyOf(stored);
  }

  /**
   * The widest contract of a precision: sums in float32 (float64 for f64), and every step may or
   * may not be rounded to storage, so that every order of rounding is admitted.
   */
  public static PortContract anyOrder(FloatFormat storage, double elementaryUlp) {
    FloatFormat accumulation = storage == FloatFormat.F64 ? FloatFormat.F64 : FloatFormat.F32;
    return new PortContract(
        storage, accumulation, EnumSet.allOf(RoundingStep.class), elementaryUlp);
  }

  /** Relative error of one operation in the accumulation format, and of the same in float64. */
  double fine() {
    return accumulation.unitRoundoff() + OWN;
  }

  /** Absolute error of one operation in the accumulation format, subnormals replaced by 0. */
  double fineTiny() {
    return accumulation.smallestNormal();
  }

  /** Relative error of an elementary function: one ulp is at most 2 units of roundoff. */
  double elementary() {
    return 2 * elementaryUlp * accumulation.unitRoundoff() + 2 * OWN;
  }

  /** Relative error of this step: one operation, and perhaps a rounding to storage. */
  double at(RoundingStep step) {
    return fine() + extra(step) * (1 + fine());
  }

  /** Relative error of the rounding to storage alone: 0 where this step is not rounded. */
  double extra(RoundingStep step) {
    return isStored(step) ? storage.unitRoundoff() : 0;
  }

  /** Absolute error of this step. */
  double tiny(RoundingStep step) {
    if (!isStored(step)) {
      return fineTiny();
    }
    // float16 has subnormal numbers on every machine; bfloat16 and float32 have not.
    return fineTiny()
        + (storage == FloatFormat.F16 ? storage.underflow() : storage.smallestNormal());
  }

  /** How far the rounding of a constant may move it, whichever way the port takes it. */
  double constant(RoundingStep step, double value) {
    double moved = Math.abs(accumulation.round(value) - value);
    if (isStored(step)) {
      moved = Math.max(moved, Math.abs(storage.round(value) - value));
    }
    return moved + OWN * Math.abs(value);
  }

  /** Whether a step may be rounded to a format coarser than that of sums. */
  boolean isStored(RoundingStep step) {
    return storage != accumulation && stored.contains(step);
  }

  /** The premises, one a line. */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        The radius of an element is proven for every program that
        - holds weights and the results of operations as %1$s, rounded to nearest even;
        - adds up sums of products in %2$s, in any order, with or without fused multiply-add;
        - keeps every number within the range of its format: overflow is no rounding;
        - computes exp, tanh, cos, sin, pow and 1/sqrt within %3$s ulp of %2$s, and all else
          (+, -, *, /) rounded to nearest in %2$s; numbers below its normal range may become 0;
        - may write x + x*w for x*(1+w), exp as a power of 2, GELU by a sigmoid, a division as a
          product with the reciprocal, softmax in one pass with rescaling, may take rotary angles
          step by step in %2$s, may scale queries instead of scores, and may fold the gain of a
          norm or the scale of queries into the next matrix in %2$s.
        The error of the judge itself, which computes in float64, is added.
        """
            .formatted(
                storage.label(),
                accumulation.label(),
                elementaryUlp == Math.rint(elementaryUlp)
                    ? String.format(Locale.ROOT, "%.0f", elementaryUlp)
                    : Double.toString(elementaryUlp)));
    if (storage != accumulation) {
      text.append("Each of these may or may not be rounded to ")
          .append(storage.label())
          .append(":\n");
      for (RoundingStep step : RoundingStep.values()) {
        if (stored.contains(step)) {
          text.append("- ").append(step.text()).append('\n');
        }
      }
    }
    return text.toString();
  }
}
