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
    assertEquals(List.copyOf(expected.names()), List.copyOf(file.names()));
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"hidden_size\": 24 | \"hidden_size\": NaN | not valid JSON",
        "\"hidden_size\": 24 | \"hidden_size\": 24.5 | hidden_size: must be a whole number",
        "\"vocab_size\": 37 | \"vocab_size\": 0 | vocab_size must be above 0",
        "\"vocab_size\": 37 | \"vocab_size\": 99999999999 | vocab_size",
        "\"model_type\": \"gemma2\" | \"model_type\": \"gemma3\" | only gemma2 is implemented",
        "\"tie_word_embeddings\": true | \"tie_word_embeddings\": false | tie_word_embeddings",
        "bfloat16 | float16 | float16"
      })
  void refusesAConfigurationThatIsWrong(String part, String replacement, String reason)
      throws IOException {
    String json = MILD.configJson();
    assertTrue(json.contains(part), json);
    Files.writeString(config, json.replace(part, replacement));
    synth().assertRefused(reason);
    assertFalse(Files.exists(out.resolve("config.json")));
    assertFalse(Files.exists(out.resolve("model.safetensors")));
  }

  @Test
  void refusesSizesBeyondAnyFile() throws IOException {
    String json =
        MILD.configJson()
            .replace("\"vocab_size\": 37", "\"vocab_size\": 2147483647")
            .replace("\"hidden_size\": 24", "\"hidden_size\": 2147483646");
    Files.writeString(config, json);
    synth().assertRefused("");
  }

  @Test
  void refusesWhatIsNotThere() {
    Invocation.of("synth", "--config", "3b", "--out", out.toString())
        .assertRefused("--config 3b: no such file", "27b, 2b, 9b");
    Invocation.of("synth", "--config", "2b").assertRefused("--out");
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
