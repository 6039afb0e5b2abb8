package loupe.cli;

import java.util.List;
import java.util.Locale;
import loupe.golden.check.Diagnosis;
import loupe.golden.quirk.Quirk;

/** Known bugs that may be the reason, for people: the best one in full, others by name. */
final class DiagnosisText {
  private final Terminal terminal;

  DiagnosisText(Terminal terminal) {
    this.terminal = terminal;
  }

  void print(List<Diagnosis> found) {
    if (found.isEmpty()) {
      terminal.out().println("No known bug explains this; loupe zoo lists those that were tried.");
      return;
    }
    Diagnosis best = found.get(0);
    printOne("It looks like ", best);
    for (Diagnosis other : found.subList(1, found.size())) {
      if (!other.besides().isEmpty() && !best.isWhole() && other.explains() > best.explains()) {
        printOne("and, besides, ", other);
      } else if (other.besides().isEmpty()) {
        terminal.out().println("or " + name(other) + ", " + share(other));
      }
    }
  }

  private void printOne(String lead, Diagnosis diagnosis) {
    Quirk quirk = diagnosis.quirk();
    terminal
        .out()
        .println(terminal.paint(Style.BOLD, lead + name(diagnosis)) + ": " + share(diagnosis));
    StyledLine.wrapped(terminal, null, "  what it is: " + quirk.bug());
    if (!quirk.projects().isEmpty()) {
      StyledLine.wrapped(terminal, null, "  who had it: " + String.join("; ", quirk.projects()));
    }
    StyledLine.wrapped(terminal, null, "  what to change: " + quirk.fix());
  }

  private static String name(Diagnosis diagnosis) {
    return diagnosis.quirk().name() + " (" + String.join(", ", diagnosis.quirk().pitfalls()) + ")";
  }

  private static String share(Diagnosis diagnosis) {
    return diagnosis.isWhole()
        ? "explains the whole dump"
        : String.format(
            Locale.ROOT,
            "explains %d of %d tensors that diverge",
            diagnosis.explains(),
            diagnosis.divergent());
  }
}
