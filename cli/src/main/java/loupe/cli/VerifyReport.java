package loupe.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import loupe.golden.facts.Fact;
import loupe.golden.facts.Outcome;
import loupe.golden.facts.Outcome.Status;

/** What {@code loupe verify} found, as text and as JSON. */
final class VerifyReport {
  private static final int IDS_SHOWN = 6;

  private final List<Outcome> outcomes;

  VerifyReport(List<Outcome> outcomes) {
    this.outcomes = outcomes;
  }

  long count(Status status) {
    return outcomes.stream().filter(o -> o.status() == status).count();
  }

  /**
   * {@code {"facts":[{"id":...,"kind":...,"model":...,"verdict":"pass"|"fail"|"not_applicable",
   * "reason":...,"compared":N,"source":...}],"passed":N,"failed":N,"not_applicable":N}}.
   */
  JsonObject document() {
    JsonArray facts = new JsonArray();
    for (Outcome outcome : outcomes) {
      Fact fact = outcome.fact();
      JsonObject one = new JsonObject();
      one.addProperty("id", fact.id());
      one.addProperty("kind", fact.kind());
      one.addProperty("model", fact.model());
      one.addProperty("verdict", outcome.status().name().toLowerCase(Locale.ROOT));
      one.addProperty("reason", outcome.detail());
      one.addProperty("compared", outcome.compared());
      one.addProperty("trust", fact.about().trust());
      one.addProperty("source", fact.source());
      facts.add(one);
    }
    JsonObject document = new JsonObject();
    document.addProperty("passed", count(Status.PASS));
    document.addProperty("failed", count(Status.FAIL));
    document.addProperty("not_applicable", count(Status.NOT_APPLICABLE));
    document.add("facts", facts);
    return document;
  }

  /** Facts that fail last but for the sums, since that is where a reader looks first. */
  void print(Terminal terminal) {
    Map<String, List<String>> reasons = new LinkedHashMap<>();
    for (Outcome outcome : outcomes) {
      if (outcome.status() == Status.NOT_APPLICABLE) {
        reasons.computeIfAbsent(outcome.detail(), r -> new ArrayList<>()).add(outcome.fact().id());
      }
    }
    reasons.forEach(
        (reason, ids) -> {
          String first = String.join(", ", ids.subList(0, Math.min(IDS_SHOWN, ids.size())));
          int more = ids.size() - IDS_SHOWN;
          line(
              terminal,
              Style.FAINT,
              "not applicable (%d): ".formatted(ids.size()),
              reason + " [" + first + (more > 0 ? " and " + more + " more]" : "]"));
        });
    for (Status status : List.of(Status.PASS, Status.FAIL)) {
      for (Outcome outcome : outcomes) {
        if (outcome.status() == status) {
          Style style = status == Status.PASS ? Style.GREEN : Style.RED;
          String head = status == Status.PASS ? "pass " : "FAIL ";
          line(terminal, style, head + outcome.fact().id() + ": ", outcome.detail());
          if (status == Status.FAIL) {
            line(terminal, Style.FAINT, "     ", "source: " + outcome.fact().source());
          }
        }
      }
    }
    terminal
        .out()
        .println(
            "%d passed, %d failed, %d not applicable"
                .formatted(count(Status.PASS), count(Status.FAIL), count(Status.NOT_APPLICABLE)));
  }

  private static void line(Terminal terminal, Style style, String head, String words) {
    terminal.out().println(terminal.paint(style, head) + VisibleText.of(words));
  }
}
