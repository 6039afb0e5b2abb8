package loupe.cli;

import java.util.ArrayList;
import java.util.List;
import loupe.golden.check.Report;
import loupe.golden.check.TensorGrade;
import loupe.golden.check.Verdict;

/**
 * Reports as JUnit XML, which continuous integration shows: a suite for each dump, a test case for
 * each tensor. What was skipped, and what is undecidable, is a skipped test with its reason.
 */
final class CheckJunit {
  private final List<String> suites = new ArrayList<>();

  /** Adds a dump that was graded. */
  void add(Grading.Graded graded) {
    Report report = graded.report();
    StringBuilder cases = new StringBuilder();
    int failures = 0;
    int skipped = report.skipped().size();
    for (TensorGrade grade : report.tensors()) {
      boolean isUndecidable = grade.verdict() == Verdict.UNDECIDABLE;
      failures += grade.verdict().isBad() ? 1 : 0;
      skipped += isUndecidable ? 1 : 0;
      String inner =
          grade.verdict().isBad()
              ? failure(grade, report)
              : isUndecidable ? skip(GradeText.open(grade)) : "";
      cases.append(testCase(graded, grade.name(), inner));
    }
    for (Report.Skipped one : report.skipped()) {
      cases.append(testCase(graded, one.name(), skip(one.reason())));
    }
    int tests = report.tensors().size() + report.skipped().size();
    suites.add(suite(graded.dump().toString(), tests, failures, 0, skipped, cases.toString()));
  }

  /** Adds a dump that could not be graded. */
  void addError(String dump, String message) {
    String error = "<error message=\"%s\"/>".formatted(text(message));
    suites.add(
        suite(dump, 1, 0, 1, 0, "    <testcase name=\"read\">%s</testcase>\n".formatted(error)));
  }

  /** The first divergence says also which bug it may be. */
  private static String failure(TensorGrade grade, Report report) {
    boolean isFirst = report.firstDivergence().filter(grade::equals).isPresent();
    String bug =
        isFirst && !report.diagnosis().isEmpty()
            ? "it looks like %s: %s"
                .formatted(
                    report.diagnosis().get(0).quirk().name(), report.diagnosis().get(0).message())
            : "";
    return "<failure type=\"%s\" message=\"%s\">%s</failure>"
        .formatted(grade.reason(), text(GradeText.sentence(grade)), text(bug));
  }

  private static String skip(String reason) {
    return "<skipped message=\"%s\"/>".formatted(text(reason));
  }

  private static String testCase(Grading.Graded graded, String name, String inner) {
    return "    <testcase classname=\"%s\" name=\"%s\">%s</testcase>\n"
        .formatted(text(graded.dump().toString()), text(name), inner);
  }

  private static String suite(
      String name, int tests, int failures, int errors, int skipped, String cases) {
    return ("  <testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\">\n"
            + "%s  </testsuite>\n")
        .formatted(text(name), tests, failures, errors, skipped, cases);
  }

  private static String text(String text) {
    return TextFile.escaped(text);
  }

  String document() {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"loupe check\">\n"
        + String.join("", suites)
        + "</testsuites>\n";
  }
}
