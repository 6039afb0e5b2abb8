package loupe.cli;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * A bar on standard error for work that takes longer than two seconds. It appears as soon as that
 * is foreseeable, is painted at most ten times a second, and leaves nothing behind. Thread-safe.
 */
final class Progress implements AutoCloseable {
  private static final long SECOND = 1_000_000_000L;

  /** No forecast before this: the first steps of a program are its slowest. */
  private static final long FORECAST_AFTER = SECOND;

  private static final long WORTH_SHOWING = 2 * SECOND;
  private static final long REPAINT_AFTER = SECOND / 10;
  private static final int BAR_CELLS = 30;

  private final PrintStream err;
  private final String what;
  private final long total;
  private final LongSupplier nanoTime;
  private final long start;
  private long done;
  private long painted;
  private boolean visible;

  /**
   * @param err where the bar goes; null for nowhere
   * @param what the work, such as {@code "writing model.safetensors"}
   * @param total number of steps, of any unit
   * @param nanoTime a clock
   */
  Progress(PrintStream err, String what, long total, LongSupplier nanoTime) {
    this.err = err;
    this.what = what;
    this.total = Math.max(1, total);
    this.nanoTime = nanoTime;
    this.start = nanoTime.getAsLong();
  }

  /** So many more steps are done. */
  synchronized void advance(long steps) {
    done = Math.min(total, done + steps);
    if (err == null || done == 0) {
      return;
    }
    long now = nanoTime.getAsLong();
    long elapsed = now - start;
    if (visible ? now - painted >= REPAINT_AFTER : worthShowing(elapsed)) {
      paint(elapsed);
      painted = now;
      visible = true;
    }
  }

  private boolean worthShowing(long elapsed) {
    double whole = (double) elapsed / done * total;
    return elapsed >= WORTH_SHOWING || (elapsed >= FORECAST_AFTER && whole > WORTH_SHOWING);
  }

  private void paint(long elapsed) {
    double share = (double) done / total;
    int full = (int) (share * BAR_CELLS);
    long secondsLeft = (long) (elapsed / share * (1 - share) / SECOND);
    err.print(
        String.format(
            Locale.ROOT,
            "\r%s [%s%s] %3d %%, %d s left \u001b[K",
            what,
            "=".repeat(full),
            " ".repeat(BAR_CELLS - full),
            (int) (share * 100),
            secondsLeft));
    err.flush();
  }

  /** Takes the bar away. */
  @Override
  public synchronized void close() {
    if (visible) {
      err.print("\r\u001b[K");
      err.flush();
      visible = false;
    }
  }
}
