package loupe.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import loupe.golden.dialect.Dictionary;
import loupe.golden.dialect.Dictionary.Dialect;
import loupe.golden.dialect.Dictionary.Entry;
import loupe.golden.dialect.Dictionary.Other;
import loupe.golden.dialect.Dictionary.Row;
import loupe.reference.InputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code loupe names}: what other programs call each tensor. */
@Command(
    description = {
      "Lists what each program calls the tensors of the forward pass, in which order",
      "its axes are, and where the same name is another tensor. check reads dumps in",
      "any of these dialects."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe names                        our names, and the dialects there are",
      "  loupe names hook_z                 one tensor in all dialects",
      "  loupe names --dialect llama.cpp    all tensors in one",
      "  loupe names --json"
    })
final class NamesCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Dictionary dictionary = Dictionary.get();

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "A part of a name, ours or another program's.")
  private String wanted;

  @Option(names = "--dialect", paramLabel = "D", description = "The names of this program.")
  private String dialect;

  @Mixin private JsonOutput json;

  NamesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    List<Dialect> dialects =
        dialect == null ? dictionary.dialects() : List.of(dictionary.dialect(dialect));
    List<Row> rows = dictionary.tensors().stream().filter(this::isWanted).toList();
    List<Other> others =
        dictionary.others().stream()
            .filter(other -> dialects.stream().anyMatch(d -> d.name().equals(other.dialect())))
            .filter(other -> wanted == null || other.name().contains(wanted))
            .toList();
    if (rows.isEmpty() && others.isEmpty()) {
      throw new InputException(
          "no name of any program contains '" + wanted + "'; loupe names lists ours");
    }
    if (json.wanted()) {
      JsonOutput.print(terminal, document(dialects, rows, others));
    } else if (dialect != null) {
      printDialect(dialects.get(0), rows, others);
    } else if (wanted != null) {
      rows.forEach(this::printRow);
      printOthers(others);
    } else {
      printOurs(rows, dialects);
    }
    return ExitCode.DONE;
  }

  private boolean isWanted(Row row) {
    return wanted == null
        || row.name().contains(wanted)
        || row.entries().stream().anyMatch(entry -> entry.name().contains(wanted));
  }

  private void printOurs(List<Row> rows, List<Dialect> dialects) {
    TextTable table =
        new TextTable(TextTable.Align.LEFT, TextTable.Align.LEFT, TextTable.Align.LEFT);
    table.add("name", "axes", "what it is");
    rows.forEach(row -> table.add(row.name(), axes(row.shape()), row.meaning()));
    print(table);
    terminal.out().println();
    TextTable programs = new TextTable(TextTable.Align.LEFT, TextTable.Align.LEFT);
    programs.add("dialect", "program");
    dialects.forEach(each -> programs.add(each.name(), each.what() + "; " + each.version()));
    print(programs);
  }

  private void printDialect(Dialect program, List<Row> rows, List<Other> others) {
    terminal.out().println(terminal.paint(Style.BOLD, program.name()));
    StyledLine.wrapped(terminal, Style.FAINT, program.what() + "; " + program.version());
    StyledLine.wrapped(terminal, Style.FAINT, "names in a file: " + program.keys());
    TextTable table =
        new TextTable(TextTable.Align.LEFT, TextTable.Align.LEFT, TextTable.Align.LEFT);
    table.add("its name", "axes", "ours");
    for (Row row : rows) {
      for (Entry entry : dictionary.entries(row, program.name())) {
        table.add(title(entry), axes(entry.axes()), row.name());
      }
    }
    print(table);
    for (Row row : rows) {
      for (Entry entry : dictionary.entries(row, program.name())) {
        if (!entry.note().isEmpty()) {
          StyledLine.wrapped(terminal, null, title(entry) + ": " + entry.note());
        }
      }
    }
    printOthers(others);
  }

  private void printRow(Row row) {
    terminal.out().println(terminal.paint(Style.BOLD, row.name()) + "  " + axes(row.shape()));
    StyledLine.wrapped(terminal, Style.FAINT, row.meaning());
    TextTable table =
        new TextTable(TextTable.Align.LEFT, TextTable.Align.LEFT, TextTable.Align.LEFT);
    row.entries().forEach(e -> table.add("  " + e.dialect(), title(e), axes(e.axes())));
    table.lines().forEach(terminal.out()::println);
    for (Entry entry : row.entries()) {
      if (!entry.note().isEmpty()) {
        StyledLine.wrapped(
            terminal, null, entry.dialect() + ", " + entry.name() + ": " + entry.note());
      }
    }
    terminal.out().println();
  }

  private void printOthers(List<Other> others) {
    for (Other other : others) {
      StyledLine.wrapped(
          terminal,
          null,
          "%s, %s: %s%s"
              .formatted(
                  other.dialect(),
                  other.name() + other.op().map(op -> " made by " + op).orElse(""),
                  other.is(),
                  other.not().map(not -> "; not " + not).orElse("")));
    }
  }

  private void print(TextTable table) {
    boolean head = true;
    for (String line : table.lines()) {
      terminal.out().println(head ? terminal.paint(Style.FAINT, line) : line);
      head = false;
    }
  }

  private static String axes(String words) {
    return "[" + words.replace(" ", ", ") + "]";
  }

  /** A name with what else is needed to know the tensor. */
  private static String title(Entry entry) {
    return entry.name()
        + entry.side().map(side -> "." + side).orElse("")
        + entry.op().map(op -> " = " + op).orElse("");
  }

  private JsonObject document(List<Dialect> dialects, List<Row> rows, List<Other> others) {
    JsonObject document = new JsonObject();
    document.add("dialects", dialects.stream().map(NamesCommand::json).collect(arrayCollector()));
    JsonArray tensors = new JsonArray();
    for (Row row : rows) {
      JsonObject object = new JsonObject();
      object.addProperty("name", row.name());
      object.addProperty("meaning", row.meaning());
      object.addProperty("axes", row.shape());
      JsonArray entries = new JsonArray();
      for (Dialect each : dialects) {
        dictionary.entries(row, each.name()).forEach(entry -> entries.add(json(entry)));
      }
      object.add("entries", entries);
      tensors.add(object);
    }
    document.add("tensors", tensors);
    document.add("others", others.stream().map(NamesCommand::json).collect(arrayCollector()));
    return document;
  }

  private static Collector<JsonObject, ?, JsonArray> arrayCollector() {
    return Collectors.collectingAndThen(
        Collectors.toList(),
        list -> {
          JsonArray array = new JsonArray();
          list.forEach(array::add);
          return array;
        });
  }

  private static JsonObject json(Dialect dialect) {
    JsonObject object = new JsonObject();
    object.addProperty("name", dialect.name());
    object.addProperty("what", dialect.what());
    object.addProperty("version", dialect.version());
    object.addProperty("keys", dialect.keys());
    object.addProperty("source", dialect.source());
    return object;
  }

  private static JsonObject json(Entry entry) {
    JsonObject object = new JsonObject();
    object.addProperty("dialect", entry.dialect());
    object.addProperty("name", entry.name());
    object.add("side", orNull(entry.side()));
    object.add("operation", orNull(entry.op()));
    object.addProperty("axes", entry.axes());
    object.add("times", orNull(entry.times()));
    object.add("unless", orNull(entry.unless()));
    object.add("layer", orNull(entry.layer()));
    object.addProperty("note", entry.note());
    object.addProperty("source", entry.at());
    return object;
  }

  private static JsonObject json(Other other) {
    JsonObject object = new JsonObject();
    object.addProperty("dialect", other.dialect());
    object.addProperty("name", other.name());
    object.add("op", orNull(other.op()));
    object.addProperty("is", other.is());
    object.add("not", orNull(other.not()));
    object.addProperty("source", other.at());
    return object;
  }

  private static JsonElement orNull(Optional<String> text) {
    return text.<JsonElement>map(JsonPrimitive::new).orElse(JsonNull.INSTANCE);
  }
}
