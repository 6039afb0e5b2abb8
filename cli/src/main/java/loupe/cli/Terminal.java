package loupe.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Everything that a command sees of whoever started it. A command writes results to {@link #out},
 * notes to {@link #note}, and never touches {@code System.out}, so that tests run it in their own
 * process.
 *
 * @param out results; UTF-8, buffered: flush where somebody waits for a part of them
 * @param err notes and progress; UTF-8
 * @param in standard input, as bytes
 * @param environment environment variables
 * @param outIsTerminal whether a person looks at {@code out}
 * @param errIsTerminal whether a person looks at {@code err}
 * @param columns width to fit text into
 */
record Terminal(
    PrintStream out,
    PrintStream err,
    InputStream in,
    Map<String, String> environment,
    boolean outIsTerminal,
    boolean errIsTerminal,
    int columns) {

  /** Width where nobody can say: a usual window. */
  private static final int DEFAULT_COLUMNS = 100;

  /** What is narrower is no window, but a terminal that does not know its size. */
  private static final int FEWEST_COLUMNS = 20;

  private static final int STDOUT_BUFFER_BYTES = 1 << 16;

  /** Streams at whose other end is no person. */
  static Terminal of(
      PrintStream out, PrintStream err, InputStream in, Map<String, String> environment) {
    return new Terminal(out, err, in, environment, false, false, DEFAULT_COLUMNS);
  }

  /**
   * The streams of this process. Java cannot ask whether standard output and standard error are
   * terminals each for itself, so the launcher script says so ({@code -Dloupe.tty=out,err}, {@code
   * -Dloupe.columns=120}); without it, standard output counts as a terminal where Java has a
   * console, and standard error never does.
   */
  static Terminal ofProcess() {
    String tty = System.getProperty("loupe.tty");
    boolean outIsTerminal = tty == null ? hasConsole() : tty.contains("out");
    boolean errIsTerminal = tty != null && tty.contains("err");
    PrintStream out =
        new PrintStream(
            new BufferedOutputStream(
                new StandardOutput(new FileOutputStream(FileDescriptor.out)), STDOUT_BUFFER_BYTES),
            false,
            StandardCharsets.UTF_8);
    PrintStream err =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    int columns = columns(System.getenv("COLUMNS"), Integer.getInteger("loupe.columns", 0));
    return new Terminal(
        out, err, System.in, System.getenv(), outIsTerminal, errIsTerminal, columns);
  }

  /**
   * The width to fit text into.
   *
   * @param exported what a user says by COLUMNS; null for nothing. Shells keep it to themselves, so
   *     where it is in the environment somebody means it.
   * @param measured the window's; 0 where nobody knows
   */
  static int columns(String exported, int measured) {
    boolean said = exported != null && exported.matches("[2-9][0-9]|[1-9][0-9]{2,3}");
    int columns = said ? Integer.parseInt(exported) : measured;
    return columns < FEWEST_COLUMNS ? DEFAULT_COLUMNS : columns;
  }

  private static boolean hasConsole() {
    // Some JDKs from 22 on have a console even where there is no terminal, unless told otherwise.
    System.setProperty("jdk.console", "java.base");
    return System.console() != null;
  }

  /** Whether results may be coloured. */
  boolean colour() {
    return outIsTerminal
        && environment.getOrDefault("NO_COLOR", "").isEmpty()
        && !"dumb".equals(environment.get("TERM"));
  }

  /** {@code text} in this style where results may be coloured, else as it is. */
  String paint(Style style, String text) {
    return colour() ? "\u001b[" + style.code() + "m" + text + "\u001b[0m" : text;
  }

  /** One line to the person at the other end, beside the results. */
  void note(String line) {
    err.println("loupe: " + line);
  }

  /** Whether stack traces are wanted. */
  boolean debug() {
    return "1".equals(environment.get("LOUPE_DEBUG"));
  }

  /** Shows how far work has come, if it takes long and somebody looks; close it at the end. */
  Progress progress(String what, long total) {
    return new Progress(errIsTerminal ? err : null, what, total, System::nanoTime);
  }
}
