package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import loupe.golden.FormulaWeights;
import loupe.golden.GoldenCase;
import loupe.golden.Knobs;
import loupe.loaders.SafetensorsFile;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SynthCommandTest {
  private static final GoldenCase MILD = GoldenCase.of("mild");

  @TempDir Path temp;
  private Path config;
  private Path out;

  @BeforeEach
  void writeAConfiguration() throws IOException {
    config = Files.writeString(temp.resolve("a config.json"), MILD.configJson());
    out = temp.resolve("out");
  }

  private Invocation synth(String... more) {
    List<String> args = List.of("synth", "--config", config.toString(), "--out", out.toString());
    return Invocation.of(Stream.concat(args.stream(), Stream.of(more)).toArray(String[]::new));
  }

  private void assertHolds(TensorSource expected) {
    SafetensorsFile file = SafetensorsFile.open(out.resolve("model.safetensors"));
    assertEquals(expected.names(), file.names());
    for (String name : expected.names()) {
      StoredTensor tensor = expected.tensor(name);
      double[] x = new double[(int) tensor.elementCount()];
      double[] y = new double[x.length];
      tensor.read(0, x, 0, x.length);
      file.tensor(name).read(0, y, 0, y.length);
      assertArrayEquals(x, y, name);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mild", "f32"})
  void writesTheCheckpointOfAGoldenCase(String id) throws IOException {
    GoldenCase golden = GoldenCase.of(id);
    Files.writeString(config, golden.configJson());
    String knobs = Resource.copy("golden/cases/" + id + "/case.json", temp).toString();
    synth("--seed", "" + golden.seed(), "--knobs", knobs, "--threads", "2").result();
    assertEquals(golden.configJson(), Files.readString(out.resolve("config.json")));
    assertHolds(golden.model());
  }

  @Test
  void hasDefaultKnobsAndSeedOne() {
    assertTrue(synth().result().startsWith(out + ": "));
    assertHolds(new FormulaWeights(MILD.config(), Knobs.DEFAULT, 1));
  }

  @Test
  void saysAsJsonWhatItWrote() throws IOException {
    JsonObject json = synth("--json").json();
    assertEquals(out.toString(), json.get("out").getAsString());
    assertEquals(MILD.config().parameterCount(), json.get("parameters").getAsLong());
    assertEquals(Files.size(out.resolve("model.safetensors")), json.get("bytes").getAsLong());
  }

  @Test
  void showsExamplesInItsHelp() {
    assertTrue(Invocation.of("synth", "--help").result().contains("loupe synth --config 2b"));
  }

  /** Writes the configuration with a key set to a JSON value. */
  private void change(String key, String value) throws IOException {
    String entry = "\"" + key + "\": " + value;
    String json = MILD.configJson().replaceAll(",\\s*\"" + key + "\": [^,}]*", "");
    Files.writeString(config, json.replaceFirst("[{]", "{" + entry + ","));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hidden_size | NaN | not valid JSON",
        "hidden_size | 24.5 | hidden_size: must be a whole number",
        "vocab_size | 0 | vocab_size must be above 0",
        "vocab_size | 99999999999 | vocab_size",
        "model_type | \"gemma3\" | only gemma2 is implemented",
        "tie_word_embeddings | false | tie_word_embeddings",
        "torch_dtype | \"float16\" | float16"
      })
  void refusesAConfigurationThatIsWrong(String key, String value, String reason)
      throws IOException {
    change(key, value);
    synth().assertRefused(reason);
    assertFalse(Files.exists(out));
  }

  @Test
  void refusesWhatNoDiskHolds() throws IOException {
    change("intermediate_size", "16000000");
    Files.writeString(
        config,
        Files.readString(config)
            .replaceFirst("\"hidden_size\": [0-9]+", "\"hidden_size\": 16000000"));
    synth().assertRefused(out.toString(), "free");
    assertFalse(Files.exists(out));
  }

  @Test
  void refusesAFolderOfShards() throws IOException {
    Files.createDirectories(out);
    Files.writeString(out.resolve("model.safetensors.index.json"), "{}");
    synth().assertRefused("model.safetensors.index.json", "name another folder");
    assertFalse(Files.exists(out.resolve("model.safetensors")));
  }

  @Test
  void refusesWhatIsNotThere() {
    Invocation.of("synth", "--config", "3b", "--out", out.toString())
        .assertRefused("--config 3b: no such file", "27b, 2b, 9b");
    Invocation.of("synth", "--config", "2b").assertRefused("--out");
    Invocation.of("synth", "--config", "2b", "--out", "").assertRefused("--out", "is empty");
    Invocation.of("synth", "--config", temp.toString(), "--out", out.toString())
        .assertRefused("--config", "not a file");
    synth("--knobs", temp.resolve("none").toString()).assertRefused("none", "no such file");
    synth("--seed", "one").assertRefused("--seed");
  }

  @Test
  void refusesKnobsThatDoNotSayAll() throws IOException {
    Path knobs = temp.resolve("knobs.json");
    Files.writeString(knobs, "{\"knobs\": {\"q_proj\": [0, 1]}}");
    synth("--knobs", knobs.toString()).assertRefused("embed_tokens");
    Files.writeString(knobs, "{\"knobs\": {\"q_proj\": [0]}}");
    synth("--knobs", knobs.toString()).assertRefused("knobs.json: knobs.q_proj");
    Files.writeString(knobs, "{}");
    synth("--knobs", knobs.toString()).assertRefused("knobs.json: knobs");
    assertFalse(Files.exists(out));
  }

  @Test
  void refusesAnOutputThatIsAFile() throws IOException {
    Files.writeString(out, "mine");
    synth().assertRefused(out.toString(), "not a folder");
    assertEquals("mine", Files.readString(out));
  }
}
