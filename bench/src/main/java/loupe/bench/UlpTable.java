package loupe.bench;

import java.util.Locale;
import loupe.reference.ElementaryFunction;
import loupe.reference.Workers;

/**
 * Measures the elementary functions of Float32 for every float32 argument and prints the table of
 * {@code reference/FLOAT32.md}. Takes some minutes; with a number as argument only every n-th
 * float32 is tried.
 */
public final class UlpTable {
  private static final int PIECE = 1 << 22;

  private UlpTable() {}

  /** What was seen of one function. */
  private record Seen(long arguments, long roundedWrongly, double worst, float worstAt) {
    static final Seen NOTHING = new Seen(0, 0, -1, 0);

    Seen and(Seen other) {
      boolean mine = worst > other.worst || worst == other.worst && worstAt <= other.worstAt;
      return new Seen(
          arguments + other.arguments,
          roundedWrongly + other.roundedWrongly,
          mine ? worst : other.worst,
          mine ? worstAt : other.worstAt);
    }
  }

  /** Prints the table. */
  public static void main(String[] args) {
    int stride = args.length == 0 ? 1 : Integer.parseInt(args[0]);
    System.out.println(
        "| function | from | to | arguments | worst error | at | rounded correctly |");
    System.out.println("|---|---|---|---|---|---|---|");
    try (Workers workers = Workers.ofAllCores()) {
      for (ElementaryFunction function : ElementaryFunction.values()) {
        System.out.println(line(function, scan(function, stride, workers)));
      }
    }
  }

  private static String line(ElementaryFunction function, Seen seen) {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %s | %,d | %.4f ulp | %s | %.2f %% |",
        function.name().toLowerCase(Locale.ROOT),
        function.least(),
        function.greatest(),
        seen.arguments(),
        seen.worst(),
        Float.toHexString(seen.worstAt()),
        100 - 100.0 * seen.roundedWrongly() / seen.arguments());
  }

  private static Seen scan(ElementaryFunction function, int stride, Workers workers) {
    long first = order(function.least());
    long last = order(function.greatest());
    int pieces = (int) ((last - first) / PIECE + 1);
    Seen[] seen = new Seen[pieces];
    workers.forEach(
        pieces,
        piece -> {
          long from = first + (long) piece * PIECE;
          seen[piece] = scan(function, from, Math.min(last + 1, from + PIECE), stride);
        });
    Seen all = Seen.NOTHING;
    for (Seen some : seen) {
      all = all.and(some);
    }
    return all;
  }

  private static Seen scan(ElementaryFunction function, long from, long to, int stride) {
    long wrong = 0;
    double worst = -1;
    float worstAt = 0;
    for (long i = from; i < to; i += stride) {
      float x = ofOrder(i);
      double ulps = function.ulps(x);
      wrong += ulps > 0.5 ? 1 : 0;
      if (ulps > worst) {
        worst = ulps;
        worstAt = x;
      }
    }
    return new Seen((to - from + stride - 1) / stride, wrong, worst, worstAt);
  }

  /** The place of x among all float32 values; -0 and +0 are neighbours. */
  private static long order(float x) {
    int bits = Float.floatToRawIntBits(x);
    return bits >= 0 ? bits : Integer.MIN_VALUE - (long) bits - 1;
  }

  private static float ofOrder(long order) {
    return Float.intBitsToFloat(order >= 0 ? (int) order : (int) (Integer.MIN_VALUE - order - 1));
  }
}
