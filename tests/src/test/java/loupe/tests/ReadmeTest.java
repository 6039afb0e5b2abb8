package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README claims is so. */
class ReadmeTest {
  private static final Path ROOT = root();

  @TempDir Path temp;

  private static Path root() {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve(".editorconfig"))) {
      root = root.getParent();
    }
    return root;
  }

  private static String readme() throws IOException {
    return Files.readString(ROOT.resolve("README.md"));
  }

  /** The code blocks of one language, without their indentation. */
  private static List<String> blocks(String language) throws IOException {
    Matcher matcher =
        Pattern.compile("^```" + language + "\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL)
            .matcher(readme());
    List<String> blocks = new ArrayList<>();
    while (matcher.find()) {
      blocks.add(matcher.group(1));
    }
    return blocks;
  }

  @Test
  void theLibraryExampleIsTheOneThatIsCompiled() throws IOException {
    String source =
        Files.readString(ROOT.resolve("tests/src/test/java/loupe/tests/LibraryExample.java"));
    int begin = source.indexOf("main(String[] args) {\n");
    String body = source.substring(source.indexOf('\n', begin) + 1, source.indexOf("\n  }", begin));
    assertEquals(List.of(body.stripIndent() + "\n"), blocks("java"));
  }

  @Test
  void theLibraryExamplePrintsWhatItSays() throws IOException {
    PrintStream before = System.out;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    try {
      LibraryExample.main(new String[0]);
    } finally {
      System.setOut(before);
    }
    assertEquals(List.of(out.toString(StandardCharsets.UTF_8)), blocks("text"));
  }

  @Test
  void theAccuracyTableIsMeasured() throws IOException {
    List<String> lines =
        readme()
            .lines()
            .dropWhile(l -> !l.startsWith("| golden data"))
            .takeWhile(l -> l.startsWith("|"))
            .toList();
    assertEquals(new AccuracyTable(temp).measure(), String.join("\n", lines));
  }

  @Test
  void everyFileThatItNamesIsThere() throws IOException {
    List<String> missing = new ArrayList<>();
    Matcher link = Pattern.compile("\\]\\(([^)#]+)(#[^)]*)?\\)").matcher(readme());
    while (link.find()) {
      String target = link.group(1);
      if (!target.contains("://") && !Files.exists(ROOT.resolve(target))) {
        missing.add(target);
      }
    }
    assertEquals(List.of(), missing);
  }
}
