package loupe.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** Where reports go beside standard output, and which failures are known. A picocli mixin. */
final class ReportOptions {
  @Option(names = "--html", paramLabel = "F", description = "Also writes the report as one page.")
  private Path html;

  @Option(
      names = "--junit",
      paramLabel = "F",
      description = "Also writes it as JUnit XML, a test case for each tensor.")
  private Path junit;

  @Option(
      names = "--known-failures",
      paramLabel = "F",
      description = {
        "Tensors that are known to fail, one name a line. Only others count for the",
        "exit code; a name that passes, or is not in the dump, is an error."
      })
  private Path known;

  private final CheckJunit suites = new CheckJunit();
  private KnownFailures list;

  /** Whether the options are about one dump alone. */
  boolean areForOne() {
    return html != null || known != null;
  }

  /** Writes the page of a dump, and keeps it for the suites. */
  void add(Grading.Graded graded) {
    suites.add(graded);
    if (html != null) {
      TextFile.write(html, new CheckHtml(graded).page());
    }
  }

  /** Keeps a dump that could not be graded for the suites. */
  void addError(String dump, String message) {
    suites.addError(dump, message);
  }

  /** Writes the suites, if they are wanted. */
  void finish() {
    if (junit != null) {
      TextFile.write(junit, suites.document());
    }
  }

  /** Reads the list of known failures, if there is one. */
  void open() throws IOException {
    list = known == null ? null : KnownFailures.read(known);
  }

  /** Adds a word about known failures to a report in JSON. */
  void describe(Grading.Graded graded, JsonObject document) {
    if (list != null) {
      JsonArray names = new JsonArray();
      list.unlisted(graded.report()).forEach(names::add);
      JsonObject about = new JsonObject();
      about.addProperty("listed", list.size());
      about.add("unlisted", names);
      document.add("known_failures", about);
    }
  }

  /** Prints that word for people. */
  void print(Grading.Graded graded, Terminal terminal) {
    if (list != null) {
      List<String> unlisted = list.unlisted(graded.report());
      String first = unlisted.isEmpty() ? "" : ", first " + VisibleText.of(unlisted.get(0));
      terminal
          .out()
          .println(
              "known failures: %d listed, %d others%s"
                  .formatted(list.size(), unlisted.size(), first));
    }
  }

  /**
   * The exit code: failures that are known do not count.
   *
   * @throws loupe.reference.InputException if the list is out of date
   */
  int exitCode(Grading.Graded graded) {
    if (list == null) {
      return graded.exitCode();
    }
    list.requireFailing(graded.report());
    return list.unlisted(graded.report()).isEmpty() ? ExitCode.DONE : ExitCode.BAD_VERDICT;
  }
}
