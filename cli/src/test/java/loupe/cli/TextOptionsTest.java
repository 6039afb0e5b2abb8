package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class TextOptionsTest {
  private static TextOptions parsed(String... args) {
    TextOptions options = new TextOptions();
    new CommandLine(options).parseArgs(args);
    return options;
  }

  private static Terminal terminal(byte[] in) {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    return Terminal.of(nowhere, nowhere, new ByteArrayInputStream(in), Map.of());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void takesStandardInputAndFilesExactly(@TempDir Path folder) throws IOException {
    String text = "\uFEFF Größe ▁\r\n\u0000\uD83D\uDE00\uFFFD\n\n";
    assertEquals(text, parsed("-").text(terminal(utf8(text))));
    Path file = Files.write(folder.resolve("a text"), utf8(text));
    assertEquals(text, parsed("--file", file.toString()).text(terminal(new byte[0])));
    assertEquals("", parsed("-").text(terminal(new byte[0])));
    assertEquals("", parsed("").text(terminal(new byte[0])));
  }

  @Test
  void refusesBytesThatAreNotUtf8AndSaysWhere() {
    byte[][] bad = {
      {'a', 'b', (byte) 0xFF},
      {'a', 'b', (byte) 0xC3},
      {'a', 'b', (byte) 0xED, (byte) 0xA0, (byte) 0x80}
    };
    for (byte[] bytes : bad) {
      TextOptions options = parsed("-");
      MalformedFileException e =
          assertThrows(MalformedFileException.class, () -> options.text(terminal(bytes)));
      assertTrue(e.getMessage().startsWith("standard input: byte 2: is not valid UTF-8"));
    }
  }

  @Test
  void takesIdsAsTheyAreWritten() {
    assertArrayEquals(new int[] {2, 17, 9}, parsed("--tokens", "2,17, 9").ids().orElseThrow());
    assertArrayEquals(new int[] {0}, parsed("--tokens=0").ids().orElseThrow());
    assertTrue(parsed("2,17").ids().isEmpty());
  }

  @Test
  void refusesWhatIsNoListOfIds() {
    for (String bad : new String[] {"", " ", ",", "2,", "2,,9", "2;9", "x", "-1", "2147483648"}) {
      TextOptions options = parsed("--tokens=" + bad);
      String message = assertThrows(InputException.class, options::ids).getMessage();
      assertTrue(message.startsWith("--tokens"), message);
    }
  }

  @Test
  void wantsExactlyOneSource() {
    String[][] wrong = {
      {}, {"text", "--tokens", "2"}, {"text", "--file", "f"}, {"--file", "f", "--tokens", "2"}
    };
    for (String[] args : wrong) {
      assertThrows(InputException.class, parsed(args)::ids);
      assertThrows(InputException.class, () -> parsed(args).text(terminal(new byte[0])));
    }
  }
}
