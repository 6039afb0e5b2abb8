package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import loupe.golden.EmbeddedModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokensCommandTest {
  private static final String ISHMAEL =
      "{\"ids\":[2,4059,405,416,3583],\"pieces\":[\"<bos>\",\"C\",\"all\",\"▁me\",\"▁Ishmael\"]}\n";

  private static Invocation withInput(String in, String... args) {
    return withInput(in.getBytes(StandardCharsets.UTF_8), args);
  }

  private static Invocation withInput(byte[] in, String... args) {
    return Invocation.of(Map.of(), in, Commands.ALL, args);
  }

  @Test
  void printsIdsAndPiecesAsOneDocument() {
    assertEquals(
        new Invocation(0, ISHMAEL, ""), Invocation.of("tokens", "--json", "Call me Ishmael"));
  }

  @Test
  void readsFilesAndStandardInputExactly(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("a text"), "Call me Ishmael");
    assertEquals(ISHMAEL, Invocation.of("tokens", "--json", "--file", file.toString()).out());
    assertEquals(ISHMAEL, withInput("Call me Ishmael", "tokens", "--json", "-").out());
    String withNewline = withInput("Call me Ishmael\n", "tokens", "--json", "-").out();
    assertTrue(withNewline.contains("\"▁Ishmael\",\"\\n\"]"), withNewline);
  }

  @Test
  void leavesBosOutWhereToldTo() {
    assertEquals(
        "{\"ids\":[4059,405],\"pieces\":[\"C\",\"all\"]}\n",
        Invocation.of("tokens", "--json", "--no-bos", "Call").out());
  }

  @Test
  void hasBosAloneForAnEmptyText() {
    assertEquals(
        "{\"ids\":[2],\"pieces\":[\"<bos>\"]}\n", Invocation.of("tokens", "--json", "").out());
    assertEquals(
        "{\"ids\":[],\"pieces\":[]}\n", Invocation.of("tokens", "--json", "--no-bos", "").out());
  }

  @Test
  void takesControlPiecesForTextUnlessToldToParse() {
    String asText = Invocation.of("tokens", "--json", "--no-bos", "<bos>").out();
    assertEquals(
        "{\"ids\":[83,910,4025,85],\"pieces\":[\"<0x3C>\",\"bo\",\"s\",\"<0x3E>\"]}\n", asText);
    assertEquals(
        asText, Invocation.of("tokens", "--json", "--no-bos", "--specials", "text", "<bos>").out());
    assertEquals(
        "{\"ids\":[2],\"pieces\":[\"<bos>\"]}\n",
        Invocation.of("tokens", "--json", "--no-bos", "--specials", "parse", "<bos>").out());
    Invocation.of("tokens", "--specials", "both", "x").assertRefused("--specials", "both");
  }

  @Test
  void saysWhatGivenIdsStandFor() {
    assertEquals(
        ISHMAEL, Invocation.of("tokens", "--json", "--tokens", "2,4059,405,416,3583").out());
    Invocation.of("tokens", "--tokens", "2,4096").assertRefused("4096", "0 to 4095");
    Invocation.of("tokens", "--tokens", "2", "text").assertRefused("only one of");
  }

  @Test
  void hasNoPiecesWithoutATokenizer(@TempDir Path folder) {
    String model = folder.toString();
    assertEquals(
        "{\"ids\":[2,7],\"pieces\":[null,null]}\n",
        Invocation.of("tokens", "--json", "--model", model, "--tokens", "2,7").out());
    assertEquals(0, Invocation.of("tokens", "--model", model, "--tokens", "2,7").code());
    Invocation.of("tokens", "--model", model, "x").assertRefused(model, "--tokenizer", "--tokens");
  }

  @Test
  void usesTheTokenizerThatIsNamedElseTheFoldersModelFile(@TempDir Path folder) throws IOException {
    Path json = Files.write(folder.resolve("tokenizer.json"), EmbeddedModel.tokenizerJson());
    String model = folder.toString();
    String text = "x" + " ".repeat(11) + "y";
    String byJson = Invocation.of("tokens", "--json", "--model", model, text).out();
    Files.write(folder.resolve("tokenizer.model"), EmbeddedModel.tokenizerModel());
    String byModel = Invocation.of("tokens", "--json", "--model", model, text).out();
    // The two forms differ where a run of spaces is longer than the longest piece of spaces.
    assertTrue(!byJson.equals(byModel), byJson);
    assertEquals(byModel, Invocation.of("tokens", "--json", text).out());
    assertEquals(
        byJson,
        Invocation.of("tokens", "--json", "--model", model, "--tokenizer", json.toString(), text)
            .out());
  }

  @Test
  void refusesAModelOrTokenizerThatIsNotThere(@TempDir Path folder) {
    String gone = folder.resolve("gone").toString();
    Invocation.of("tokens", "--model", gone, "x").assertRefused(gone, "no such");
    Invocation.of("tokens", "--tokenizer", gone, "x").assertRefused(gone, "no such");
    Invocation.of("tokens", "--file", gone).assertRefused(gone, "no such file");
    Invocation.of("tokens", "--arithmetic", "int8", "x").assertRefused("int8", "float64");
  }

  @Test
  void refusesInputThatIsNotUtf8() {
    withInput(new byte[] {'a', (byte) 0xC3, '('}, "tokens", "-")
        .assertRefused("standard input", "byte 1");
    Invocation.of("tokens", "a\ud800").assertRefused("surrogate");
  }

  @Test
  void answersEveryLineOfJsonLines(@TempDir Path folder) throws IOException {
    String lines = "\"Call\"\n\"a\\nb\"\r\n \"\" \n\"Call\"";
    String expected =
        "{\"ids\":[2,4059,405],\"pieces\":[\"<bos>\",\"C\",\"all\"]}\n"
            + "{\"ids\":[2,4022,10,4040],\"pieces\":[\"<bos>\",\"a\",\"\\n\",\"b\"]}\n"
            + "{\"ids\":[2],\"pieces\":[\"<bos>\"]}\n"
            + "{\"ids\":[2,4059,405],\"pieces\":[\"<bos>\",\"C\",\"all\"]}\n";
    Path file = Files.writeString(folder.resolve("texts.jsonl"), lines);
    assertEquals(
        new Invocation(0, expected, ""),
        Invocation.of("tokens", "--jsonl", "--file", file.toString()));
    assertEquals(new Invocation(0, expected, ""), withInput(lines, "tokens", "--jsonl", "-"));
    assertEquals(new Invocation(0, "", ""), withInput("", "tokens", "--jsonl", "-"));
    assertEquals(
        "{\"ids\":[4059,405],\"pieces\":[\"C\",\"all\"]}\n",
        withInput("\"Call\"\n", "tokens", "--jsonl", "--no-bos", "-").out());
  }

  @Test
  void answersTheGoodLinesAlsoBetweenBadOnes() {
    String bad = "{\"a\":1}\n\n\"half \\ud83d\"\nword\n\"a\" \"b\"\n7\n";
    Invocation run = withInput("\"Call\"\n" + bad + "\"Call\"\n", "tokens", "--jsonl", "-");
    assertEquals(ExitCode.BAD_INPUT, run.code());
    String[] answers = run.out().split("\n");
    assertEquals(8, answers.length);
    for (int i = 0; i < answers.length; i++) {
      JsonObject answer = JsonParser.parseString(answers[i]).getAsJsonObject();
      assertEquals(i >= 1 && i <= 6, answer.has("error"), answers[i]);
      assertEquals(i == 0 || i == 7, answer.has("ids"), answers[i]);
    }
    assertEquals(1, run.err().lines().count());
    assertTrue(run.err().startsWith("loupe: standard input: 6 of 8 lines"), run.err());
    assertTrue(run.err().contains("line 2"), run.err());
  }

  @Test
  void answersALineThatIsNotUtf8ByAnError() {
    byte[] lines = {'"', (byte) 0xFF, '"', '\n', '"', '"', '\n'};
    Invocation run = withInput(lines, "tokens", "--jsonl", "-");
    assertEquals(ExitCode.BAD_INPUT, run.code());
    assertTrue(
        run.out().matches("\\{\"error\":\"line 1: byte 1.*\"}\n\\{\"ids\":\\[2].*\n"), run.out());
  }

  @Test
  void readsLinesFromAFileOrStandardInputOnly() {
    Invocation.of("tokens", "--jsonl", "\"text\"").assertRefused("--file");
    Invocation.of("tokens", "--jsonl", "--tokens", "2").assertRefused("--file");
    Invocation.of("tokens", "--jsonl").assertRefused("a text is missing");
  }

  @Test
  void alignsTheTableForPeopleAndMakesControlCharactersVisible() {
    assertEquals(
        """
        pos    id  piece
          0     2  <bos>
          1  4059  C
          2   405  all
          3    21  \\t
          4    10  \\n
        """,
        Invocation.of("tokens", "Call\t\n").out().replace("\r\n", "\n"));
  }

  @Test
  void showsHelpWithExamples() {
    Invocation help = Invocation.of("tokens", "--help");
    assertEquals(ExitCode.DONE, help.code());
    assertTrue(help.out().contains("loupe tokens --jsonl --file texts.jsonl"), help.out());
  }
}
