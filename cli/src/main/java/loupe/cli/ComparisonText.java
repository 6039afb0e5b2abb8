package loupe.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import loupe.golden.TraceComparison;

/** A comparison of two traces for people: what counts most comes first. */
final class ComparisonText {
  private static final int SHOWN = 20;

  private final Terminal terminal;
  private final TraceComparison comparison;
  private final Double tolerance;

  /**
   * @param tolerance largest distance that is good; null for no verdict
   */
  ComparisonText(Terminal terminal, TraceComparison comparison, Double tolerance) {
    this.terminal = terminal;
    this.comparison = comparison;
    this.tolerance = tolerance;
  }

  /** Prints the summary, the worst tensors or all of them, worst first, and the missing names. */
  void print(boolean all) {
    List<TraceComparison.Entry> worstFirst = new ArrayList<>(comparison.tensors());
    worstFirst.sort(Comparator.comparingDouble(ComparisonText::badness).reversed());
    long equal = worstFirst.stream().filter(entry -> badness(entry) == 0).count();
    terminal
        .out()
        .println(
            "%d tensors compared, %d of them equal, %d only in one file"
                .formatted(worstFirst.size(), equal, comparison.missing().size()));
    printVerdict();
    if (equal < worstFirst.size() || all) {
      printTable(all ? worstFirst : worstFirst.subList(0, Math.min(SHOWN, worstFirst.size())));
      int more = all ? 0 : worstFirst.size() - SHOWN;
      if (more > 0) {
        terminal.out().println("and " + more + " more, none worse; --all lists them");
      }
    }
    printMissing("A");
    printMissing("B");
  }

  private void printVerdict() {
    if (tolerance == null) {
      return;
    }
    long beyond = comparison.tensors().stream().filter(this::isBeyond).count();
    if (beyond == 0) {
      terminal.out().println(terminal.paint(Style.GREEN, "good: all within " + tolerance));
      return;
    }
    // What comes first in the order of computation is where to look.
    String first =
        comparison.tensors().stream().filter(this::isBeyond).findFirst().orElseThrow().name();
    terminal
        .out()
        .println(
            terminal.paint(
                Style.RED,
                "bad: %d beyond %s, in the order of A first %s"
                    .formatted(beyond, tolerance, VisibleText.of(first))));
  }

  private boolean isBeyond(TraceComparison.Entry entry) {
    return !(badness(entry) <= tolerance);
  }

  /** Another shape and NaN are worse than any number. */
  private static double badness(TraceComparison.Entry entry) {
    return entry.difference().map(TraceComparison.Difference::relToMax).orElse(Double.NaN);
  }

  private void printTable(List<TraceComparison.Entry> entries) {
    TextTable table =
        new TextTable(
            TextTable.Align.RIGHT,
            TextTable.Align.RIGHT,
            TextTable.Align.LEFT,
            TextTable.Align.LEFT);
    table.add("of max|A|", "max|B-A|", "tensor", "worst at");
    for (TraceComparison.Entry entry : entries) {
      String name = VisibleText.of(entry.name());
      if (entry.difference().isEmpty()) {
        table.add("-", "-", name, "another shape");
      } else {
        TraceComparison.Difference difference = entry.difference().get();
        table.add(
            number(difference.relToMax()),
            number(difference.maxAbs()),
            name,
            difference.maxAbs() == 0 ? "" : Arrays.toString(difference.worstIndex()));
      }
    }
    List<String> lines = table.lines();
    terminal.out().println();
    terminal.out().println(terminal.paint(Style.FAINT, lines.get(0)));
    for (int i = 1; i < lines.size(); i++) {
      String line = lines.get(i);
      boolean bad = tolerance != null && isBeyond(entries.get(i - 1));
      terminal.out().println(bad ? terminal.paint(Style.RED, line) : line);
    }
  }

  private static String number(double value) {
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.2e", value);
  }

  private void printMissing(String file) {
    List<String> names =
        comparison.missing().stream()
            .filter(one -> one.in().equals(file))
            .map(one -> VisibleText.of(one.name()))
            .toList();
    if (names.isEmpty()) {
      return;
    }
    terminal.out().println();
    terminal.out().println("not in " + file + ": " + String.join(", ", names));
  }
}
