package loupe.golden;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/**
 * Two traces, tensor by tensor: A, the reference, and B. Of attention scores only those entries
 * count whose key is not after their query and whose pattern is not 0 in either file: the others
 * need not be computed, and differ between programs that are both right.
 *
 * @param tensors one entry for each name that both have, in the order of A
 * @param missing names that only one of them has
 */
public record TraceComparison(List<Entry> tensors, List<Missing> missing) {

  /**
   * A name that only one file has.
   *
   * @param in the file that lacks it: {@code A} or {@code B}
   */
  public record Missing(String name, String in) {}

  /**
   * One tensor.
   *
   * @param difference empty where the shapes differ
   */
  public record Entry(String name, Optional<Difference> difference) {}

  /**
   * How far B is from A.
   *
   * @param maxAbs largest |B - A|; NaN where one is NaN or they are different infinities
   * @param relToMax {@code maxAbs} over the largest |A| of the entries that count; 0 if both are 0
   * @param worstIndex where {@code maxAbs} is: one index for each axis; empty for a scalar, and
   *     where no entry counts
   */
  public record Difference(double maxAbs, double relToMax, long[] worstIndex) {}

  /**
   * Compares two traces.
   *
   * @param progress called with a number of further elements compared
   * @throws InputException if they have no name in common
   */
  public static TraceComparison of(TensorSource a, TensorSource b, LongConsumer progress) {
    List<Entry> entries = new ArrayList<>();
    List<Missing> missing = new ArrayList<>();
    Set<String> inB = b.names();
    for (String name : a.names()) {
      if (inB.contains(name)) {
        entries.add(new Entry(name, difference(name, a, b, progress)));
      } else {
        missing.add(new Missing(name, "B"));
      }
    }
    Set<String> inA = a.names();
    for (String name : inB) {
      if (!inA.contains(name)) {
        missing.add(new Missing(name, "A"));
      }
    }
    if (entries.isEmpty()) {
      throw new InputException(
          "%s and %s have no tensor name in common".formatted(a.origin(), b.origin()));
    }
    return new TraceComparison(List.copyOf(entries), List.copyOf(missing));
  }

  private static Optional<Difference> difference(
      String name, TensorSource a, TensorSource b, LongConsumer progress) {
    StoredTensor x = a.tensor(name);
    StoredTensor y = b.tensor(name);
    if (!Arrays.equals(x.shape(), y.shape())) {
      return Optional.empty();
    }
    return Optional.of(new TensorDifference(x, y, CountedEntries.of(x, a, b)).run(progress));
  }

  /** Whether every tensor of a common name has its shape in both and {@code relToMax} in bounds. */
  public boolean within(double tolerance) {
    for (Entry entry : tensors) {
      // NaN is not within anything.
      if (entry.difference().isEmpty() || !(entry.difference().get().relToMax() <= tolerance)) {
        return false;
      }
    }
    return true;
  }
}
