package loupe.cli;

import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.reference.InputException;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/** The option {@code --quirk}: a known bug on purpose. A picocli mixin. */
final class QuirkOption {
  private static final String NAME = "--quirk";

  /** Why commands take no bug. */
  private static final Map<String, String> WHY_NOT =
      Map.ofEntries(
          Map.entry("compare", "it computes nothing: compare a file of loupe trace --quirk"),
          Map.entry("check", "a judge must be right: grade a file of loupe trace --quirk"),
          Map.entry("info", "it computes nothing"),
          Map.entry("synth", "it writes weights, and bugs are in programs"),
          Map.entry("convert", "it writes weights, and bugs are in programs"),
          Map.entry("policies", "it only lists what there is"),
          Map.entry("names", "it only lists what there is"),
          Map.entry("zoo", "it only lists what there is"),
          Map.entry("vectors", "its bugs.json has a vector for every bug"),
          Map.entry(
              "conform", "a judge must be right: grade loupe serve --stdio --quirk BUG with it"),
          Map.entry("bench", "how fast a wrong program is says nothing"),
          Map.entry("bench-peer", "how fast a wrong program is says nothing"));

  @Option(
      names = NAME,
      paramLabel = "BUG",
      description = "Runs with a known bug in it, and says so; loupe zoo lists them.")
  private String name;

  /** The bug that the user wants; {@link InputException} if there is none of this name. */
  Optional<Quirk> quirk() {
    return Optional.ofNullable(name).map(Zoo::of);
  }

  /**
   * Takes the option out of the help of a command that shares others with commands that have it.
   */
  static void leaveOutWhereNotTaken(String command, CommandLine line) {
    CommandSpec spec = line.getCommandSpec();
    OptionSpec option = spec.findOption(NAME);
    if (WHY_NOT.containsKey(command) && option != null) {
      spec.remove(option);
    }
  }

  /**
   * Refuses the option for a command that takes no bug, before anything else is said of it.
   *
   * @param args as on the command line, the command first
   */
  static void refuseWhereNotTaken(String... args) {
    if (args.length == 0 || !WHY_NOT.containsKey(args[0])) {
      return;
    }
    for (int i = 1; i < args.length && !args[i].equals("--"); i++) {
      if (args[i].equals(NAME) || args[i].startsWith(NAME + "=")) {
        throw new InputException(args[0] + " takes no " + NAME + ": " + WHY_NOT.get(args[0]));
      }
    }
  }

  /**
   * Refuses a bug of a part that a command has not: it would do nothing, silently. Says on standard
   * error that the results are wrong on purpose.
   *
   * @param command for the message
   * @param parts that the command has
   */
  void admit(String command, Terminal terminal, Quirk.Part... parts) {
    Quirk quirk = quirk().orElse(null);
    if (quirk == null) {
      return;
    }
    List<Quirk.Part> has = Arrays.asList(parts);
    if (!has.contains(quirk.part())) {
      String known = has.stream().map(QuirkOption::label).collect(Collectors.joining(", "));
      throw new InputException(
          "--quirk %s is a bug of part %s, and %s has no such part; bugs that it can have are of: %s"
              .formatted(quirk.name(), label(quirk.part()), command, known));
    }
    terminal.note("with the known bug " + quirk.name() + ", results are wrong: " + quirk.bug());
  }

  private static String label(Quirk.Part part) {
    return part.name().toLowerCase(Locale.ROOT);
  }

  /** Marks a result as wrong on purpose. */
  void mark(JsonObject document) {
    quirk().ifPresent(quirk -> document.addProperty("quirk", quirk.name()));
  }
}
