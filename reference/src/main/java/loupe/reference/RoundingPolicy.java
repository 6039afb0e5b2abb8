package loupe.reference;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Where an engine rounds, and to what: the data of {@link Rounded}. What is not listed is not
 * rounded.
 *
 * <p>Results of 16 bits are rounded twice, to float32 and then to their format, as engines do: they
 * compute or accumulate in float32 and store the result.
 */
public final class RoundingPolicy {
  /**
   * One rounding.
   *
   * @param point where
   * @param format to what
   * @param weights the weights whose products or loading it concerns, by a glob of their names; "*"
   *     for all
   */
  public record Rule(RoundingPoint point, FloatFormat format, NameGlob weights) {}

  private static final int DOUBLE_DIGITS = 53;

  private final String name;
  private final FloatFormat storage;
  private final int fewerBits;
  private final Map<RoundingPoint, List<Rule>> rules = new EnumMap<>(RoundingPoint.class);

  /**
   * @param name of the policy
   * @param storage what activations are stored in, where nothing else is said
   * @param rules in the order of the forward pass; where several of one point concern a weight, the
   *     last one holds
   */
  public RoundingPolicy(String name, FloatFormat storage, List<Rule> rules) {
    this(name, storage, rules, 0);
  }

  private RoundingPolicy(String name, FloatFormat storage, List<Rule> rules, int fewerBits) {
    this.name = name;
    this.storage = storage;
    this.fewerBits = fewerBits;
    for (Rule rule : rules) {
      this.rules.computeIfAbsent(rule.point(), p -> new ArrayList<>()).add(rule);
    }
  }

  /**
   * The same points, each rounded to so many bits fewer, but for weights: a policy whose errors are
   * {@code 2^bits} times as large.
   */
  public RoundingPolicy coarser(int bits) {
    List<Rule> all = rules.values().stream().flatMap(List::stream).toList();
    return new RoundingPolicy(name, storage, all, bits);
  }

  public String name() {
    return name;
  }

  /** What activations are stored in. */
  public FloatFormat storage() {
    return storage;
  }

  /** Whether the engine has this point at all. */
  public boolean has(RoundingPoint point) {
    return rules.containsKey(point);
  }

  /** What a point rounds to, for a weight of this name; F64 where it does not round. */
  public FloatFormat format(RoundingPoint point, String weight) {
    FloatFormat format = FloatFormat.F64;
    for (Rule rule : rules.getOrDefault(point, List.of())) {
      if (rule.weights().matches(weight)) {
        format = rule.format();
      }
    }
    return format;
  }

  /** A number rounded at a point that no weight is part of. */
  public double round(RoundingPoint point, double x) {
    FloatFormat format = format(point, "");
    return coarse(format, round(format, x));
  }

  /** All numbers rounded at a point that no weight is part of; {@code values} is modified. */
  public double[] roundAll(RoundingPoint point, double[] values) {
    return roundAll(format(point, ""), values);
  }

  /** As {@link #roundAll(RoundingPoint, double[])}, where a weight of this name is part of it. */
  public double[] roundAll(RoundingPoint point, String weight, double[] values) {
    return roundAll(format(point, weight), values);
  }

  private double[] roundAll(FloatFormat format, double[] values) {
    if (format != FloatFormat.F64) {
      for (int i = 0; i < values.length; i++) {
        values[i] = coarse(format, round(format, values[i]));
      }
    }
    return values;
  }

  /** A number of this format with fewer digits, by Veltkamp's splitting (1968). */
  private double coarse(FloatFormat format, double x) {
    if (fewerBits == 0 || format == FloatFormat.F64 || !Double.isFinite(x)) {
      return x;
    }
    double factor = Math.scalb(format.unitRoundoff(), fewerBits + DOUBLE_DIGITS) + 1;
    return factor * x - (factor * x - x);
  }

  /** {@code x} as an engine stores it in this format: by way of float32 where that is wider. */
  static double round(FloatFormat format, double x) {
    return format == FloatFormat.F64 ? x : format.round((float) x);
  }
}
