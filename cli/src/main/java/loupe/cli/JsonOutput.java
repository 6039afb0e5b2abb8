package loupe.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonPrimitive;
import picocli.CommandLine.Option;

/** The option {@code --json} and what it promises. A picocli mixin. */
final class JsonOutput {
  @Option(names = "--json", description = "One JSON document on standard output, and nothing else.")
  private boolean wanted;

  /** Whether the result is to be JSON. */
  boolean wanted() {
    return wanted;
  }

  /** Writes one document and a line feed. Make its numbers by {@link #number}. */
  static void print(Terminal terminal, JsonElement document) {
    terminal.out().print(document);
    terminal.out().print('\n');
  }

  /** A number with the digits that give back the same bits; a string where JSON has no number. */
  static JsonPrimitive number(double value) {
    return Double.isFinite(value) ? new JsonPrimitive(value) : word(value);
  }

  /** As {@link #number(double)}, with no more digits than a float has. */
  static JsonPrimitive number(float value) {
    return Float.isFinite(value) ? new JsonPrimitive(value) : word(value);
  }

  /** {@code null} for what is not a number: a metric that is not defined. */
  static JsonElement numberOrNull(double value) {
    return Double.isNaN(value) ? JsonNull.INSTANCE : number(value);
  }

  private static JsonPrimitive word(double value) {
    return new JsonPrimitive(Double.toString(value));
  }
}
