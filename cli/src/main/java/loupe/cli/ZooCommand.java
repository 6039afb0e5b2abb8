package loupe.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code loupe zoo}: the known bugs. */
@Command(
    description = {
      "Lists the known bugs of ports: what each is, where it shows first, which golden",
      "cases expose it, who had it, what to change. --quirk BUG runs a command with one."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe zoo",
      "  loupe zoo attn-cap-missing            one bug in full",
      "  loupe zoo attn.hook_pattern           the bugs that show first at this tensor",
      "  loupe zoo P36 --json                  those of a pitfall",
      "  loupe run --quirk window-one-more \"Four score\""
    })
final class ZooCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(
      arity = "0..1",
      paramLabel = "BUG",
      description = "A bug, a tensor's name without its layer, or a pitfall such as P36.")
  private String wanted;

  @Mixin private JsonOutput json;

  ZooCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    List<Quirk> quirks = quirks();
    if (json.wanted()) {
      JsonArray all = new JsonArray();
      quirks.forEach(quirk -> all.add(document(quirk)));
      JsonObject document = new JsonObject();
      document.add("quirks", all);
      JsonOutput.print(terminal, document);
    } else if (quirks.size() == 1) {
      print(quirks.get(0));
    } else {
      list(quirks);
    }
    return ExitCode.DONE;
  }

  private List<Quirk> quirks() {
    if (wanted == null) {
      return Zoo.all();
    }
    List<Quirk> some =
        Zoo.all().stream()
            .filter(q -> q.operation().equals(wanted) || q.pitfalls().contains(wanted))
            .toList();
    return some.isEmpty() ? List.of(Zoo.of(wanted)) : some;
  }

  private void list(List<Quirk> quirks) {
    TextTable table =
        new TextTable(TextTable.Align.LEFT, TextTable.Align.LEFT, TextTable.Align.LEFT);
    for (Quirk quirk : quirks) {
      table.add(quirk.name(), quirk.operation(), String.join(" ", quirk.pitfalls()));
    }
    table.lines().forEach(terminal.out()::println);
    terminal.out().println("%d bugs; loupe zoo BUG tells all about one".formatted(quirks.size()));
  }

  private void print(Quirk quirk) {
    terminal.out().println(terminal.paint(Style.BOLD, quirk.name()));
    StyledLine.wrapped(terminal, Style.FAINT, quirk.bug());
    line("to change", quirk.fix());
    line("shows first at", quirk.operation());
    line("pitfalls", String.join(" ", quirk.pitfalls()));
    if (!quirk.projects().isEmpty()) {
      line("seen in", String.join("; ", quirk.projects()));
    }
    line("exposed by", String.join(", ", Zoo.killers(quirk.name()).keySet()));
  }

  private void line(String label, String words) {
    StyledLine.wrapped(terminal, Style.FAINT, label + ": " + words);
  }

  private static JsonObject document(Quirk quirk) {
    JsonObject object = new JsonObject();
    object.addProperty("name", quirk.name());
    object.addProperty("part", quirk.part().name().toLowerCase(Locale.ROOT));
    object.addProperty("operation", quirk.operation());
    object.add("pitfalls", strings(quirk.pitfalls()));
    object.addProperty("bug", quirk.bug());
    object.add("projects", strings(quirk.projects()));
    object.addProperty("fix", quirk.fix());
    JsonObject killers = new JsonObject();
    Map<String, String> killed = Zoo.killers(quirk.name());
    killed.forEach(killers::addProperty);
    object.add("killed_by", killers);
    return object;
  }

  private static JsonArray strings(List<String> values) {
    JsonArray array = new JsonArray();
    values.forEach(array::add);
    return array;
  }
}
