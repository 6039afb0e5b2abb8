package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import loupe.gemma2.HookPoints;
import loupe.golden.EmbeddedModel;
import loupe.golden.GoldenText;
import loupe.loaders.ModelDigest;
import loupe.loaders.SafetensorsFile;
import loupe.reference.DType;
import loupe.reference.StoredTensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceCommandTest {
  private static final GoldenText GOLDEN = new GoldenText();

  @TempDir Path temp;
  private Path out;

  @BeforeEach
  void nameTheOutput() {
    out = temp.resolve("a trace.safetensors");
  }

  private Invocation trace(String... more) {
    return trace(Map.of(), out, more);
  }

  private static Invocation trace(Map<String, String> environment, Path out, String... more) {
    String[] args =
        Stream.concat(Stream.of("trace", "--out", out.toString()), Stream.of(more))
            .toArray(String[]::new);
    return Invocation.of(environment, new byte[0], Commands.ALL, args);
  }

  private static float[] floats(StoredTensor tensor) {
    float[] values = new float[(int) tensor.elementCount()];
    tensor.read(0, values, 0, values.length);
    return values;
  }

  private void assertNothingLeft() throws IOException {
    try (Stream<Path> files = Files.list(temp)) {
      assertEquals(
          List.of(), files.filter(f -> f.getFileName().toString().endsWith(".part")).toList());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"float32", "f64"})
  void writesEveryIntermediateAndWhereItIsFrom(String arithmetic) {
    trace("--arithmetic", arithmetic, GOLDEN.text()).result();
    SafetensorsFile file = SafetensorsFile.open(out);
    List<String> all = HookPoints.all(EmbeddedModel.config().config());
    assertEquals(all, List.copyOf(file.names()));
    for (String name : all) {
      assertEquals(arithmetic.equals("f64") ? DType.F64 : DType.F32, file.tensor(name).dtype());
    }
    assertArrayEquals(new long[] {4, 43, 43}, file.tensor("blocks.1.attn.hook_pattern").shape());
    assertArrayEquals(new long[] {43, 4, 32}, file.tensor("blocks.1.attn.hook_z").shape());
    assertArrayEquals(new long[] {43, 4096}, file.tensor("hook_logits").shape());
    assertEquals(
        Map.of(
            "loupe.version",
            Version.text(),
            "loupe.model_digest",
            ModelDigest.of(EmbeddedModel.weights()),
            "loupe.arithmetic",
            arithmetic.equals("f64") ? "float64" : "float32"),
        file.metadata());
  }

  @Test
  void agreesWithTheGoldens() throws IOException {
    Path golden = Resource.copy("tiny/goldens/trace.safetensors", temp);
    trace("--arithmetic", "float64", "--hooks", "blocks.*", GOLDEN.text()).result();
    JsonObject compared =
        Invocation.of("compare", "--json", golden.toString(), out.toString()).json();
    int layers = 0;
    for (JsonElement element : compared.getAsJsonArray("tensors")) {
      JsonObject entry = element.getAsJsonObject();
      assertTrue(entry.get("rel_to_max").getAsDouble() <= 1e-12, entry.toString());
      layers++;
    }
    assertTrue(layers >= 28, "all of layer 3, and every residual: " + layers);
  }

  @ParameterizedTest
  @ValueSource(strings = {"float32", "float64"})
  void givesTheSameBytesHoweverItIsComputed(String arithmetic) throws IOException {
    String[] common = {"--arithmetic", arithmetic, GOLDEN.text()};
    trace(common).result();
    Map<String, String> scalar = Map.of("LOUPE_KERNELS", "scalar");
    Path other = temp.resolve("other");
    for (String way :
        List.of(
            "--stepwise", "--chunk 1", "--chunk 5", "--chunk 4096", "--threads 1", "--threads 3")) {
      List<String> args = new ArrayList<>(List.of(way.split(" ")));
      args.addAll(List.of(common));
      trace(scalar, other, args.toArray(String[]::new)).result();
      assertEquals(-1, Files.mismatch(out, other), way);
    }
  }

  @Test
  void writesScoresThatAreExcludedAsPlusZero() {
    trace("--hooks", "blocks.?.attn.hook_scores_*", GOLDEN.text()).result();
    SafetensorsFile file = SafetensorsFile.open(out);
    int n = GOLDEN.tokenIds().length;
    int window = EmbeddedModel.config().config().slidingWindow();
    assertTrue(n > window);
    for (String name : file.names()) {
      boolean local = (name.charAt("blocks.".length()) - '0') % 2 == 0;
      float[] scores = floats(file.tensor(name));
      for (int i = 0; i < scores.length; i++) {
        int query = i / n % n;
        int key = i % n;
        boolean seen = key <= query && (!local || key > query - window);
        int bits = Float.floatToRawIntBits(scores[i]);
        assertTrue(seen ? bits != 0 : bits == 0, name + " [" + query + ", " + key + "]");
      }
    }
  }

  @Test
  void writesTheNamesOfItsGlobsOnly() {
    trace("--hooks", "*.hook_resid_p?st", "--hooks", "hook_logits", "--tokens", "2,7").result();
    List<String> names = new ArrayList<>();
    for (int layer = 0; layer < 6; layer++) {
      names.add("blocks." + layer + ".hook_resid_post");
    }
    names.add("hook_logits");
    assertEquals(names, List.copyOf(SafetensorsFile.open(out).names()));
  }

  @Test
  void givesTheSameTensorsAloneAndAmongAll() {
    trace(GOLDEN.text()).result();
    SafetensorsFile all = SafetensorsFile.open(out);
    Map<String, float[]> values = new LinkedHashMap<>();
    for (String name : Set.of("blocks.2.attn.hook_z", "hook_logits")) {
      values.put(name, floats(all.tensor(name)));
      trace("--hooks", name, GOLDEN.text()).result();
      assertArrayEquals(values.get(name), floats(SafetensorsFile.open(out).tensor(name)));
    }
  }

  @Test
  void saysWhatItWrote() throws IOException {
    assertTrue(trace("--tokens", "2,7").result().contains("143 tensors of 2 positions in float32"));
    JsonObject json = trace("--tokens", "2,7", "--json").json();
    assertEquals(143, json.get("tensors").getAsInt());
    assertEquals(2, json.get("positions").getAsInt());
    assertEquals(Files.size(out), json.get("bytes").getAsLong());
    assertEquals(out.toString(), json.get("out").getAsString());
    assertEquals("float32", json.get("arithmetic").getAsString());
    assertEquals(ModelDigest.of(EmbeddedModel.weights()), json.get("model_digest").getAsString());
  }

  @Test
  void takesOneTokenAndAnEmptyText() {
    trace("--tokens", "4095").result();
    trace("").result();
    assertArrayEquals(new long[] {1, 132}, SafetensorsFile.open(out).tensor("hook_embed").shape());
  }

  @Test
  void refusesWrongInputAndLeavesAnOlderFileAlone() throws IOException {
    Files.writeString(out, "older");
    trace("--hooks", "blocks.9.*", "x").assertRefused("'blocks.9.*'");
    trace("--hooks", "*", "--hooks", "hook_logit", "x")
        .assertRefused("'hook_logit'", "hook_logits");
    trace("--hooks", "", "x").assertRefused("''");
    trace("--tokens", "2,4096").assertRefused("4096", "place 1", "0 to 4095");
    trace("--tokens", "").assertRefused("--tokens is empty");
    trace("--tokens", "2,-1").assertRefused("-1");
    trace("--tokens", "2", "x").assertRefused("only one of");
    trace("--stepwise", "--chunk", "3", "x").assertRefused("--stepwise");
    trace("--chunk", "0", "x").assertRefused("--chunk");
    trace().assertRefused("a text is missing");
    trace("--arithmetic", "bf8", "x").assertRefused("bf8", "float32");
    Invocation.of("trace", "x").assertRefused("--out");
    Invocation.of("trace", "--out", "", "x").assertRefused("--out", "is empty");
    Invocation.of("trace", "--out", out.toString(), "--file", temp.toString())
        .assertRefused("is a folder");
    assertEquals("older", Files.readString(out));
    assertNothingLeft();
  }

  @Test
  void refusesAPlaceThatCannotBeWritten() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("folder"));
    trace(Map.of(), folder, "x").assertRefused("folder", "name a file");
    trace(Map.of(), temp.resolve("no/f"), "x").assertRefused("no/f", "there is no folder");
    trace(Map.of(), Path.of("/dev/full"), "x").assertRefused("/dev/full");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.embed_tokens.weight",
        "model.layers.2.self_attn.q_proj.weight",
        "model.layers.4.mlp.down_proj.weight",
        "model.layers.3.input_layernorm.weight",
        "model.norm.weight"
      })
  void refusesWeightsThatAreNotFinite(String tensor) throws IOException {
    TinyFolder folder = TinyFolder.in(temp).withNaN(tensor, 5);
    Files.writeString(out, "older");
    for (String arithmetic : List.of("float32", "float64")) {
      trace("--model", folder.toString(), "--arithmetic", arithmetic, "--tokens", "0,1")
          .assertRefused(folder + "/model.safetensors", tensor, "NaN");
    }
    assertEquals("older", Files.readString(out));
    assertNothingLeft();
  }

  @Test
  void showsExamplesInItsHelp() {
    assertTrue(Invocation.of("trace", "--help").result().contains("loupe trace --out t.safe"));
    assertFalse(Files.exists(out));
  }
}
