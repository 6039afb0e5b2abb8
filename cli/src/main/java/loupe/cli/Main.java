package loupe.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import loupe.reference.InputException;
import picocli.CommandLine;

/** Where the program begins: arguments in, exit code out. */
public final class Main {
  private Main() {}

  /** Runs the command that the arguments name, and ends the process with its exit code. */
  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT);
    Terminal terminal = Terminal.ofProcess();
    int code;
    try {
      Arguments.refuseUndecoded(args, System.getProperty("loupe.tty") != null);
      OptionalInt child = Relaunch.withVectorModule(args, terminal.environment());
      code = child.isPresent() ? child.getAsInt() : runInterruptibly(args, terminal);
    } catch (RuntimeException e) {
      code = Failures.report(e, terminal);
    }
    System.exit(code);
  }

  /** Where a person ends the program early, the shell's next prompt gets a line of its own. */
  private static int runInterruptibly(String[] args, Terminal terminal) {
    if (!terminal.outIsTerminal() && !terminal.errIsTerminal()) {
      return run(args, terminal, Commands.ALL);
    }
    AtomicBoolean ended = new AtomicBoolean();
    Runnable lineBreak =
        () -> {
          if (!ended.get()) {
            terminal.err().println();
          }
        };
    Runtime.getRuntime().addShutdownHook(new Thread(lineBreak));
    int code = run(args, terminal, Commands.ALL);
    ended.set(true);
    return code;
  }

  /**
   * Runs a command in this process, as a test does. Never throws, never ends the process.
   *
   * @param args as on the command line, without the program's name
   * @param out takes the results, flushed at the end
   * @param err takes notes and the line that says what went wrong
   * @param in standard input
   * @param environment environment variables, instead of the process's own
   * @return the exit code
   */
  public static int run(
      String[] args,
      PrintStream out,
      PrintStream err,
      InputStream in,
      Map<String, String> environment) {
    return run(args, Terminal.of(out, err, in, environment), Commands.ALL);
  }

  static int run(
      String[] args, Terminal terminal, Map<String, Function<Terminal, Callable<Integer>>> all) {
    int code;
    try {
      code = execute(args, terminal, all);
    } catch (RuntimeException | Error e) {
      code = Failures.report(e, terminal);
    }
    try {
      terminal.out().flush();
      if (terminal.out().checkError()) {
        throw new OutputException(new IOException("a write failed"));
      }
    } catch (OutputException e) {
      code = Failures.report(e, terminal);
    }
    return code;
  }

  private static int execute(
      String[] args, Terminal terminal, Map<String, Function<Terminal, Callable<Integer>>> all) {
    CommandLine parser = Commands.parser(args, terminal, all);
    if (args.length == 0) {
      throw new InputException(
          "a command is missing: try loupe look \"Four score and seven years ago\", or loupe"
              + " --help");
    }
    QuirkOption.refuseWhereNotTaken(args);
    parser.setParameterExceptionHandler((e, given) -> Failures.report(e, terminal));
    parser.setExecutionExceptionHandler((e, command, given) -> Failures.report(e, terminal));
    return parser.execute(args);
  }
}
