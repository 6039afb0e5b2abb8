package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import loupe.golden.EmbeddedModel;
import loupe.golden.GoldenSae;
import loupe.golden.GoldenText;
import loupe.golden.Tolerances;
import loupe.loaders.SafetensorsFile;
import loupe.reference.DType;
import loupe.reference.DoubleTensor;
import loupe.reference.StoredTensor;
import loupe.sae.Site;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class EncodeCommandTest {
  private static final String TINY = "blocks.3.hook_resid_post";

  @TempDir private Path folder;

  private Path out() {
    return folder.resolve("out.safetensors");
  }

  private Invocation encode(String sae, String tensor, Path in, String... more) {
    List<String> args =
        new ArrayList<>(List.of("encode", "--sae", sae, "--in", in.toString(), "--tensor", tensor));
    args.addAll(List.of("--out", out().toString()));
    args.addAll(List.of(more));
    return Invocation.of(args.toArray(new String[0]));
  }

  private static double[] values(StoredTensor tensor) {
    double[] values = new double[(int) tensor.elementCount()];
    tensor.read(0, values, 0, values.length);
    return values;
  }

  private static void assertNear(StoredTensor truth, StoredTensor is, double ofMax) {
    assertArrayEquals(truth.shape(), is.shape());
    double[] expected = values(truth);
    double max = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    assertArrayEquals(expected, values(is), ofMax * max, truth.name());
  }

  static Stream<String> goldenSaes() {
    return GoldenSae.ids().stream();
  }

  @ParameterizedTest
  @MethodSource("goldenSaes")
  void agreesWithTheGoldensFromFilesAlone(String id) throws IOException {
    GoldenSae golden = GoldenSae.of(id);
    Path params = Resource.copy("golden/saes/" + id + "/params.npz", folder);
    Path trace =
        Resource.copy("golden/cases/" + golden.goldenCase().id() + "/trace.safetensors", folder);
    boolean transcoder = golden.attachment().site().isTranscoder();
    List<String> more = new ArrayList<>(List.of("--skip-bos", "--arithmetic"));
    for (String arithmetic : new String[] {"float64", "float32"}) {
      boolean exact = arithmetic.equals("float64");
      more.add(arithmetic);
      if (transcoder) {
        more.addAll(List.of("--target", golden.attachment().output()));
      }
      JsonObject metrics =
          encode(params.toString(), golden.attachment().input(), trace, more.toArray(new String[0]))
              .json();
      SafetensorsFile written = SafetensorsFile.open(out());
      for (String name : List.of("pre", "features", "reconstruction")) {
        assertEquals(exact ? DType.F64 : DType.F32, written.tensor(name).dtype());
        double tolerance = exact ? Tolerances.float64(0) : Tolerances.float32(golden.noise(name));
        assertNear(golden.truth().tensor(name), written.tensor(name), tolerance);
      }
      for (String metric : List.of("l0", "fvu", "mse", "cosine")) {
        double truth = golden.metric(metric);
        assertEquals(
            truth, metrics.get(metric).getAsDouble(), (exact ? 1e-12 : 1e-4) * Math.abs(truth));
      }
      more = new ArrayList<>(List.of("--skip-bos", "--arithmetic"));
    }
  }

  @Test
  void findsTheEmbeddedSaesByTheirIds() throws IOException {
    Path trace = Resource.copy("tiny/goldens/trace.safetensors", folder);
    for (String id :
        new String[] {
          "tiny/res/layer_3",
          "tiny/res/layer_3/width_1024/average_l0_73",
          "tiny/att/layer_3",
          "tiny/mlp/layer_3",
          "tiny/transcoder/layer_3"
        }) {
      String site = id.split("/")[1];
      String tensor = Site.parse(site).input(3);
      JsonObject metrics = encode(id, tensor, trace, "--arithmetic", "f64").json();
      SafetensorsFile written = SafetensorsFile.open(out());
      String full = written.metadata().get("loupe.sae");
      assertTrue(full.startsWith(id + "/") || full.equals(id), full);
      StoredTensor truth =
          new GoldenText().features().tensor(full.substring("tiny/".length()) + "/features");
      assertNear(truth, written.tensor("features"), Tolerances.float64(0));
      assertEquals(site.equals("transcoder"), metrics.get("fvu").isJsonNull());
      assertFalse(metrics.get("l0").isJsonNull());
    }
  }

  @Test
  void measuresOverAllPositionsUnlessToldToSkipBos() throws IOException {
    Path trace = Resource.copy("tiny/goldens/trace.safetensors", folder);
    JsonObject all = encode("tiny/res/layer_3", TINY, trace).json();
    byte[] bytes = Files.readAllBytes(out());
    JsonObject without = encode("tiny/res/layer_3", TINY, trace, "--skip-bos").json();
    assertEquals(18.642857142857142, without.get("l0").getAsDouble(), 1e-12);
    assertEquals(0.23380706334884724, without.get("fvu").getAsDouble(), 1e-6);
    assertTrue(all.get("l0").getAsDouble() != without.get("l0").getAsDouble());
    // The tensors hold every position all the same.
    assertArrayEquals(bytes, Files.readAllBytes(out()));
  }

  @Test
  void knowsATranscoderByItsPathOrByTheOptions() throws IOException {
    Path params = Resource.copy("golden/saes/hot-transcoder/params.npz", folder);
    Path trace = Resource.copy("golden/cases/hot/trace.safetensors", folder);
    GoldenSae golden = GoldenSae.of("hot-transcoder");
    String input = golden.attachment().input();
    assertFalse(encode(params.toString(), input, trace).json().get("fvu").isJsonNull());
    JsonObject told = encode(params.toString(), input, trace, "--site", "transcoder").json();
    for (String metric : List.of("fvu", "mse", "cosine")) {
      assertTrue(told.get(metric).isJsonNull());
    }
    Path named = Files.createDirectories(folder.resolve("transcoder/layer_3/width_89"));
    Files.copy(params, named.resolve("params.npz"));
    assertTrue(encode(named.toString(), input, trace).json().get("fvu").isJsonNull());
  }

  @Test
  void readsAFolderThatSaeLensSaved() throws IOException {
    Path saved = saeLensFolder("\"apply_b_dec_to_input\":false,\"hook_name\":\"" + TINY + "\"");
    Path trace = Resource.copy("tiny/goldens/trace.safetensors", folder);
    JsonObject expected = encode("tiny/res/layer_3", TINY, trace).json();
    for (Path named :
        List.of(saved, saved.resolve("cfg.json"), saved.resolve("sae_weights.safetensors"))) {
      assertEquals(expected, encode(named.toString(), TINY, trace).json());
    }
    encode(saved.toString(), TINY, trace, "--layer", "2")
        .assertRefused(saved.toString(), "res in layer 3", "--layer");
    encode(saved.toString(), TINY, trace, "--site", "mlp").assertRefused("res in layer 3");
    Path other = saeLensFolder("\"apply_b_dec_to_input\":true");
    assertTrue(!expected.equals(encode(other.toString(), TINY, trace).json()));
  }

  /** The default SAE of the embedded model, as SAELens would save it. */
  private Path saeLensFolder(String fields) throws IOException {
    Path saved = Files.createTempDirectory(folder, "saved");
    var parameters = EmbeddedModel.saeParameters(EmbeddedModel.defaultSae());
    Map<String, DoubleTensor> tensors = new LinkedHashMap<>();
    for (String name : parameters.names()) {
      StoredTensor tensor = parameters.tensor(name);
      int[] shape = Arrays.stream(tensor.shape()).mapToInt(axis -> (int) axis).toArray();
      tensors.put(name, new DoubleTensor(values(tensor), shape));
    }
    CompareCommandTest.write(saved.resolve("sae_weights.safetensors"), tensors);
    Files.writeString(saved.resolve("cfg.json"), "{\"architecture\":\"jumprelu\"," + fields + "}");
    return saved;
  }

  @Test
  void givesNullForWhatIsNotDefined() {
    Path one = folder.resolve("one");
    CompareCommandTest.write(
        one,
        Map.of(
            "row", new DoubleTensor(new double[132], 1, 132),
            "none", new DoubleTensor(new double[0], 0, 132)));
    JsonObject ofOneRow = encode("tiny/res/layer_3", "row", one).json();
    assertTrue(ofOneRow.get("fvu").isJsonNull() && ofOneRow.get("cosine").isJsonNull());
    assertFalse(ofOneRow.get("mse").isJsonNull());
    assertEquals(
        JsonParser.parseString("{\"l0\":null,\"fvu\":null,\"mse\":null,\"cosine\":null}"),
        encode("tiny/res/layer_3", "row", one, "--skip-bos").json());
    assertTrue(encode("tiny/res/layer_3", "none", one).json().get("l0").isJsonNull());
    assertArrayEquals(new long[] {0, 1024}, SafetensorsFile.open(out()).tensor("features").shape());
  }

  @Test
  void refusesWhatDoesNotFitAndLeavesAnOlderFileAlone() throws IOException {
    Path trace = Resource.copy("tiny/goldens/trace.safetensors", folder);
    Files.writeString(out(), "older");
    encode("tiny/res/layer_3", "hook_nothing", trace).assertRefused("hook_nothing");
    encode("tiny/res/layer_3", "blocks.3.attn.hook_z", trace)
        .assertRefused("blocks.3.attn.hook_z", "[43, 4, 32]", "d_in 132");
    encode("tiny/res/layer_3", TINY, trace, "--target", "blocks.3.attn.hook_z")
        .assertRefused("d_out 132");
    encode("tiny/res/layer_3", TINY, trace, "--target", "hook_nothing")
        .assertRefused("hook_nothing");
    encode("tiny/res/layer_3", TINY, folder.resolve("gone")).assertRefused("gone");
    encode("tiny/res/layer_3", TINY, trace, "--sae", "tiny/res/layer_2")
        .assertRefused("one --sae, not 2");
    encode("tiny/res/layer_3", TINY, trace, "--arithmetic", "int8").assertRefused("int8");
    Invocation.of("encode", "--sae", "tiny/res/layer_3").assertRefused("--in", "--help");
    assertEquals("older", Files.readString(out()));
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void refusesActivationsThatAreNotFinite(double bad) {
    double[] values = new double[264];
    values[135] = bad;
    Path in = folder.resolve("in");
    CompareCommandTest.write(in, Map.of("x", new DoubleTensor(values, 2, 132)));
    encode("tiny/res/layer_3", "x", in)
        .assertRefused("x", "position 1, element 3", String.valueOf(bad));
    assertFalse(Files.exists(out()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "tiny/nothing",
        "res/layer_20",
        "tiny/res/layer_9",
        "tiny/res/layer_3/width_7",
        "./gone",
        "gone/params.npz",
        "."
      })
  void refusesWhatNamesNoSae(String sae) {
    Path in = folder.resolve("in");
    CompareCommandTest.write(in, Map.of("x", new DoubleTensor(new double[132], 1, 132)));
    encode(sae, "x", in).assertRefused();
  }

  @Test
  void saysWhereAnSaeOfGemmaScopeCanBeHad() {
    String id = "gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71";
    encode(id, "x", folder)
        .assertRefused(
            id, "not on this computer", "https://huggingface.co/google/gemma-scope-2b-pt-res");
  }

  @Test
  void findsAnSaeInTheCacheOfHuggingFace() throws IOException {
    Path at =
        folder.resolve(
            "models--google--gemma-scope-2b-pt-res/snapshots/abc/layer_20/width_16k/average_l0_71");
    Files.createDirectories(at);
    Resource.copy("tiny/saes/res/layer_3/width_1024/average_l0_20/params.npz", at);
    Path in = folder.resolve("in");
    CompareCommandTest.write(in, Map.of("x", new DoubleTensor(new double[132], 1, 132)));
    Invocation run =
        Invocation.of(
            Map.of("HF_HUB_CACHE", folder.toString()),
            new byte[0],
            Commands.ALL,
            ("encode --sae gemma-scope-2b-pt-res/layer_20/width_16k/canonical --tensor x --in "
                    + in
                    + " --out "
                    + out())
                .split(" "));
    run.result();
    assertEquals(
        "gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71",
        SafetensorsFile.open(out()).metadata().get("loupe.sae"));
  }

  @Test
  void showsHelpWithExamples() {
    assertTrue(Invocation.of("encode", "--help").result().contains("loupe encode --sae tiny"));
  }
}
