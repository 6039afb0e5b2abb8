package loupe.reference;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * What is assumed of a program whose numbers are judged: the premises under which {@link Bounded}
 * proves its radii. {@link #text} says them in words, to be printed beside every verdict.
 *
 * <p>There are two kinds. In any order: each step of the forward pass may or may not be rounded to
 * the storage format, however the program likes it. By a policy: exactly the points that a {@link
 * RoundingPolicy} lists are rounded; constants then have their one rounded value, and bounds are
 * narrower.
 */
public final class PortContract {
  /** The usual allowance for elementary functions, in units in the last place. */
  public static final double ELEMENTARY_ULP = 4;

  /** What {@link Bounded} adds for its own operations in float64. */
  private static final double OWN = 0x1p-53;

  /** Where a program may round to storage if nothing is known of it. */
  private static final Set<RoundingPoint> ANY_ORDER =
      EnumSet.of(
          RoundingPoint.EMBED_FACTOR,
          RoundingPoint.EMBED_OUTPUT,
          RoundingPoint.NORM_SQUARE,
          RoundingPoint.NORM_MEAN,
          RoundingPoint.NORM_SUM,
          RoundingPoint.NORM_RECIPROCAL,
          RoundingPoint.NORM_OUTPUT,
          RoundingPoint.GAIN_UNIT,
          RoundingPoint.GAIN_OUTPUT,
          RoundingPoint.PROJECT_OUTPUT,
          RoundingPoint.ROTARY_TABLE,
          RoundingPoint.ROTARY_PRODUCT,
          RoundingPoint.ROTARY_OUTPUT,
          RoundingPoint.QUERY_FACTOR,
          RoundingPoint.QUERY_SCALED,
          RoundingPoint.SCORE_DOT,
          RoundingPoint.SCORE_FACTOR,
          RoundingPoint.SCORE_SCALED,
          RoundingPoint.CAP_FACTOR,
          RoundingPoint.CAP_QUOTIENT,
          RoundingPoint.CAP_TANH,
          RoundingPoint.CAP_OUTPUT,
          RoundingPoint.SOFTMAX_SHIFT,
          RoundingPoint.SOFTMAX_EXP,
          RoundingPoint.SOFTMAX_SUM,
          RoundingPoint.SOFTMAX_OUTPUT,
          RoundingPoint.MIX_OUTPUT,
          RoundingPoint.RESIDUAL,
          RoundingPoint.GELU_CUBIC,
          RoundingPoint.GELU_OUTPUT,
          RoundingPoint.GATED,
          RoundingPoint.SAE);

  /** Steps within a function, which a program may compute in one go. */
  private static final Set<RoundingPoint> WITHIN_FUNCTIONS =
      EnumSet.of(
          RoundingPoint.NORM_SQUARE,
          RoundingPoint.NORM_MEAN,
          RoundingPoint.NORM_SUM,
          RoundingPoint.SOFTMAX_SHIFT,
          RoundingPoint.SOFTMAX_EXP,
          RoundingPoint.SOFTMAX_SUM,
          RoundingPoint.GELU_CUBIC);

  private final Set<RoundingPoint> mayRound;
  private final FloatFormat storage;
  private final FloatFormat accumulation;
  private final Optional<RoundingPolicy> policy;
  private final double elementaryUlp;

  private PortContract(
      FloatFormat storage,
      FloatFormat accumulation,
      Optional<RoundingPolicy> policy,
      Set<RoundingPoint> mayRound,
      double elementaryUlp) {
    this.mayRound = mayRound;
    if (!(elementaryUlp >= 1 && elementaryUlp <= 1024)) {
      throw new InputException("--elementary-ulp must be from 1 to 1024, not " + elementaryUlp);
    }
    this.storage = storage;
    this.accumulation = accumulation;
    this.policy = policy;
    this.elementaryUlp = elementaryUlp;
  }

  /**
   * The widest contract of a precision: sums in float32 (float64 for f64), every step may or may
   * not be rounded to storage.
   *
   * @param elementaryUlp how many units in the last place an elementary function may be off
   * @throws InputException if that is below 1 or absurdly large
   */
  public static PortContract anyOrder(FloatFormat storage, double elementaryUlp) {
    return new PortContract(storage, sumsOf(storage), Optional.empty(), ANY_ORDER, elementaryUlp);
  }

  /**
   * Narrower: the same, but mean squares, exp of the softmax and GELU are computed in float32, as
   * most programs do, and only their results may be rounded.
   */
  public static PortContract anyOrderOfResults(FloatFormat storage, double elementaryUlp) {
    Set<RoundingPoint> results = EnumSet.copyOf(ANY_ORDER);
    results.removeAll(WITHIN_FUNCTIONS);
    return new PortContract(storage, sumsOf(storage), Optional.empty(), results, elementaryUlp);
  }

  /** The contract of programs that round as a policy says. */
  public static PortContract of(RoundingPolicy policy, double elementaryUlp) {
    FloatFormat storage = policy.storage();
    return new PortContract(
        storage, sumsOf(storage), Optional.of(policy), ANY_ORDER, elementaryUlp);
  }

  private static FloatFormat sumsOf(FloatFormat storage) {
    return storage == FloatFormat.F64 ? FloatFormat.F64 : FloatFormat.F32;
  }

  /** The policy's name, or that of the storage format. */
  public String name() {
    return policy.map(RoundingPolicy::name).orElse(storage.label());
  }

  /** What results are kept in, where nothing else is said. */
  public FloatFormat storage() {
    return storage;
  }

  /** What sums and all that is not rounded to anything narrower are computed in. */
  public FloatFormat accumulation() {
    return accumulation;
  }

  /** How many units in the last place an elementary function may be off. */
  public double elementaryUlp() {
    return elementaryUlp;
  }

  /** Whether the policy has this point; false in any order. */
  boolean has(RoundingPoint point) {
    return policy.isPresent() && policy.get().has(point);
  }

  /** Whether it is known which points are rounded. */
  public boolean isPolicy() {
    return policy.isPresent();
  }

  /** What a matrix or vector is rounded to when it is loaded. */
  FloatFormat ofWeight(RoundingPoint point, String weight) {
    return policy.map(p -> p.format(point, weight)).orElse(storage);
  }

  /**
   * The contract for a part of the pass that some programs in float64 run in float32: the same, but
   * with sums in float32 where the policy rounds {@code point} to float32.
   */
  PortContract island(RoundingPoint point) {
    boolean narrower = accumulation == FloatFormat.F64 && format(point) == FloatFormat.F32;
    return narrower
        ? new PortContract(storage, FloatFormat.F32, policy, mayRound, elementaryUlp)
        : this;
  }

  /** What a point may be or is rounded to: the accumulation format where it is no narrower. */
  public FloatFormat format(RoundingPoint point) {
    return format(point, "");
  }

  /** As {@link #format(RoundingPoint)}, where a weight of this name is part of it. */
  FloatFormat format(RoundingPoint point, String weight) {
    FloatFormat format =
        policy
            .map(p -> p.format(point, weight))
            .orElse(mayRound.contains(point) ? storage : accumulation);
    return format.unitRoundoff() > accumulation.unitRoundoff() ? format : accumulation;
  }

  /** What is narrower than the accumulation format at a point; F64 where nothing is. */
  FloatFormat narrower(RoundingPoint point, String weight) {
    FloatFormat format = format(point, weight);
    return format == accumulation ? FloatFormat.F64 : format;
  }

  /** A number in the middle of an operation, rounded where a policy says so. */
  double held(RoundingPoint point, double value) {
    FloatFormat format = format(point);
    return isPolicy() && format != accumulation ? BoundedCasts.round(format, value) : value;
  }

  /**
   * How far a port's number may be from {@link #held}.
   *
   * @param radius how far it may be from {@code value} before that rounding
   */
  double heldRadius(RoundingPoint point, double value, double radius) {
    FloatFormat format = format(point);
    if (format == accumulation) {
      return radius;
    }
    return isPolicy()
        ? BoundedCasts.radius(format, value, radius + tiny(point) - fineTiny())
        : radius + (Math.abs(value) + radius) * format.unitRoundoff() + tiny(point);
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

  /** Relative error of a point: one operation, and perhaps a rounding to something narrower. */
  double at(RoundingPoint point) {
    return fine() + extra(point) * (1 + fine());
  }

  /** Relative error of the narrower rounding alone: 0 where there is none. */
  double extra(RoundingPoint point) {
    return extra(point, "");
  }

  /** As {@link #extra(RoundingPoint)}, where a weight of this name is part of it. */
  double extra(RoundingPoint point, String weight) {
    FloatFormat format = format(point, weight);
    return format == accumulation ? 0 : format.unitRoundoff();
  }

  /** Absolute error of a point. */
  double tiny(RoundingPoint point) {
    return tiny(point, "");
  }

  /** As {@link #tiny(RoundingPoint)}, where a weight of this name is part of it. */
  double tiny(RoundingPoint point, String weight) {
    FloatFormat format = format(point, weight);
    if (format == accumulation) {
      return fineTiny();
    }
    // float16 has subnormal numbers on every machine; bfloat16 and float32 have not.
    return fineTiny() + (format == FloatFormat.F16 ? format.underflow() : format.smallestNormal());
  }

  /** The value of a constant: rounded where a policy says so. */
  double constant(RoundingPoint point, double exact) {
    FloatFormat format = format(point);
    return isPolicy() && format != accumulation ? format.round(exact) : exact;
  }

  /** How far a program's constant may be from {@link #constant}. */
  double constantError(RoundingPoint point, double exact) {
    FloatFormat format = format(point);
    double off = Math.abs(exact) * OWN;
    if (isPolicy() && format != accumulation) {
      // Computed within an elementary function's error first, which may tip the rounding.
      double here = format.round(exact);
      double below = format.round(exact * (1 - elementary()));
      double above = format.round(exact * (1 + elementary()));
      return off + Math.max(Math.abs(above - here), Math.abs(below - here));
    }
    double moved = Math.abs(accumulation.round(exact) - exact);
    return off + Math.max(moved, Math.abs(format.round(exact) - exact));
  }

  /** The premises, one a line. */
  public String text() {
    return new ContractText(this, policy, mayRound).text();
  }
}
