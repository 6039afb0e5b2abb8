package loupe.reference;

import java.util.Arrays;

/** The {@link RotaryTable} of the model that ran last; safe for use by several threads. */
final class RotaryTables {
  private volatile RotaryTable latest;

  /** Cosines and sines that hold every one of these positions. */
  RotaryTable.Angles of(int dHead, double theta, int[] positions) {
    RotaryTable table = latest;
    if (table == null || !table.isFor(dHead, theta)) {
      table = new RotaryTable(dHead, theta);
      latest = table;
    }
    return table.upTo(Arrays.stream(positions).max().orElse(0) + 1);
  }
}
