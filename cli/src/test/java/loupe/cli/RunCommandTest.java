package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import loupe.golden.EmbeddedModel;
import loupe.golden.GoldenText;
import loupe.loaders.Tokenizer;
import loupe.loaders.TokenizerFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunCommandTest {
  private static final GoldenText.Greedy GREEDY = new GoldenText().greedy().get(0);

  @TempDir Path temp;

  private static Invocation run(String... more) {
    return run(Map.of(), more);
  }

  private static Invocation run(Map<String, String> environment, String... more) {
    String[] args = Stream.concat(Stream.of("run"), Stream.of(more)).toArray(String[]::new);
    return Invocation.of(environment, new byte[0], Commands.ALL, args);
  }

  private static int[] ints(JsonObject json, String key) {
    return new Gson().fromJson(json.get(key), int[].class);
  }

  private static String text(int[] ids) {
    return Arrays.toString(ids).replaceAll("[\\[\\] ]", "");
  }

  @ParameterizedTest
  @ValueSource(strings = {"float32", "float64"})
  void continuesAsHuggingFaceDoes(String arithmetic) {
    for (GoldenText.Greedy golden : new GoldenText().greedy()) {
      String max = String.valueOf(golden.ids().length);
      String[] options = {"--max-tokens", max, "--arithmetic", arithmetic};
      JsonObject json =
          run(Stream.concat(Stream.of(options), Stream.of("--json", "--", golden.prompt()))
                  .toArray(String[]::new))
              .json();
      assertArrayEquals(golden.promptIds(), ints(json, "prompt_ids"));
      assertArrayEquals(golden.ids(), ints(json, "ids"));
      assertEquals(golden.text(), json.get("text").getAsString());
      String[] asIds = {"--tokens", text(golden.promptIds())};
      assertEquals(
          golden.text(),
          run(Stream.concat(Stream.of(options), Stream.of(asIds)).toArray(String[]::new)).result());
    }
  }

  @Test
  void saysHowLongEachPartTook() {
    JsonObject json = run("--json", "--max-tokens", "3", "--tokens", "2,7,9,11").json();
    assertEquals(List.of("prompt_ids", "ids", "text", "timing"), new ArrayList<>(json.keySet()));
    JsonObject timing = json.getAsJsonObject("timing");
    assertEquals(
        List.of("load_s", "prefill_tokens", "prefill_s", "decode_tokens", "decode_s"),
        new ArrayList<>(timing.keySet()));
    assertEquals(4, timing.get("prefill_tokens").getAsInt());
    assertEquals(2, timing.get("decode_tokens").getAsInt());
    for (String part : List.of("load_s", "prefill_s", "decode_s")) {
      assertTrue(timing.get(part).getAsDouble() > 0, part);
    }
  }

  @Test
  void generates64TokensWhereNothingIsSaid() {
    assertEquals(64, ints(run("--json", GREEDY.prompt()).json(), "ids").length);
  }

  @Test
  void generatesNothingWhereNothingIsWished() {
    JsonObject json = run("--json", "--max-tokens", "0", "x").json();
    assertEquals(0, ints(json, "ids").length);
    assertEquals("", json.get("text").getAsString());
    assertEquals("", run("--max-tokens", "0", "x").result());
  }

  @Test
  void drawsTheSameIdsForASeedHoweverTheyAreComputed() {
    String[] common = {"--json", "--temperature", "1.1", "--seed", "5", GREEDY.prompt()};
    int[] expected = ints(run(common).json(), "ids");
    assertEquals(64, expected.length);
    Map<String, String> scalar = Map.of("LOUPE_KERNELS", "scalar");
    for (String way : List.of("--threads 1", "--threads 3", "--chunk 1", "--chunk 4")) {
      String[] args =
          Stream.concat(Stream.of(common), Stream.of(way.split(" "))).toArray(String[]::new);
      assertArrayEquals(expected, ints(run(scalar, args).json(), "ids"), way);
    }
    String[] other = common.clone();
    other[4] = "6";
    assertNotEquals(text(expected), text(ints(run(other).json(), "ids")));
  }

  @Test
  void drawsTheMostProbableWhereTheFiltersLeaveNothingElse() {
    String max = String.valueOf(GREEDY.ids().length);
    for (String filter : List.of("--top-k=1", "--top-p=1e-9")) {
      String[] args = {"--json", "--temperature=2", filter, "--max-tokens", max, GREEDY.prompt()};
      assertArrayEquals(GREEDY.ids(), ints(run(args).json(), "ids"), filter);
    }
  }

  @Test
  void endsAtAnEndTokenThatIsNotPartOfTheText() throws IOException {
    int last = 12;
    TinyFolder folder = TinyFolder.in(temp);
    Files.writeString(
        folder.file("generation_config.json"),
        "{\"eos_token_id\": [7, " + GREEDY.ids()[last] + "]}");
    int first = 0;
    while (GREEDY.ids()[first] != GREEDY.ids()[last]) {
      first++;
    }
    String[] args = {"--model", folder.toString(), GREEDY.prompt()};
    JsonObject json =
        run(Stream.concat(Stream.of("--json"), Stream.of(args)).toArray(String[]::new)).json();
    assertArrayEquals(Arrays.copyOf(GREEDY.ids(), first + 1), ints(json, "ids"));
    String text = json.get("text").getAsString();
    Tokenizer tokenizer = TokenizerFile.open("tokenizer.model", EmbeddedModel.tokenizerModel());
    assertEquals(tokenizer.decode(Arrays.copyOf(GREEDY.ids(), first)), text);
    assertNotEquals("", tokenizer.decode(GREEDY.ids()[first]));
    assertEquals(text, run(args).result());
  }

  @Test
  void repliesInAChat() {
    JsonObject json = run("--json", "--chat", "--max-tokens", "2", "  Why?\n").json();
    String turns = "<start_of_turn>user\nWhy?<end_of_turn>\n<start_of_turn>model\n";
    JsonObject tokens = Invocation.of("tokens", "--json", turns).json();
    assertArrayEquals(ints(tokens, "ids"), ints(json, "prompt_ids"));
    run("--chat", "--tokens", "2,7").assertRefused("--chat", "--tokens");
  }

  @Test
  void givesIdsAloneWhereThereIsNoTokenizer() throws IOException {
    TinyFolder folder = TinyFolder.in(temp).without("tokenizer.model").without("tokenizer.json");
    String[] args = {
      "--model", folder.toString(), "--max-tokens", "4", "--tokens", text(GREEDY.promptIds())
    };
    int[] expected = Arrays.copyOf(GREEDY.ids(), 4);
    assertEquals(text(expected) + System.lineSeparator(), run(args).result());
    JsonObject json =
        run(Stream.concat(Stream.of("--json"), Stream.of(args)).toArray(String[]::new)).json();
    assertTrue(json.get("text").isJsonNull());
    assertArrayEquals(expected, ints(json, "ids"));
    run("--model", folder.toString(), "x").assertRefused("--tokens", "--tokenizer");
    run("--model", folder.toString(), "--chat", "x").assertRefused("--tokenizer");
  }

  @Test
  void warnsBeyondTheLongestTrainedTextAndCutsNothing() throws IOException {
    String folder =
        TinyFolder.in(temp)
            .withConfig("\"max_position_embeddings\": 512", "\"max_position_embeddings\": 12")
            .toString();
    Invocation grown = run("--model", folder, "--max-tokens", "40", GREEDY.prompt());
    assertEquals(GREEDY.text(), grown.out());
    assertEquals(1, grown.err().split("more than 12 tokens", -1).length - 1, grown.err());
    Invocation fits = run("--model", folder, "--max-tokens", "2", GREEDY.prompt());
    assertEquals("", fits.err());
    String ids = text(new int[13]);
    Invocation read = run("--model", folder, "--max-tokens", "3", "--tokens", ids);
    assertEquals(1, read.err().split("more than 12 tokens", -1).length - 1, read.err());
  }

  /** Notes every write that reaches it; after some of them the reader is gone. */
  private static final class Pipe extends OutputStream {
    final List<String> writes = new ArrayList<>();
    final int broken;

    Pipe(int broken) {
      this.broken = broken;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      if (writes.size() == broken) {
        throw new IOException("Broken pipe");
      }
      writes.add(new String(bytes, from, count, StandardCharsets.UTF_8));
    }
  }

  private static int runInto(Pipe pipe, OutputStream err) {
    PrintStream out =
        new PrintStream(
            new java.io.BufferedOutputStream(new StandardOutput(pipe)),
            false,
            StandardCharsets.UTF_8);
    return Main.run(
        new String[] {"run", "--max-tokens", "40", GREEDY.prompt()},
        out,
        new PrintStream(err, true, StandardCharsets.UTF_8),
        InputStream.nullInputStream(),
        Map.of());
  }

  @Test
  void printsEveryTokenAtOnce() {
    Pipe pipe = new Pipe(-1);
    assertEquals(ExitCode.DONE, runInto(pipe, OutputStream.nullOutputStream()));
    assertEquals(GREEDY.text(), String.join("", pipe.writes));
    assertEquals(40, pipe.writes.size());
  }

  @Test
  void endsQuietlyWhereTheReaderGoesAway() {
    Pipe pipe = new Pipe(3);
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    assertEquals(ExitCode.PIPE_CLOSED, runInto(pipe, err));
    assertEquals("", err.toString(StandardCharsets.UTF_8));
    assertEquals(3, pipe.writes.size());
  }

  @ParameterizedTest
  @CsvSource({
    "--max-tokens=-1, --max-tokens",
    "--max-tokens=many, --max-tokens",
    "--temperature=-0.1, temperature",
    "--temperature=NaN, temperature",
    "--temperature=Infinity, temperature",
    "--top-k=-1, top-k",
    "--top-p=0, top-p",
    "--top-p=1.01, top-p",
    "--seed=x, --seed",
    "--tokens=2, only one of",
    "--threads=0, --threads",
    "--chunk=0, --chunk",
    "--arithmetic=bf8, bf8",
    "--beams=2, --beams"
  })
  void refusesOptionsThatAreWrong(String option, String part) {
    run(option, "x").assertRefused(part);
  }

  @Test
  void refusesPromptsThatAreWrong() throws IOException {
    run().assertRefused("a text is missing");
    run("--tokens", "2,4096").assertRefused("4096", "place 1");
    run("--tokens", "").assertRefused("--tokens is empty");
    run("--file", temp.resolve("gone").toString()).assertRefused("gone", "no such file");
    Path latin = Files.write(temp.resolve("latin"), new byte[] {'a', (byte) 0xe4});
    run("--file", latin.toString()).assertRefused("latin", "UTF-8");
    run("--model", temp.resolve("gone").toString(), "x").assertRefused("gone");
    String bad = TinyFolder.in(temp).withNaN("model.layers.5.mlp.up_proj.weight", 77).toString();
    run("--model", bad, "x").assertRefused("model.layers.5.mlp.up_proj.weight", "77", "NaN");
    run("--model", bad, "--json", "x").assertRefused("NaN");
  }

  @Test
  void showsExamplesInItsHelp() {
    assertTrue(Invocation.of("run", "--help").result().contains("loupe run --temperature 0.8"));
  }
}
