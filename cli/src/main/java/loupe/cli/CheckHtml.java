package loupe.cli;

import java.util.Arrays;
import java.util.Optional;
import loupe.golden.check.Diagnosis;
import loupe.golden.check.DivergenceMap;
import loupe.golden.check.PolicyMatch;
import loupe.golden.check.Report;
import loupe.golden.check.TensorGrade;
import loupe.golden.check.Verdict;

/**
 * A report as one page: it asks for nothing from elsewhere, needs no script, and follows the
 * reader's choice of light or dark.
 */
final class CheckHtml {
  private final Grading.Graded graded;
  private final Report report;
  private final StringBuilder page = new StringBuilder();

  CheckHtml(Grading.Graded graded) {
    this.graded = graded;
    this.report = graded.report();
  }

  /** The page. */
  String page() {
    String title = report.outcome().text() + ": " + text(graded.dump().getFileName().toString());
    page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n");
    page.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.append("<title>").append(title).append("</title>\n");
    page.append("<style>\n").append(CheckStyle.CSS).append("</style>\n<main>\n");
    head();
    divergence();
    diagnosis();
    policies();
    map();
    tensors();
    reading();
    contract();
    page.append("</main>\n</html>\n");
    return page.toString();
  }

  private void head() {
    String verdict = report.outcome().text();
    page.append("<h1><span class=\"verdict ").append(verdict).append("\">").append(verdict);
    page.append("</span> ").append(text(graded.dump().getFileName().toString())).append("</h1>\n");
    paragraph(GradeText.counts(report) + ". Names as in " + graded.reading().dialect() + ".");
  }

  private void divergence() {
    report
        .firstDivergence()
        .ifPresent(
            first -> {
              page.append("<h2>Where it begins</h2>\n");
              paragraph(GradeText.sentence(first));
            });
  }

  private void diagnosis() {
    if (report.diagnosis().isEmpty()) {
      return;
    }
    page.append("<h2>Which known bug it may be</h2>\n<ul>\n");
    for (Diagnosis one : report.diagnosis()) {
      String share =
          " explains %d of %d divergent tensors. ".formatted(one.explains(), one.divergent());
      item("<b>" + text(one.quirk().name()) + "</b>" + share + text(one.message()));
    }
    page.append("</ul>\n");
  }

  private void policies() {
    if (graded.policies().isEmpty()) {
      return;
    }
    page.append("<h2>Which policy it follows</h2>\n<div class=\"wide\"><table>\n<thead><tr>");
    page.append("<th>policy</th><th>bit-equal</th><th>first tensor that departs</th>");
    page.append("</tr></thead>\n<tbody>\n");
    for (PolicyMatch match : graded.policies()) {
      page.append("<tr><td>").append(text(match.policy())).append("</td>");
      number(GradeText.share(match));
      page.append("<td>").append(text(match.departs().orElse("-"))).append("</td></tr>\n");
    }
    page.append("</tbody></table></div>\n");
  }

  private void map() {
    DivergenceMap map = graded.map();
    page.append(
        "<h2>Map</h2>\n<div class=\"wide\"><table class=\"map\">\n<thead><tr><th>layer</th>");
    boolean inLayers = map.rows().stream().anyMatch(DivergenceMap.Row::inLayers);
    int columns = inLayers ? map.layers() : 1;
    for (int layer = 0; layer < columns; layer++) {
      page.append("<th>").append(inLayers ? layer : "").append("</th>");
    }
    page.append("</tr></thead>\n<tbody>\n");
    for (DivergenceMap.Row row : map.rows()) {
      page.append("<tr><th>").append(text(row.operation())).append("</th>");
      row.cells().forEach(this::cell);
      page.append("</tr>\n");
    }
    page.append("</tbody></table></div>\n<p class=\"legend\">");
    for (Verdict verdict : Verdict.values()) {
      page.append("<b><span class=\"").append(verdict.text()).append("\">");
      page.append(CheckMap.sign(verdict))
          .append("</span> ")
          .append(verdict.text())
          .append("</b>\n");
    }
    page.append("</p>\n");
  }

  private void cell(Optional<TensorGrade> cell) {
    if (cell.isEmpty()) {
      page.append("<td></td>");
      return;
    }
    TensorGrade grade = cell.get();
    String ratio =
        grade.worst().map(w -> ", " + GradeText.number(grade.ratio()) + " of its bound").orElse("");
    page.append("<td class=\"").append(grade.verdict().text()).append("\"><a href=\"#");
    page.append(text(grade.name())).append("\" title=\"");
    page.append(text(grade.name() + ": " + grade.verdict().text() + ratio)).append("\">");
    page.append(CheckMap.sign(grade.verdict())).append("</a></td>");
  }

  private void tensors() {
    page.append("<h2>Tensors</h2>\n<p>The worst element of each: the port's number, ours, which ");
    page.append("follows from the port's own inputs, and how far a right program may be from it. ");
    page.append("Added and inherited errors are in units of the tensor's largest element.</p>\n");
    page.append("<div class=\"wide\"><table>\n<thead><tr>");
    for (String title :
        new String[] {
          "tensor", "verdict", "of bound", "index", "theirs", "ours", "bound", "added", "inherited"
        }) {
      page.append("<th>").append(title).append("</th>");
    }
    page.append("</tr></thead>\n<tbody>\n");
    report.tensors().forEach(this::tensor);
    page.append("</tbody></table></div>\n");
  }

  private void tensor(TensorGrade grade) {
    page.append("<tr id=\"").append(text(grade.name())).append("\"><td>");
    String theirs = graded.reading().names().getOrDefault(grade.name(), grade.name());
    page.append(text(grade.name()));
    if (!theirs.equals(grade.name())) {
      page.append("<br><small>").append(text(theirs)).append("</small>");
    }
    page.append("</td><td class=\"").append(grade.verdict().text()).append("\">");
    page.append(grade.verdict().text()).append("</td>");
    if (grade.worst().isEmpty()) {
      String shapes = "shape " + Arrays.toString(grade.theirShape()) + " instead of ";
      page.append("<td colspan=\"5\">").append(shapes).append(Arrays.toString(grade.shape()));
      page.append("</td>");
    } else {
      TensorGrade.Worst worst = grade.worst().get();
      number(GradeText.number(grade.ratio()));
      number(Arrays.toString(worst.index()));
      number(String.valueOf(worst.theirs()));
      number(String.valueOf(worst.ours()));
      number(GradeText.number(worst.bound()));
    }
    number(GradeText.relative(grade.added(), grade.scale()));
    number(GradeText.relative(grade.inherited(), grade.scale()));
    page.append("</tr>\n");
    grade
        .bias()
        .ifPresent(
            bias ->
                page.append("<tr><td></td><td colspan=\"8\">")
                    .append(text(GradeText.sentence(bias)))
                    .append("</td></tr>\n"));
  }

  private void number(String number) {
    page.append("<td class=\"number\">").append(text(number)).append("</td>");
  }

  private void reading() {
    if (!graded.reading().notes().isEmpty()) {
      page.append("<h2>How the dump was read</h2>\n<ul>\n");
      graded.reading().notes().forEach(note -> item(text(note)));
      page.append("</ul>\n");
    }
    if (!report.skipped().isEmpty()) {
      page.append("<details><summary>").append(report.skipped().size());
      page.append(" tensors of the dump were not judged</summary>\n<ul>\n");
      report.skipped().forEach(one -> item(text(one.name()) + ": " + text(one.reason())));
      page.append("</ul></details>\n");
    }
  }

  private void item(String html) {
    page.append("<li>").append(html).append("</li>\n");
  }

  private void contract() {
    page.append("<h2>What is taken for granted</h2>\n<pre>");
    page.append(text(report.premises())).append("</pre>\n<p class=\"legend\">loupe ");
    page.append(text(Version.text())).append("</p>\n");
  }

  private void paragraph(String words) {
    page.append("<p>").append(text(words)).append("</p>\n");
  }

  private static String text(String words) {
    return TextFile.escaped(words);
  }
}
