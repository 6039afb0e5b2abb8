package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import loupe.golden.Arithmetics;
import loupe.reference.Hook;
import loupe.reference.InputException;
import loupe.reference.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class LoadedModelTest {
  private static final PrintStream NOWHERE = new PrintStream(OutputStream.nullOutputStream());
  private static final Terminal TERMINAL =
      Terminal.of(NOWHERE, NOWHERE, new ByteArrayInputStream(new byte[0]), Map.of());

  @TempDir Path temp;

  private static ModelOptions options(String... args) {
    ModelOptions options = new ModelOptions();
    new CommandLine(options).parseArgs(args);
    return options;
  }

  private static TextOptions text(String... args) {
    TextOptions options = new TextOptions();
    new CommandLine(options).parseArgs(args);
    return options;
  }

  private static String refusal(String... args) {
    return assertThrows(
            InputException.class, () -> LoadedModel.open(options(args), TERMINAL).close())
        .getMessage();
  }

  @Test
  void opensTheEmbeddedModelAndAFolderAlike() throws IOException {
    TinyFolder folder = TinyFolder.in(temp);
    Tensor[] logits = new Tensor[2];
    for (int i = 0; i < 2; i++) {
      String[] args = i == 0 ? new String[0] : new String[] {"--model", folder.toString()};
      try (LoadedModel loaded = LoadedModel.open(options(args), TERMINAL)) {
        int[] ids = loaded.promptIds(text("Four score and seven years ago"), TERMINAL);
        assertEquals(2, ids[0]);
        logits[i] = loaded.prefill(ids, loaded.model().newCache(), Hook.NONE, TERMINAL);
      }
    }
    for (int i = 0; i < logits[0].size(); i++) {
      assertEquals(logits[0].get(i), logits[1].get(i));
    }
  }

  @Test
  void givesTheSameLogitsForAnyChunk() throws IOException {
    double expected = 0;
    for (String chunk : new String[] {"1", "3", "512"}) {
      try (LoadedModel loaded = LoadedModel.open(options("--chunk", chunk), TERMINAL)) {
        int[] ids = {2, 300, 301, 302, 303};
        Tensor logits = loaded.prefill(ids, loaded.model().newCache(), Hook.NONE, TERMINAL);
        expected = expected == 0 ? logits.get(7) : expected;
        assertEquals(expected, logits.get(7));
      }
    }
  }

  @Test
  void runsUnderEveryArithmeticAndTheyDiffer() throws IOException {
    int[] ids = {2, 300, 301, 302, 303, 304, 305, 306};
    Map<String, Tensor> logits = new LinkedHashMap<>();
    for (String name : Arithmetics.names()) {
      try (LoadedModel loaded = LoadedModel.open(options("--arithmetic", name), TERMINAL)) {
        assertEquals(name, loaded.model().arithmetic().name());
        logits.put(name, loaded.prefill(ids, loaded.model().newCache(), Hook.NONE, TERMINAL));
      }
    }
    Tensor truth = logits.remove("float64");
    Set<Double> sums = new HashSet<>();
    logits.forEach(
        (name, tensor) -> {
          double worst = 0;
          double sum = 0;
          for (int i = 0; i < truth.size(); i++) {
            worst = Math.max(worst, Math.abs(tensor.get(i) - truth.get(i)));
            sum += tensor.get(i);
          }
          double allowed = name.startsWith("bf16") || name.startsWith("f16") ? 1 : 0.05;
          assertTrue(worst > 0 && worst < allowed, name + " is " + worst + " off");
          assertTrue(sums.add(sum), name + " gives what another one gives");
        });
  }

  @Test
  void takesIdsAsWrittenAndChecksThem() throws IOException {
    try (LoadedModel loaded = LoadedModel.open(options(), TERMINAL)) {
      assertArrayEquals(
          new int[] {4095, 0}, loaded.promptIds(text("--tokens", "4095,0"), TERMINAL));
      assertArrayEquals(new int[] {2}, loaded.promptIds(text(""), TERMINAL));
      TextOptions beyond = text("--tokens", "2,4096");
      InputException e =
          assertThrows(InputException.class, () -> loaded.promptIds(beyond, TERMINAL));
      assertTrue(e.getMessage().contains("4096 at place 1"), e.getMessage());
    }
  }

  @Test
  void prefersTokenizerModelAndTheOneThatTheUserChose() throws IOException {
    TinyFolder folder = TinyFolder.in(temp);
    String model = folder.toString();
    String json = folder.file("tokenizer.json").toString();
    assertTrue(origin("--model", model).endsWith("tokenizer.model"));
    assertEquals(json, origin("--model", model, "--tokenizer", json));
    assertEquals(json, origin("--tokenizer", json));
    folder.without("tokenizer.model");
    assertEquals(json, origin("--model", model));
    assertTrue(origin().startsWith("embedded"));
  }

  private static String origin(String... args) {
    return new ModelFiles(options(args)).requireTokenizer().origin();
  }

  @Test
  void needsIdsWhereThereIsNoTokenizer() throws IOException {
    TinyFolder folder = TinyFolder.in(temp).without("tokenizer.model").without("tokenizer.json");
    try (LoadedModel loaded = LoadedModel.open(options("--model", folder.toString()), TERMINAL)) {
      assertArrayEquals(new int[] {2, 7}, loaded.promptIds(text("--tokens", "2,7"), TERMINAL));
      assertNull(loaded.files().piece(2));
      TextOptions words = text("words");
      InputException e =
          assertThrows(InputException.class, () -> loaded.promptIds(words, TERMINAL));
      assertTrue(e.getMessage().contains("--tokens"), e.getMessage());
    }
  }

  @Test
  void addsTheEndIdsOfTheGenerationConfig() throws IOException {
    TinyFolder folder = TinyFolder.in(temp);
    ModelOptions options = options("--model", folder.toString());
    assertEquals(Set.of(1), new ModelFiles(options).eosIds());
    Files.writeString(folder.file("generation_config.json"), "{\"eos_token_id\": [1, 107]}");
    assertEquals(Set.of(1, 107), new ModelFiles(options).eosIds());
    Files.writeString(folder.file("generation_config.json"), "{\"eos_token_id\": \"one\"}");
    InputException e = assertThrows(InputException.class, () -> new ModelFiles(options).eosIds());
    assertTrue(e.getMessage().contains("generation_config.json: eos_token_id"), e.getMessage());
  }

  @Test
  void refusesWhatIsNoModel() throws IOException {
    assertTrue(refusal("--model", "nowhere").startsWith("nowhere: no such folder"));
    TinyFolder folder = TinyFolder.in(temp);
    String file = folder.file("model.safetensors").toString();
    assertTrue(refusal("--model", file).startsWith(file + ": neither a folder"));
    assertTrue(refusal("--model", "a/b.gguf").contains("a/b.gguf: no such file"));
    folder.without("config.json");
    assertTrue(refusal("--model", folder.toString()).contains("config.json"));
  }

  @Test
  void refusesWeightsThatDoNotFitTheConfiguration() throws IOException {
    String model =
        TinyFolder.in(temp)
            .withConfig("\"intermediate_size\": 528", "\"intermediate_size\": 500")
            .toString();
    String message = refusal("--model", model);
    assertTrue(message.contains("mlp.gate_proj.weight: has shape [528, 132]"), message);
    String nan =
        TinyFolder.in(temp)
            .withConfig("\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": NaN")
            .toString();
    assertTrue(refusal("--model", nan).contains("config.json"));
  }
}
