package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.Presets;
import loupe.golden.EmbeddedModel;
import loupe.golden.ReleasedConfig;
import loupe.loaders.ModelDigest;
import loupe.reference.KernelProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InfoCommandTest {
  @TempDir Path temp;

  private static Invocation info(Map<String, String> environment, String... more) {
    String[] args = Stream.concat(Stream.of("info"), Stream.of(more)).toArray(String[]::new);
    return Invocation.of(environment, new byte[0], Commands.ALL, args);
  }

  private static JsonObject json(Invocation run) {
    assertEquals(ExitCode.DONE, run.code(), run.err());
    return JsonParser.parseString(run.out()).getAsJsonObject();
  }

  private static boolean holds(JsonArray strings, String part) {
    return strings.asList().stream().anyMatch(s -> s.getAsString().contains(part));
  }

  @Test
  void tellsAboutTheEmbeddedModel() {
    Gemma2Config config = EmbeddedModel.config().config();
    JsonObject json = json(info(Map.of(), "--json", "--threads", "3"));
    JsonObject resolved = json.getAsJsonObject("config");
    assertEquals(ReleasedConfig.values(config).keySet(), resolved.keySet());
    assertEquals(132, resolved.get("hidden_size").getAsInt());
    assertEquals(6, resolved.getAsJsonArray("layer_types").size());
    assertEquals(10000, resolved.get("rope_theta").getAsDouble());
    assertEquals(config.parameterCount(), json.get("parameters").getAsLong());
    assertEquals("embedded tokenizer.model", json.get("tokenizer").getAsString());
    assertEquals(3, json.get("threads").getAsInt());
    assertEquals("float32", json.get("arithmetic").getAsString());
    JsonObject weights = json.getAsJsonObject("weights");
    assertEquals(2 * config.parameterCount(), weights.get("bytes").getAsLong());
    assertEquals(ModelDigest.of(EmbeddedModel.weights()), weights.get("digest").getAsString());
    assertTrue(json.get("java").getAsString().startsWith("" + Runtime.version().feature()));
  }

  @Test
  void saysWhichKernelsAreChosenAndWhy() {
    KernelProvider chosen = KernelProvider.choose(Map.of());
    JsonObject json = json(info(Map.of(), "--json"));
    assertEquals(chosen.name(), json.get("kernels").getAsString());
    assertEquals(chosen.why(), json.get("kernels_why").getAsString());

    Invocation scalar = info(Map.of("LOUPE_KERNELS", "scalar"), "--json");
    json = json(scalar);
    assertEquals("scalar", json.get("kernels").getAsString());
    assertTrue(json.get("kernels_why").getAsString().contains("LOUPE_KERNELS"));
    assertTrue(holds(json.getAsJsonArray("warnings"), "scalar kernels"));
    assertTrue(scalar.err().contains("warning: float32 uses scalar kernels"), scalar.err());
    info(Map.of("LOUPE_KERNELS", "fast")).assertRefused("LOUPE_KERNELS", "fast");
  }

  @Test
  void resolvesWhatTheConfigurationLeavesOpen() throws IOException {
    TinyFolder folder =
        TinyFolder.in(temp)
            .withConfig("\"rms_norm_eps\": 1e-06,", "")
            .withConfig("\"attn_logit_softcapping\": 50.0", "\"attn_logit_softcapping\": null");
    JsonObject json = json(info(Map.of(), "--model", folder.toString(), "--json"));
    JsonObject config = json.getAsJsonObject("config");
    assertEquals(1e-6, config.get("rms_norm_eps").getAsDouble());
    assertTrue(config.get("attn_logit_softcapping").isJsonNull());
    assertTrue(holds(json.getAsJsonArray("defaults"), "rms_norm_eps"));
    String text = info(Map.of(), "--model", folder.toString()).out();
    assertTrue(
        text.matches("(?s).*rms_norm_eps +1.0E-6  taken, since the file has none\n.*"), text);
    assertTrue(text.matches("(?s).*attn_logit_softcapping +none\n.*"), text);
  }

  @Test
  void saysWhichTokenizerIsUsed() throws IOException {
    TinyFolder folder = TinyFolder.in(temp);
    String[] args = {"--json", "--model", folder.toString()};
    assertEquals(
        folder.file("tokenizer.model").toString(),
        json(info(Map.of(), args)).get("tokenizer").getAsString());
    String other = folder.file("tokenizer.json").toString();
    String[] chosen = {"--json", "--model", folder.toString(), "--tokenizer", other};
    assertEquals(other, json(info(Map.of(), chosen)).get("tokenizer").getAsString());
    folder.without("tokenizer.model");
    assertEquals(other, json(info(Map.of(), args)).get("tokenizer").getAsString());
    folder.without("tokenizer.json");
    assertTrue(json(info(Map.of(), args)).get("tokenizer").isJsonNull());
  }

  @Test
  void warnsOfTheMistakeInEarlyConfigurationsOf9B() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("9b"));
    String right = ReleasedConfig.json(Presets.of("9b"));
    String wrong =
        right.replace("\"query_pre_attn_scalar\": 256", "\"query_pre_attn_scalar\": 224");
    Files.writeString(folder.resolve("config.json"), wrong);
    Invocation run = info(Map.of(), "--json", "--model", folder.toString());
    JsonArray warnings = json(run).getAsJsonArray("warnings");
    assertTrue(holds(warnings, "P1") && holds(warnings, "there are no weights"), run.out());
    assertTrue(run.err().contains("warning: query_pre_attn_scalar is 224"), run.err());
    assertTrue(json(run).get("weights").isJsonNull());

    Files.writeString(folder.resolve("config.json"), right);
    Invocation good = info(Map.of(), "--json", "--model", folder.toString());
    assertFalse(holds(json(good).getAsJsonArray("warnings"), "P1"), good.out());
  }

  @Test
  void warnsOfATokenizerOfAnotherModel() throws IOException {
    TinyFolder folder =
        TinyFolder.in(temp).withConfig("\"bos_token_id\": 2", "\"bos_token_id\": 1");
    Invocation run = info(Map.of(), "--json", "--model", folder.toString());
    assertTrue(holds(json(run).getAsJsonArray("warnings"), "bos_token_id is 1"), run.out());
    assertTrue(run.err().contains("bos_token_id is 1"), run.err());
  }

  @Test
  void countsWhatACacheHolds() {
    Gemma2Config config = Presets.of("2b");
    MemoryNeed need = new MemoryNeed(config, Float.BYTES, 512);
    assertEquals(26 * 2 * 4 * 256 * 4, need.perToken());
    assertEquals(1000 * need.perToken(), need.keysAndValues(1000));
    assertEquals(13 * (8192 + 4608) * 8192L, need.keysAndValues(8192));
    assertEquals(2 * need.perToken(), new MemoryNeed(config, Double.BYTES, 512).perToken());
    assertTrue(need.heap(8192) > need.keysAndValues(8192));
  }

  @Test
  void alignsItsText() {
    String out = info(Map.of()).out();
    List<String> lines = out.lines().filter(line -> line.startsWith("  ")).toList();
    assertTrue(lines.size() > 25, out);
    for (String line : lines) {
      assertEquals(
          "  model                    tiny".length() - 4,
          line.replaceFirst("^(  \\S+( \\S+)* {2,}).*", "$1").length(),
          line);
    }
    assertTrue(out.startsWith("Model\n") && out.contains("\nNumbers\n"), out);
  }

  @Test
  void refusesWeightsThatDoNotFitAndModelsThatAreNotThere() throws IOException {
    TinyFolder folder = TinyFolder.in(temp).withConfig("\"head_dim\": 32", "\"head_dim\": 64");
    info(Map.of(), "--model", folder.toString()).assertRefused("q_proj", "[256, 132]");
    info(Map.of(), "--model", folder.toString(), "--json").assertRefused("q_proj");
    info(Map.of(), "--model", temp.resolve("gone").toString()).assertRefused("gone");
    info(Map.of(), "--model", temp.toString()).assertRefused("config.json", "no such file");
    info(Map.of(), "x").assertRefused("one argument too many");
    info(Map.of(), "--arithmetic", "int8").assertRefused("int8");
  }

  @Test
  void showsExamplesInItsHelp() {
    assertTrue(info(Map.of(), "--help").result().contains("loupe info --model gemma-2-2b"));
  }
}
