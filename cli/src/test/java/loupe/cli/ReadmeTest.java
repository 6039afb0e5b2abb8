package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README shows what the program really prints, and names what it really has. */
class ReadmeTest {
  private static final Pattern SESSION =
      Pattern.compile("^```console\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

  /** A command of a session and what it prints, notes before results. */
  private static final Pattern COMMAND =
      Pattern.compile("^\\$ \\./loupe (.*)\n((?:(?!\\$ ).*\n)*)", Pattern.MULTILINE);

  /** Stands for the rest of a command's output. */
  private static final String AND_SO_ON = "…\n";

  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

  private static final Pattern COMMAND_ROW =
      Pattern.compile("^\\| `([\\w-]+)`.*\\|$", Pattern.MULTILINE);

  private static String readme() throws IOException {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("README.md"))) {
      folder = folder.getParent();
    }
    return Files.readString(folder.resolve("README.md"));
  }

  private static String[] words(String command) {
    return WORD.matcher(command)
        .results()
        .map(word -> word.group(1) != null ? word.group(1) : word.group(2))
        .toArray(String[]::new);
  }

  /** Runs a command of a session in its folder. */
  private static String output(String command, Path folder) {
    String there = folder + "/";
    String[] args = words(command.replaceAll("(\\S+\\.safetensors)", there + "$1"));
    Invocation run = Invocation.of(args);
    return (run.err() + run.out()).replace(there, "");
  }

  @Test
  void everySessionIsWhatTheProgramPrints(@TempDir Path folder) throws IOException {
    // Others run Python too, or show only what a command prints.
    List<MatchResult> sessions =
        SESSION
            .matcher(readme())
            .results()
            .filter(session -> COMMAND.matcher(session.group(1)).find())
            .toList();
    assertEquals(2, sessions.size());
    for (MatchResult session : sessions) {
      for (MatchResult command : COMMAND.matcher(session.group(1)).results().toList()) {
        String actual = output(command.group(1), folder);
        String expected = command.group(2);
        if (expected.endsWith(AND_SO_ON)) {
          expected = expected.substring(0, expected.length() - AND_SO_ON.length());
          actual = actual.substring(0, Math.min(actual.length(), expected.length()));
        }
        assertEquals(expected, actual);
      }
    }
  }

  @Test
  void theTableOfCommandsIsComplete() throws IOException {
    List<String> rows = new ArrayList<>();
    COMMAND_ROW.matcher(readme()).results().forEach(row -> rows.add(row.group(1)));
    assertEquals(List.copyOf(Commands.ALL.keySet()), rows);
  }
}
