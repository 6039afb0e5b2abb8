package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** One run of the program inside of the test's process, and what came of it. */
record Invocation(int code, String out, String err) {

  /** Runs {@code loupe ARGS} without standard input. */
  static Invocation of(String... args) {
    return of(Map.of(), new byte[0], Commands.ALL, args);
  }

  /** Runs {@code loupe ARGS} where a person looks at results in a window of this width. */
  static Invocation onTerminal(int columns, Map<String, String> environment, String... args) {
    UnaryOperator<Terminal> window =
        t -> new Terminal(t.out(), t.err(), t.in(), environment, true, false, columns);
    return of(window, environment, new byte[0], Commands.ALL, args);
  }

  static Invocation of(
      Map<String, String> environment,
      byte[] in,
      Map<String, Function<Terminal, Callable<Integer>>> commands,
      String... args) {
    return of(UnaryOperator.identity(), environment, in, commands, args);
  }

  private static Invocation of(
      UnaryOperator<Terminal> window,
      Map<String, String> environment,
      byte[] in,
      Map<String, Function<Terminal, Callable<Integer>>> commands,
      String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        Terminal.of(
            new PrintStream(out, false, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            new ByteArrayInputStream(in),
            environment);
    int code = Main.run(args, window.apply(terminal), commands);
    return new Invocation(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** Fails unless the program refused: exit 2, and one line that holds all of {@code parts}. */
  void assertRefused(String... parts) {
    assertEquals(ExitCode.BAD_INPUT, code, err);
    assertEquals("", out);
    assertTrue(err.startsWith("loupe: ") && err.indexOf('\n') == err.length() - 1, err);
    assertFalse(err.contains("internal error"), err);
    for (String part : parts) {
      assertTrue(err.contains(part), err);
    }
  }

  /** Standard output, where the program was content and had nothing to say beside it. */
  String result() {
    assertEquals(ExitCode.DONE, code, err);
    assertEquals("", err);
    return out;
  }

  /** The one JSON object that is all of standard output. */
  JsonObject json() {
    assertTrue(result().endsWith("}\n") && out.indexOf('\n') == out.length() - 1, out);
    return JsonParser.parseString(out).getAsJsonObject();
  }
}
