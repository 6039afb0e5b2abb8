package loupe.tests.ports;

import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import loupe.reference.FloatFormat;
import loupe.reference.PortContract;
import loupe.reference.RoundingPoint;

/** The numbers of one port: how it rounds, adds up, and computes functions. */
final class PortNumbers {
  private enum FunctionError {
    NONE,
    ALWAYS_ABOVE,
    ALWAYS_BELOW,
    RANDOM
  }

  private final PortContract contract;
  private final SplittableRandom random;
  private final Map<RoundingPoint, Boolean> stored = new EnumMap<>(RoundingPoint.class);
  private final boolean flushes;
  private final FunctionError functionError;

  PortNumbers(PortContract contract, long seed) {
    this.contract = contract;
    this.random = new SplittableRandom(seed);
    // A third of the ports rounds everywhere, a third nowhere, a third as it comes.
    int habit = random.nextInt(3);
    for (RoundingPoint step : RoundingPoint.values()) {
      boolean choice = habit == 0 || habit == 2 && random.nextBoolean();
      stored.put(step, choice && contract.format(step) != contract.accumulation());
    }
    this.flushes = random.nextInt(4) == 0;
    this.functionError = FunctionError.values()[random.nextInt(4)];
  }

  boolean coin() {
    return random.nextBoolean();
  }

  int choice(int bound) {
    return random.nextInt(bound);
  }

  FloatFormat storage() {
    return contract.storage();
  }

  /** The result of one operation, rounded as sums are. */
  double fine(double x) {
    double rounded = contract.accumulation().round(x);
    boolean lost = flushes && Math.abs(rounded) < contract.accumulation().smallestNormal();
    return lost ? Math.copySign(0, rounded) : rounded;
  }

  /** The result of a step: one operation, and where this port does so, a rounding to storage. */
  double keep(RoundingPoint step, double x) {
    double rounded = fine(x);
    if (!stored.get(step)) {
      return rounded;
    }
    double kept = contract.format(step).round(rounded);
    if (Double.isInfinite(kept)) {
      return rounded; // The contract excludes overflow.
    }
    boolean lost =
        flushes
            && contract.format(step) != FloatFormat.F16
            && Math.abs(kept) < contract.format(step).smallestNormal();
    return lost ? Math.copySign(0, kept) : kept;
  }

  /** A constant, rounded to storage where this port does so. */
  double constant(RoundingPoint step, double x) {
    double kept =
        stored.get(step) ? contract.format(step).round(x) : contract.accumulation().round(x);
    return kept == 0 ? contract.accumulation().round(x) : kept; // Nobody divides by 0.
  }

  /** {@code a * b + c} with one rounding or two. */
  double multiplyAdd(double a, double b, double c, boolean fused) {
    if (!fused) {
      return fine(fine(a * b) + c);
    }
    boolean wide = contract.accumulation() == FloatFormat.F64;
    return wide ? fine(Math.fma(a, b, c)) : fine(Math.fma((float) a, (float) b, (float) c));
  }

  /** An elementary function's true value, as this port's library returns it. */
  double function(double truth) {
    boolean wide = contract.accumulation() == FloatFormat.F64;
    // Half an ulp goes to the rounding, and one to StrictMath where it is no wider than the port.
    double most = Math.max(0, contract.elementaryUlp() - (wide ? 2 : 1));
    if (Double.isInfinite(contract.accumulation().round(truth))) {
      return truth;
    }
    double ulp = wide ? Math.ulp(truth) : Math.ulp((float) truth);
    double moved =
        switch (functionError) {
          case NONE -> 0;
          case ALWAYS_ABOVE -> most;
          case ALWAYS_BELOW -> -most;
          case RANDOM -> most * (2 * random.nextDouble() - 1);
        };
    return fine(truth + moved * ulp);
  }

  /** The sum of products {@code a[aFrom + k] * b[bFrom + k]}, in an order of its own. */
  double dot(double[] a, int aFrom, double[] b, int bFrom, int count) {
    boolean fused = coin();
    return switch (choice(4)) {
      case 0 -> inOrder(a, aFrom, b, bFrom, count, fused);
      case 1 -> inLanes(a, aFrom, b, bFrom, count, fused);
      case 2 -> largestFirst(a, aFrom, b, bFrom, count, fused);
      default -> inRandomTree(a, aFrom, b, bFrom, count);
    };
  }

  private double inOrder(double[] a, int aFrom, double[] b, int bFrom, int count, boolean fused) {
    double sum = 0;
    for (int k = 0; k < count; k++) {
      sum = multiplyAdd(a[aFrom + k], b[bFrom + k], sum, fused);
    }
    return sum;
  }

  private double inLanes(double[] a, int aFrom, double[] b, int bFrom, int count, boolean fused) {
    double[] lanes = new double[1 << choice(6)];
    for (int k = 0; k < count; k++) {
      int lane = k % lanes.length;
      lanes[lane] = multiplyAdd(a[aFrom + k], b[bFrom + k], lanes[lane], fused);
    }
    for (int half = lanes.length / 2; half > 0; half /= 2) {
      for (int lane = 0; lane < half; lane++) {
        lanes[lane] = fine(lanes[lane] + lanes[lane + half]);
      }
    }
    return lanes[0];
  }

  /** All positive terms, largest first, then the negative ones: the partial sums are large. */
  private double largestFirst(
      double[] a, int aFrom, double[] b, int bFrom, int count, boolean fused) {
    Integer[] order = new Integer[count];
    for (int k = 0; k < count; k++) {
      order[k] = k;
    }
    java.util.Arrays.sort(
        order, (i, j) -> Double.compare(a[aFrom + j] * b[bFrom + j], a[aFrom + i] * b[bFrom + i]));
    double sum = 0;
    for (int k : order) {
      sum = multiplyAdd(a[aFrom + k], b[bFrom + k], sum, fused);
    }
    return sum;
  }

  private double inRandomTree(double[] a, int aFrom, double[] b, int bFrom, int count) {
    double[] terms = new double[count];
    for (int k = 0; k < count; k++) {
      terms[k] = fine(a[aFrom + k] * b[bFrom + k]);
    }
    return sum(terms);
  }

  /** The sum of some numbers, two random ones at a time. The array is modified. */
  double sum(double[] terms) {
    int left = terms.length;
    while (left > 1) {
      int i = choice(left);
      double first = terms[i];
      terms[i] = terms[--left];
      int j = choice(left);
      terms[j] = fine(terms[j] + first);
    }
    return left == 0 ? 0 : terms[0];
  }
}
