package loupe.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;

/** One run of the program inside of the test's process, and what came of it. */
record Invocation(int code, String out, String err) {

  /** Runs {@code loupe ARGS} without standard input. */
  static Invocation of(String... args) {
    return of(Map.of(), new byte[0], Commands.ALL, args);
  }

  static Invocation of(
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
    int code = Main.run(args, terminal, commands);
    return new Invocation(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
