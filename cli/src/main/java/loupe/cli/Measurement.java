package loupe.cli;

import java.util.Arrays;
import java.util.function.DoubleSupplier;
import loupe.reference.MachineLimits;

/**
 * One line of {@code loupe bench}: something is done again and again, each time beside the limit
 * that it is compared with, so that a machine which is slower for a while is slower for both.
 */
final class Measurement {
  /** What could hold it back at most. */
  enum Limit {
    /** Fused multiply-adds. */
    ARITHMETIC,
    /** Reading memory. */
    MEMORY,
    /** Nothing that is measured here. */
    NONE
  }

  /**
   * What came out.
   *
   * @param value median speed or time, in {@code unit}
   * @param ratio median of speed by limit; NaN where there is no limit
   */
  record Result(String name, double value, String unit, double ratio) {}

  private static final int ROUNDS = 7;

  /** Time for which a thing is done before it is measured: until the JVM has compiled it. */
  private static final long WARM_UP_NANOS = 2_500_000_000L;

  /** Least time of one round. */
  private static final long ROUND_NANOS = 100_000_000L;

  private static final int FEWEST_WARM_UPS = 3;

  private final String name;
  private final Limit limit;
  private final double work;
  private final Runnable body;

  /**
   * @param work operations (each multiply-add is two) or bytes of one run of {@code body}
   */
  Measurement(String name, Limit limit, double work, Runnable body) {
    this.name = name;
    this.limit = limit;
    this.work = work;
    this.body = body;
  }

  String name() {
    return name;
  }

  /** In 10<sup>9</sup> operations or bytes a second. */
  Result speed(MachineLimits limits) {
    DoubleSupplier best =
        switch (limit) {
          case ARITHMETIC -> limits::fmaGflops;
          case MEMORY -> limits::readGbs;
          case NONE -> () -> Double.NaN;
        };
    warmUp();
    double[] speeds = new double[ROUNDS];
    double[] ratios = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      double most = best.getAsDouble();
      speeds[round] = work / nanos();
      ratios[round] = speeds[round] / Math.max(most, best.getAsDouble());
    }
    String unit = limit == Limit.MEMORY ? "GB/s" : "GFLOP/s";
    return new Result(name, median(speeds), unit, median(ratios));
  }

  /** In runs a second. */
  Result rate(String unit) {
    warmUp();
    double[] rates = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      rates[round] = work * 1e9 / nanos();
    }
    return new Result(name, median(rates), unit, Double.NaN);
  }

  private void warmUp() {
    long start = System.nanoTime();
    for (int i = 0; i < FEWEST_WARM_UPS || System.nanoTime() - start < WARM_UP_NANOS; i++) {
      body.run();
    }
  }

  /** Of one run, on average over as many as are needed for a measurable time. */
  private double nanos() {
    long start = System.nanoTime();
    long nanos = 0;
    int runs = 0;
    while (nanos < ROUND_NANOS) {
      body.run();
      runs++;
      nanos = System.nanoTime() - start;
    }
    return (double) nanos / runs;
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
