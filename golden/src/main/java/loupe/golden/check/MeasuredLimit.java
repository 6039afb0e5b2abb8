package loupe.golden.check;

import java.util.ArrayList;
import java.util.List;

/**
 * How large the error of a tensor may be, from the errors that right programs make there. Sizes are
 * the root mean square of all elements, the largest error, and the root mean square of each
 * position. Of each size the logarithm is taken as normal over right programs, with the median of
 * those that were run, and the spread of those above it: programs may be right by luck.
 */
public final class MeasuredLimit {
  private static final String TEXT =
      """
      Plausible and implausible are measured, not proven: so many operations lie before such a
      tensor that its proven bound is as wide as itself. %s
      Dump more tensors to have them decided by proof.
      """;

  private static final String PROGRAMS_TEXT =
      """
      Programs with random orders of sums and
      roundings (%d of them here) went the same step from the same inputs. With the logarithm of
      their errors taken as normal, a right program is called implausible with a chance of 1e-9
      for the tensor, and for each position of it. Where errors of two to eight times that size have an
      effect that is out of proportion, twice the largest of these effects is the limit.""";

  private static final String POLICY_TEXT =
      """
      It is plausible here if it is what
      the policy gives, but for next to no numbers. Any order of roundings would admit more; but
      where a known bug in a program of the policy explains the dump to the bit, that is believed.""";

  /** A right program's error is beyond the limit of one size with this chance. */
  public static final double CHANCE = 1e-9;

  /** Of the normal distribution, the point that is exceeded with that chance. */
  private static final double QUANTILE = 6;

  /** Beyond this one magnified errors have an effect that is out of proportion. */
  private static final double QUANTILE_OF_PROPORTION = 4;

  private final int positions;
  private final double[] limits;
  private final double[] proportional;
  private final double[] scales;
  private final int programs;

  private MeasuredLimit(
      int positions, double[] limits, double[] proportional, double[] scales, int programs) {
    this.positions = positions;
    this.limits = limits;
    this.proportional = proportional;
    this.scales = scales;
    this.programs = programs;
  }

  /**
   * The limit.
   *
   * @param exact what the step gives without errors
   * @param programs what right programs give
   * @param positions number of leading slices with a size of their own; 1 for none
   * @param floor least error of a program, relative to the tensor
   * @param leastSpread of the logarithm: programs may be alike by luck
   */
  static MeasuredLimit of(
      double[] exact, List<double[]> programs, int positions, double floor, double leastSpread) {
    double[] scales = sizes(exact, new double[exact.length], positions);
    List<double[]> sizes = new ArrayList<>();
    programs.forEach(values -> sizes.add(sizes(exact, values, positions)));
    double[] limits = new double[scales.length];
    double[] proportional = new double[scales.length];
    for (int j = 0; j < limits.length; j++) {
      LogNormal normal = LogNormal.of(sizes, j, floor * scales[j], leastSpread);
      limits[j] = normal.quantile(QUANTILE);
      proportional[j] = normal.quantile(QUANTILE_OF_PROPORTION);
    }
    return new MeasuredLimit(positions, limits, proportional, scales, programs.size());
  }

  /**
   * A limit that admits rare large errors too. A right program's errors are a few times as large as
   * usual, or those that matter are, less often than once in a billion: what magnified ones do, it
   * may do. Where that is in proportion, the limit has it already.
   *
   * @param magnified what programs give whose errors are magnified
   * @param factor by how much
   */
  MeasuredLimit widened(double[] exact, List<double[]> magnified, double factor) {
    double[] widened = limits.clone();
    for (double[] values : magnified) {
      double[] sizes = sizes(exact, values, positions);
      for (int j = 0; j < widened.length; j++) {
        if (!(sizes[j] <= factor * proportional[j])) {
          widened[j] = Math.max(widened[j], 2 * sizes[j]);
        }
      }
    }
    return new MeasuredLimit(positions, widened, proportional, scales, programs);
  }

  /** The limit of what is a program's numbers almost to the bit. */
  static MeasuredLimit toTheBit(double[] exact, int positions, double unitRoundoff) {
    double[] scales = sizes(exact, new double[exact.length], positions);
    double[] limits = scales.clone();
    for (int j = 0; j < limits.length; j++) {
      limits[j] *= unitRoundoff;
    }
    return new MeasuredLimit(positions, limits, limits, scales, 0);
  }

  /**
   * How one size is distributed over right programs.
   *
   * @param deviation of another program's logarithm from the median, which is known from a few only
   */
  private record LogNormal(double median, double deviation) {
    static LogNormal of(List<double[]> sizes, int j, double least, double leastSpread) {
      double[] logarithms =
          sizes.stream()
              .mapToDouble(of -> Math.max(Math.max(of[j], least), Double.MIN_NORMAL))
              .map(StrictMath::log)
              .sorted()
              .toArray();
      int n = logarithms.length;
      double median = (logarithms[(n - 1) / 2] + logarithms[n / 2]) / 2;
      double square = 0;
      for (int k = n / 2; k < n; k++) {
        square += (logarithms[k] - median) * (logarithms[k] - median);
      }
      double spread = Math.max(leastSpread, Math.sqrt(square / (n - n / 2)));
      return new LogNormal(median, spread * Math.sqrt(1 + 1.0 / n));
    }

    /** The size so many deviations above the median. */
    double quantile(double deviations) {
      return StrictMath.exp(median + deviations * deviation);
    }
  }

  /** All elements, the largest, and each position. */
  private static double[] sizes(double[] exact, double[] values, int positions) {
    double[] sizes = new double[2 + (positions > 1 ? positions : 0)];
    int row = exact.length / positions;
    for (int i = 0; i < exact.length; i++) {
      double off = Math.abs(values[i] - exact[i]);
      sizes[0] += off * off;
      sizes[1] = Math.max(sizes[1], off);
      if (positions > 1) {
        sizes[2 + i / row] += off * off;
      }
    }
    sizes[0] = Math.sqrt(sizes[0] / exact.length);
    for (int j = 2; j < sizes.length; j++) {
      sizes[j] = Math.sqrt(sizes[j] / row);
    }
    return sizes;
  }

  /** The root mean square of an error, relative to that of the numbers. */
  static double relative(double[] exact, double[] values) {
    if (values.length != exact.length) {
      return Double.POSITIVE_INFINITY;
    }
    double error = sizes(exact, values, 1)[0];
    return error == 0 ? 0 : error / sizes(exact, new double[exact.length], 1)[0];
  }

  /** The size of a port's error that is largest in units of its limit. */
  Measured worst(double[] exact, double[] theirs) {
    double[] sizes = sizes(exact, theirs, positions);
    int worst = 0;
    for (int j = 1; j < sizes.length; j++) {
      if (sizes[j] * limits[worst] > sizes[worst] * limits[j]) {
        worst = j;
      }
    }
    return new Measured(where(worst), sizes[worst], limits[worst], this);
  }

  private static String where(int size) {
    return switch (size) {
      case 0 -> "all elements";
      case 1 -> "the largest error";
      default -> "position " + (size - 2);
    };
  }

  /** How many programs were run; 0 where numbers are compared to the bit. */
  public int programs() {
    return programs;
  }

  /** How far a single element may be off. */
  double ofElement() {
    return limits[1];
  }

  /** Whether right programs are as far apart as the numbers are large. */
  public boolean decidesNothing() {
    return !(limits[0] < scales[0]);
  }

  /** What measured verdicts rest on. */
  String premises() {
    return TEXT.formatted(programs == 0 ? POLICY_TEXT : PROGRAMS_TEXT.formatted(programs));
  }
}
