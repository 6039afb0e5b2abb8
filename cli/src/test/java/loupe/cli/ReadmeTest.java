package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The README shows what the program really prints, and names what it really has. */
class ReadmeTest {
  /** A command and what it prints. */
  private static final Pattern SESSION =
      Pattern.compile("^```console\n\\$ \\./loupe (.*)\n((?s:.*?))^```$", Pattern.MULTILINE);

  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

  private static final Pattern COMMAND_ROW =
      Pattern.compile("^\\| `(\\w+)`.*\\|$", Pattern.MULTILINE);

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

  @Test
  void everySessionIsWhatTheProgramPrints() throws IOException {
    List<MatchResult> sessions = SESSION.matcher(readme()).results().toList();
    assertTrue(!sessions.isEmpty());
    for (MatchResult session : sessions) {
      assertEquals(session.group(2), Invocation.of(words(session.group(1))).result());
    }
  }

  @Test
  void theTableOfCommandsIsComplete() throws IOException {
    List<String> rows = new ArrayList<>();
    COMMAND_ROW.matcher(readme()).results().forEach(row -> rows.add(row.group(1)));
    assertEquals(List.copyOf(Commands.ALL.keySet()), rows);
  }
}
