package loupe.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import loupe.golden.JsonNumbers;
import loupe.golden.PolicyAgreement;
import loupe.golden.PublishedAgreement;
import loupe.golden.PublishedPolicy;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code loupe policies}: where engines round, and how well that predicts them. */
@Command(
    description = {
      "Lists the rounding policies: where each engine rounds, to what, and where in its",
      "source. --arithmetic NAME runs any command that way."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe policies",
      "  loupe policies bf16-hf                every rounding of one engine, with its source",
      "  loupe policies --json",
      "  loupe trace --arithmetic bf16-hf --out t.safetensors \"Four score\""
    })
final class PoliciesCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(arity = "0..1", paramLabel = "NAME", description = "Shows this policy in full.")
  private String name;

  @Mixin private JsonOutput json;

  PoliciesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    List<PublishedPolicy> policies =
        name == null ? PublishedPolicy.all() : List.of(PublishedPolicy.of(name));
    if (json.wanted()) {
      JsonArray all = new JsonArray();
      policies.forEach(policy -> all.add(document(policy)));
      JsonObject document = new JsonObject();
      document.add("policies", all);
      JsonOutput.print(terminal, document);
    } else {
      policies.forEach(this::print);
    }
    return ExitCode.DONE;
  }

  private void print(PublishedPolicy policy) {
    terminal.out().println(terminal.paint(Style.BOLD, policy.name()));
    StyledLine.wrapped(terminal, Style.FAINT, policy.engine() + "; " + policy.version());
    StyledLine.wrapped(terminal, Style.FAINT, policy.summary());
    StyledLine.wrapped(terminal, Style.FAINT, evidence(policy));
    policy
        .dialect()
        .ifPresent(
            dialect ->
                StyledLine.wrapped(
                    terminal,
                    Style.FAINT,
                    "Unasked, check looks for it in dumps in the dialect " + dialect + " only."));
    if (name != null) {
      TextTable table =
          new TextTable(
              TextTable.Align.LEFT,
              TextTable.Align.LEFT,
              TextTable.Align.LEFT,
              TextTable.Align.LEFT);
      for (PublishedPolicy.Point point : policy.points()) {
        String weights = point.rule().weights().toString();
        table.add(
            "  " + point.rule().point().id(),
            point.rule().format().label(),
            weights.equals("*") ? "" : weights,
            point.source());
      }
      table.lines().forEach(terminal.out()::println);
    }
    terminal.out().println();
  }

  private static String evidence(PublishedPolicy policy) {
    List<PublishedAgreement> published = PublishedAgreement.of(policy.name());
    if (published.isEmpty()) {
      return policy.evidence() == PublishedPolicy.Evidence.GRADED
          ? "From reading the source; dumps of the engine pass by it."
          : "From reading the source; the engine was not run.";
    }
    long elements = 0;
    long equal = 0;
    for (PublishedAgreement one : published) {
      elements += one.steps().elements();
      equal += one.steps().equal();
    }
    long rest = elements - equal;
    String share =
        rest == 0 ? "all" : "all but %,d (%.1f %%)".formatted(rest, 100.0 * rest / elements);
    return "The engine was run: of %,d recorded numbers each step gives %s to the last bit."
        .formatted(elements, share);
  }

  private static JsonObject document(PublishedPolicy policy) {
    JsonObject object = new JsonObject();
    object.addProperty("name", policy.name());
    object.addProperty("engine", policy.engine());
    object.addProperty("version", policy.version());
    object.addProperty("evidence", policy.evidence().name().toLowerCase(Locale.ROOT));
    object.addProperty("summary", policy.summary());
    object.addProperty("storage", policy.storage().label());
    object.addProperty("dialect", policy.dialect().orElse(null));
    object.addProperty("folds_norms", policy.foldsNorms());
    JsonArray points = new JsonArray();
    policy.points().forEach(point -> points.add(document(point)));
    object.add("points", points);
    JsonArray agreement = new JsonArray();
    for (PublishedAgreement one : PublishedAgreement.of(policy.name())) {
      JsonObject entry = new JsonObject();
      entry.addProperty("case", one.goldenCase());
      entry.add("free", document(one.free()));
      entry.add("steps", document(one.steps()));
      agreement.add(entry);
    }
    object.add("agreement", agreement);
    return object;
  }

  private static JsonObject document(PublishedPolicy.Point point) {
    JsonObject object = new JsonObject();
    object.addProperty("point", point.rule().point().id());
    object.addProperty("meaning", point.rule().point().meaning());
    object.addProperty("format", point.rule().format().label());
    object.addProperty("weights", point.rule().weights().toString());
    object.addProperty("source", point.source());
    return object;
  }

  private static JsonElement document(PolicyAgreement.Count count) {
    JsonObject object = new JsonObject();
    object.addProperty("elements", count.elements());
    object.addProperty("equal", count.equal());
    object.addProperty("within_one_unit", count.within());
    object.add("rel_to_max", JsonNumbers.of(count.relToMax()));
    return object;
  }
}
