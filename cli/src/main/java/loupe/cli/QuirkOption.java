package loupe.cli;

import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.reference.InputException;
import picocli.CommandLine.Option;

/** The option {@code --quirk}: a known bug on purpose. A picocli mixin. */
final class QuirkOption {
  @Option(
      names = "--quirk",
      paramLabel = "BUG",
      description = "Runs with a known bug in it, and says so; loupe zoo lists them.")
  private String name;

  /** The bug that the user wants; {@link InputException} if there is none of this name. */
  Optional<Quirk> quirk() {
    return Optional.ofNullable(name).map(Zoo::of);
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
      String known =
          has.isEmpty()
              ? "none"
              : has.stream().map(QuirkOption::label).collect(Collectors.joining(", "));
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
