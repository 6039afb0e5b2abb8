package loupe.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.HookPoints;
import loupe.loaders.JsonObject;
import loupe.reference.TensorSource;
import org.junit.jupiter.api.Test;

/** The data as a whole: nothing missing, nothing extra, nothing changed. */
class GoldenDataTest {
  private static final Set<String> CASE_FILES =
      Set.of(
          "config.json",
          "model.safetensors",
          "input.json",
          "trace.safetensors",
          "noise.json",
          "case.json",
          "decode.json",
          "decode.safetensors");

  private static Map<String, Set<String>> filesByFolder(String parent) {
    Map<String, Set<String>> files = new TreeMap<>();
    for (String path : Resources.digests().keySet()) {
      if (path.startsWith(parent)) {
        int slash = path.lastIndexOf('/');
        files
            .computeIfAbsent(path.substring(parent.length(), slash), f -> new TreeSet<>())
            .add(path.substring(slash + 1));
      }
    }
    return files;
  }

  @Test
  void everyFileHasItsDigest() throws NoSuchAlgorithmException {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    Map<String, String> digests = Resources.digests();
    assertTrue(digests.size() > 120, digests.size() + " files");
    digests.forEach(
        (path, digest) ->
            assertEquals(
                digest, HexFormat.of().formatHex(sha256.digest(Resources.bytes(path))), path));
  }

  @Test
  void thereIsNoFileWithoutADigest() throws IOException, URISyntaxException {
    Path root = Path.of(GoldenDataTest.class.getResource("/loupe/SHA256SUMS").toURI()).getParent();
    Set<String> found = new TreeSet<>();
    try (Stream<Path> files = Files.walk(root)) {
      files
          .filter(Files::isRegularFile)
          .map(file -> root.relativize(file).toString().replace('\\', '/'))
          .filter(path -> !path.endsWith(".class") && !path.equals("SHA256SUMS"))
          // Made from the table of operations, which a test of its own sees to.
          .filter(path -> !path.equals("oracle/schema.json"))
          .forEach(found::add);
    }
    assertEquals(new TreeSet<>(Resources.digests().keySet()), found);
  }

  @Test
  void everyCaseAndEverySaeHasAllItsFiles() {
    Map<String, Set<String>> cases = filesByFolder("golden/cases/");
    assertEquals(9, cases.size());
    List<String> recorded = new ArrayList<>();
    cases.forEach(
        (id, files) -> {
          assertTrue(files.containsAll(CASE_FILES), id + ": " + files);
          if (files.contains("trace_bf16_hf.safetensors")) {
            recorded.add(id);
          }
        });
    assertEquals(List.of("long", "mild", "mqa"), recorded);
    Map<String, Set<String>> saes = filesByFolder("golden/saes/");
    assertEquals(8, saes.size());
    saes.forEach(
        (id, files) -> assertEquals(Set.of("params.npz", "sae.json", "sae.safetensors"), files));
  }

  @Test
  void theProgramsThatAgreedAgreeWithEachCase() {
    JsonObject all = Resources.json("golden/agreement.json");
    double limit = Tolerances.invariant("of_max");
    for (String id : GoldenCase.ids()) {
      JsonObject agreement = all.object(id);
      assertEquals(GoldenCase.of(id).agreement(), agreement.number("numpy_worst"), id);
      for (String key : List.of("numpy_worst", "numpy_decode", "transformerlens_worst")) {
        assertTrue(agreement.number(key) <= limit, id + " " + key);
      }
    }
    assertEquals(GoldenCase.ids().size() + 1, all.fields().size());
  }

  @Test
  void noMutantOfTheReferenceSurvivedTheCases() {
    JsonObject adequacy = Resources.json("golden/adequacy.json");
    assertEquals(List.of(), adequacy.list("survivors"));
    for (String kind : List.of("model", "cache", "sae")) {
      assertEquals(adequacy.integer(kind + "_mutants"), adequacy.integer(kind + "_killed"), kind);
    }
    JsonObject mutants = adequacy.object("model");
    assertEquals(adequacy.integer("model_mutants"), mutants.fields().size());
    for (String mutant : mutants.fields().keySet()) {
      Set<String> cases = mutants.object(mutant).object("cases").fields().keySet();
      assertEquals(GoldenCase.ids(), cases.stream().sorted().toList(), mutant);
    }
  }

  @Test
  void theRoundingPolicyExplainsTheRecordings() {
    JsonObject steps = Resources.json("golden/policy.json").object("steps");
    long differ = 0;
    long elements = 0;
    for (String step : steps.fields().keySet()) {
      differ += steps.object(step).longInteger("differ");
      elements += steps.object(step).longInteger("elements");
    }
    assertTrue(elements > 400_000);
    assertEquals(1, differ);
  }

  @Test
  void theTolerancesAreTheOnesThatAreWrittenDown() {
    assertEquals(1e-12, Tolerances.float64(1e-13));
    assertEquals(8e-12, Tolerances.float64(1e-12), 1e-24);
    assertEquals(4e-7, Tolerances.float32(1e-8));
    assertEquals(1e-6, Tolerances.float32(1e-7), 1e-18);
  }

  @Test
  void theGoldensOfTheEmbeddedModelAreComplete() {
    GoldenText golden = new GoldenText();
    Gemma2Config config = EmbeddedModel.config().config();
    int[] ids = golden.tokenIds();
    assertEquals(config.bosId(), ids[0]);
    assertTrue(ids.length > config.slidingWindow(), "longer than the window");
    assertEquals(HookPoints.all(config), List.copyOf(golden.noise().keySet()));
    TensorSource trace = golden.trace();
    assertEquals(6 + 23 - 1 + 3, trace.names().size());
    for (String name : trace.names()) {
      int[] shape = HookPoints.shape(name, config, ids.length);
      Values values = Values.of(trace, name);
      boolean logits = name.startsWith("unembed") || name.equals("hook_logits");
      assertEquals(logits ? ids.length - golden.firstLogitRow() : shape[0], values.dim(0), name);
      assertEquals(shape[shape.length - 1], values.dim(shape.length - 1), name);
      assertTrue(values.isFinite(), name);
      double max = golden.noise().get(name).maxAbs();
      assertTrue(values.max() <= max * (1 + Tolerances.invariant("noise_digits")), name);
    }
  }

  @Test
  void theGreedyTextsOfTheEmbeddedModelAreClearCut() {
    JsonObject file = Resources.json("tiny/goldens/greedy.json");
    int checked = 0;
    for (Object entry : file.list("cases")) {
      JsonObject greedy = new JsonObject("greedy.json", "$", Map.of("g", entry)).object("g");
      assertTrue(greedy.bool("float32_equal"));
      assertTrue(greedy.number("smallest_top_gap") > 1e-3, "no near tie");
      assertEquals(40, greedy.longs("ids").length);
      assertEquals(2, greedy.longs("prompt_ids")[0]);
      assertFalse(greedy.string("text").isEmpty());
      checked++;
    }
    assertEquals(7, checked);
  }
}
