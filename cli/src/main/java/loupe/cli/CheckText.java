package loupe.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.golden.check.PolicyMatch;
import loupe.golden.check.Report;
import loupe.golden.check.TensorGrade;
import loupe.golden.check.Verdict;

/** A {@link Report} for people: the verdict, where it begins, then the tensors. */
final class CheckText {
  private static final int SHOWN = 10;

  /** Names that stand for all that were skipped for one reason. */
  private static final int SOME = 3;

  private final Terminal terminal;
  private final Grading.Graded graded;
  private final Report report;

  CheckText(Terminal terminal, Grading.Graded graded) {
    this.terminal = terminal;
    this.graded = graded;
    this.report = graded.report();
  }

  /** Prints the verdict, the tensors that are not inside their bounds or all, and the premises. */
  void print(boolean all) {
    printVerdict();
    if (report.outcome() == Report.Outcome.FAIL && graded.follows().isEmpty()) {
      new DiagnosisText(terminal).print(report.diagnosis());
    }
    printPolicies();
    List<TensorGrade> shown =
        report.tensors().stream()
            .filter(grade -> all || grade.verdict().isBad() || isOpen(grade))
            .toList();
    if (!shown.isEmpty()) {
      terminal.out().println();
      printTable(all ? shown : shown.subList(0, Math.min(SHOWN, shown.size())));
      int more = all ? 0 : shown.size() - SHOWN;
      if (more > 0) {
        terminal.out().println("and " + more + " more; --all lists them");
      }
    }
    terminal.out().println();
    new CheckMap(terminal, graded.map()).print();
    printReading();
    terminal.out().println();
    terminal.out().print(report.premises());
  }

  private void printPolicies() {
    if (graded.policies().isEmpty()) {
      return;
    }
    TextTable table =
        new TextTable(TextTable.Align.LEFT, TextTable.Align.RIGHT, TextTable.Align.LEFT);
    table.add("policy", "bit-equal", "first tensor that departs");
    for (PolicyMatch match : graded.policies()) {
      table.add(
          match.policy(), GradeText.share(match), match.departs().map(VisibleText::of).orElse("-"));
    }
    terminal.out().println();
    table.lines().forEach(terminal.out()::println);
  }

  /** How the dump was read, and what was left out: one line for each reason. */
  private void printReading() {
    terminal.out().println();
    terminal.out().println("names: " + graded.reading().dialect());
    for (String note : graded.reading().notes()) {
      StyledLine.wrapped(terminal, null, "note: " + VisibleText.of(note));
    }
    Map<String, List<String>> skipped = new LinkedHashMap<>();
    for (Report.Skipped one : report.skipped()) {
      skipped
          .computeIfAbsent(kind(one.reason()), reason -> new ArrayList<>())
          .add(VisibleText.of(one.name()));
    }
    skipped.forEach(
        (reason, names) -> {
          String some = String.join(", ", names.subList(0, Math.min(SOME, names.size())));
          String more = names.size() > SOME ? ", ..." : "";
          StyledLine.wrapped(
              terminal, null, "skipped %d: %s (%s%s)".formatted(names.size(), reason, some, more));
        });
  }

  /** Tensors that a dump has under several names are told in one line. */
  private static String kind(String reason) {
    return reason.startsWith("the same as ") ? "other names of tensors that were compared" : reason;
  }

  private static boolean isOpen(TensorGrade grade) {
    return grade.verdict() == Verdict.UNDECIDABLE;
  }

  private void printVerdict() {
    String verdict = report.outcome().text();
    Style style =
        switch (report.outcome()) {
          case PASS -> Style.GREEN;
          case FAIL, UNDECIDABLE -> Style.RED;
        };
    terminal.out().println(terminal.paint(style, verdict) + ": " + GradeText.counts(report));
    report
        .firstDivergence()
        .ifPresent(first -> terminal.out().println("first: " + GradeText.sentence(first)));
    graded
        .follows()
        .ifPresent(
            policy ->
                terminal
                    .out()
                    .println("It is right by the policy %1$s: --precision %1$s".formatted(policy)));
  }

  private void printTable(List<TensorGrade> grades) {
    TextTable table =
        new TextTable(
            TextTable.Align.LEFT,
            TextTable.Align.LEFT,
            TextTable.Align.RIGHT,
            TextTable.Align.RIGHT,
            TextTable.Align.RIGHT,
            TextTable.Align.LEFT);
    table.add("tensor", "verdict", "of bound", "added", "inherited", "worst at");
    for (TensorGrade grade : grades) {
      table.add(
          VisibleText.of(grade.name()),
          grade.verdict().text(),
          grade.worst().map(worst -> GradeText.number(grade.ratio())).orElse("-"),
          GradeText.relative(grade.added(), grade.scale()),
          GradeText.relative(grade.inherited(), grade.scale()),
          grade.worst().map(worst -> Arrays.toString(worst.index())).orElse("another shape"));
    }
    List<String> lines = table.lines();
    terminal.out().println(terminal.paint(Style.FAINT, lines.get(0)));
    for (int i = 1; i < lines.size(); i++) {
      boolean bad = grades.get(i - 1).verdict().isBad();
      terminal.out().println(bad ? terminal.paint(Style.RED, lines.get(i)) : lines.get(i));
    }
  }
}
