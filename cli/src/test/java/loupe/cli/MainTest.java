package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import loupe.reference.InputException;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class MainTest {
  /** Prints its text, or fails in the way that its text names. */
  @Command(description = "Says its text.", footer = "  loupe say \"Good day\"")
  private static final class Say implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private TextOptions text;
    @Mixin private ModelOptions model;

    Say(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
      String words = text.text(terminal);
      switch (words) {
        case "input" -> throw new InputException("F.bin: byte 8:\nis wrong");
        case "memory" -> throw new OutOfMemoryError("Java heap space");
        case "stack" -> throw new StackOverflowError();
        case "bug" -> throw new IllegalStateException("index 7");
        case "missing" -> throw new UncheckedIOException(new NoSuchFileException("gone.bin"));
        case "bad" -> {
          return ExitCode.BAD_VERDICT;
        }
        default -> {
          terminal.out().println(words);
          return ExitCode.DONE;
        }
      }
    }
  }

  private static final Map<String, Function<Terminal, Callable<Integer>>> COMMANDS =
      new LinkedHashMap<>(Map.of("say", Say::new, "talk", Say::new));

  private static Invocation say(String... args) {
    return Invocation.of(Map.of(), new byte[0], COMMANDS, args);
  }

  private static void assertOneLine(Invocation run, String line) {
    assertEquals(new Invocation(ExitCode.BAD_INPUT, "", line + System.lineSeparator()), run);
  }

  @Test
  void runsACommandAndReturnsItsCode() {
    assertEquals(new Invocation(0, "Größe ▁" + System.lineSeparator(), ""), say("say", "Größe ▁"));
    assertEquals(new Invocation(ExitCode.BAD_VERDICT, "", ""), say("say", "bad"));
  }

  @Test
  void takesATextThatLooksLikeSyntaxAsText() {
    for (String text : new String[] {"", "@/etc/hostname", "${user.home}", "a  b\n", "'q'", "%n"}) {
      assertEquals(text + System.lineSeparator(), say("say", text).out());
    }
    assertEquals("--file" + System.lineSeparator(), say("say", "--", "--file").out());
  }

  @Test
  void turnsEveryFailureIntoOneLineAndExitCodeTwo() {
    assertOneLine(say("say", "input"), "loupe: F.bin: byte 8: is wrong");
    assertOneLine(say("say", "missing"), "loupe: gone.bin: no such file");
    assertOneLine(
        say("say", "bug"),
        "loupe: internal error: java.lang.IllegalStateException: index 7 (LOUPE_DEBUG=1 shows the"
            + " stack trace)");
    assertOneLine(
        say("say", "stack"),
        "loupe: internal error: java.lang.StackOverflowError (LOUPE_DEBUG=1 shows the stack"
            + " trace)");
    Invocation memory = say("say", "memory");
    assertEquals(ExitCode.BAD_INPUT, memory.code());
    assertTrue(memory.err().matches("loupe: out of memory .*LOUPE_JAVA_OPTS=-Xmx\\d+m\\R"));
  }

  @Test
  void turnsWrongUsageIntoOneLineThatSaysWhatToDo() {
    assertOneLine(
        say("say", "--fil", "x"),
        "loupe: there is no option --fil (loupe say --help shows what there is; a text that begins"
            + " with - goes after --)");
    assertOneLine(
        say("say", "Four", "score"),
        "loupe: one argument too many: score (loupe say --help shows what there is; a text is one"
            + " argument, so put quotes around it)");
    assertOneLine(say("sayy"), "loupe: there is no command sayy (did you mean say?)");
    assertOneLine(
        say("say", "x", "--threads", "many"),
        "loupe: Invalid value for option '--threads': 'many' is not an int (loupe say --help shows"
            + " what there is)");
    assertOneLine(
        say(),
        "loupe: a command is missing: try loupe look \"Four score and seven years ago\", or loupe"
            + " --help");
  }

  @Test
  void showsAStackTraceOnlyWhereAskedFor() {
    Map<String, String> debug = Map.of("LOUPE_DEBUG", "1");
    String err = Invocation.of(debug, new byte[0], COMMANDS, "say", "input").err();
    assertTrue(err.contains("at loupe.cli.MainTest"), err);
  }

  @Test
  void showsHelpAndVersionOnStandardOutput() {
    Invocation help = say("--help");
    assertEquals(ExitCode.DONE, help.code());
    assertTrue(help.out().contains("say") && help.out().contains("talk"), help.out());
    assertTrue(say("say", "--help").out().contains("loupe say \"Good day\""));
    assertTrue(say("--version").out().matches("loupe \\d+\\.\\d+\\.\\d+\\R"));
    assertEquals("", help.err());
  }

  @Test
  void endsQuietlyWhereThePipeIsClosed() {
    assertEquals(new Invocation(ExitCode.PIPE_CLOSED, "", ""), sayInto("Broken pipe"));
  }

  @Test
  void saysThatAWriteFailed() {
    assertOneLine(
        sayInto("No space left on device"),
        "loupe: standard output could not be written: No space left on device");
  }

  private static Invocation sayInto(String failureOfTheWrite) {
    OutputStream failing =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException(failureOfTheWrite);
          }
        };
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        Terminal.of(
            new PrintStream(new StandardOutput(failing), false, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            new ByteArrayInputStream(new byte[0]),
            Map.of());
    int code = Main.run(new String[] {"say", "hello"}, terminal, COMMANDS);
    return new Invocation(code, "", err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void noticesAFailureThatAPrintStreamKeptToItself() {
    OutputStream failing =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("lost");
          }
        };
    PrintStream out = new PrintStream(failing, false, StandardCharsets.UTF_8);
    PrintStream err =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    int code =
        Main.run(new String[] {"--version"}, out, err, InputStream.nullInputStream(), Map.of());
    assertEquals(ExitCode.BAD_INPUT, code);
  }

  @Test
  void helpShowsNoBugWhereNoneIsTaken() {
    for (String command : Commands.ALL.keySet()) {
      Invocation help = Invocation.of(command, "--help");
      boolean isTaken =
          List.of("look", "tokens", "run", "trace", "encode", "verify", "serve", "answer")
              .contains(command);
      assertEquals(isTaken, help.result().contains("--quirk=BUG"), command);
      if (!isTaken) {
        Invocation.of(command, "--quirk", "gelu-erf").assertRefused(command + " takes no --quirk");
      }
    }
  }
}
