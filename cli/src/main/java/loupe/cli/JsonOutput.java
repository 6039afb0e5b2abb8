package loupe.cli;

import com.google.gson.JsonElement;
import loupe.golden.JsonNumbers;
import picocli.CommandLine.Option;

/** The option {@code --json} and what it promises. A picocli mixin. */
final class JsonOutput {
  @Option(names = "--json", description = "One JSON document on standard output, and nothing else.")
  private boolean wanted;

  /** Whether the result is to be JSON. */
  boolean wanted() {
    return wanted;
  }

  /** Writes one document and a line feed. Make its numbers by {@link JsonNumbers}. */
  static void print(Terminal terminal, JsonElement document) {
    terminal.out().print(document);
    terminal.out().print('\n');
  }
}
