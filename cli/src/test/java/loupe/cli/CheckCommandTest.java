package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import loupe.loaders.SafetensorsFile;
import loupe.reference.DoubleTensor;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckCommandTest {
  private static final String TOKENS = "2,651,600,9,77";

  @TempDir private static Path folder;
  private static String right;
  private static String wrong;

  /** A trace of our own is a dump under our names. */
  @BeforeAll
  static void writeDumps() {
    right = folder.resolve("right.safetensors").toString();
    Invocation trace =
        Invocation.of(
            "trace",
            "--arithmetic",
            "float32",
            "--tokens",
            TOKENS,
            "--out",
            right,
            "--hooks",
            "blocks.2.*",
            "--hooks",
            "hook_logits");
    assertEquals(0, trace.code(), trace.err());
    wrong = changed("wrong.safetensors", "blocks.2.mlp.hook_out", 7, 1.001);
  }

  private static String changed(String file, String name, int index, double factor) {
    TensorSource source = SafetensorsFile.open(Path.of(right));
    Map<String, DoubleTensor> tensors = new LinkedHashMap<>();
    for (String each : source.names()) {
      StoredTensor stored = source.tensor(each);
      double[] values = new double[(int) stored.elementCount()];
      stored.read(0, values, 0, values.length);
      if (each.equals(name)) {
        values[index] = (float) (values[index] * factor);
      }
      int[] shape = new int[stored.shape().length];
      for (int axis = 0; axis < shape.length; axis++) {
        shape[axis] = (int) stored.shape()[axis];
      }
      tensors.put(each, new DoubleTensor(values, shape));
    }
    return CompareCommandTest.write(folder.resolve(file), tensors).toString();
  }

  private static JsonObject json(Invocation run) {
    return JsonParser.parseString(run.out()).getAsJsonObject();
  }

  @Test
  void aRightDumpPasses() {
    Invocation run = Invocation.of("check", "--tokens", TOKENS, "--dump", right, "--json");
    assertEquals(0, run.code(), run.err());
    JsonObject report = json(run);
    assertEquals("pass", report.get("verdict").getAsString());
    assertEquals("f32", report.get("precision").getAsString());
    assertTrue(report.get("first_divergence").isJsonNull());
    assertEquals(24, report.get("compared").getAsInt());
    assertEquals(0, report.getAsJsonArray("skipped").size());
    assertEquals(0, report.getAsJsonArray("diagnosis").size());
    JsonObject embed = report.getAsJsonArray("tensors").get(0).getAsJsonObject();
    assertEquals("blocks.2.hook_resid_pre", embed.get("name").getAsString());
    // Two layers lie before it, of which the dump has nothing.
    assertEquals("plausible", embed.get("verdict").getAsString());
  }

  @Test
  void aWrongElementFailsWithItsPlaceAndItsBound() {
    Invocation run = Invocation.of("check", "--tokens", TOKENS, "--dump", wrong, "--json");
    assertEquals(1, run.code(), run.err());
    JsonObject report = json(run);
    assertEquals("fail", report.get("verdict").getAsString());
    JsonObject first = report.getAsJsonObject("first_divergence");
    assertEquals("blocks.2.mlp.hook_out", first.get("name").getAsString());
    assertEquals("bound", first.get("reason").getAsString());
    assertEquals("[0,7]", first.get("index").toString());
    double ours = first.get("ours").getAsDouble();
    double theirs = first.get("theirs").getAsDouble();
    double bound = first.get("bound").getAsDouble();
    assertEquals(1.001, theirs / ours, 1e-5);
    assertTrue(bound > 0 && bound < 0.001 * Math.abs(ours), "bound " + bound);
  }

  @Test
  void aPersonReadsTheVerdictThePlaceAndThePremises() {
    Invocation run = Invocation.of("check", "--tokens", TOKENS, "--dump", wrong);
    assertEquals(1, run.code(), run.err());
    assertTrue(run.out().startsWith("fail: 24 tensors compared as f32"), run.out());
    assertTrue(run.out().contains("first: blocks.2.mlp.hook_out at [0, 7] is "), run.out());
    assertTrue(run.out().contains("within 4 ulp of f32"), run.out());
    assertFalse(run.out().contains("blocks.2.hook_resid_pre"), run.out());
    Invocation all = Invocation.of("check", "--tokens", TOKENS, "--dump", wrong, "--all");
    assertTrue(all.out().contains("blocks.2.hook_resid_pre"), all.out());
  }

  @Test
  void severalDumpsHaveALineEachAndTheWorstExitCode() throws Exception {
    String broken = folder.resolve("broken.safetensors").toString();
    Files.writeString(Path.of(broken), "nothing");
    Invocation run =
        Invocation.of(
            "check",
            "--tokens",
            TOKENS,
            "--jsonl",
            "--dump",
            wrong,
            "--dump",
            broken,
            "--dump",
            right);
    assertEquals(2, run.code());
    String[] lines = run.out().split("\n");
    assertEquals(3, lines.length);
    JsonObject first = JsonParser.parseString(lines[0]).getAsJsonObject();
    assertEquals(wrong, first.get("dump").getAsString());
    assertEquals("fail", first.get("verdict").getAsString());
    JsonObject second = JsonParser.parseString(lines[1]).getAsJsonObject();
    assertEquals(broken, second.get("dump").getAsString());
    assertTrue(second.get("error").getAsString().contains("broken.safetensors"));
    JsonObject third = JsonParser.parseString(lines[2]).getAsJsonObject();
    assertEquals("pass", third.get("verdict").getAsString());

    Invocation two =
        Invocation.of("check", "--tokens", TOKENS, "--jsonl", "--dump", right, "--dump", wrong);
    assertEquals(1, two.code());
  }

  @Test
  void aPolicyCanBeNamed() {
    Invocation itself =
        Invocation.of("check", "--tokens", TOKENS, "--dump", right, "--precision", "f32", "--json");
    assertEquals("f32", json(itself).get("precision").getAsString());
    Invocation other =
        Invocation.of(
            "check", "--tokens", TOKENS, "--dump", right, "--precision", "f32-llama.cpp", "--json");
    assertEquals(1, other.code());
    assertEquals("f32-llama.cpp", json(other).get("precision").getAsString());
  }

  @Test
  void aTighterAllowanceForElementaryFunctionsIsTaken() {
    Invocation run =
        Invocation.of(
            "check", "--tokens", TOKENS, "--dump", right, "--elementary-ulp", "1.5", "--json");
    JsonArray tensors = json(run).getAsJsonArray("tensors");
    Invocation usual = Invocation.of("check", "--tokens", TOKENS, "--dump", right, "--json");
    JsonArray wider = json(usual).getAsJsonArray("tensors");
    for (int i = 0; i < tensors.size(); i++) {
      JsonObject tensor = tensors.get(i).getAsJsonObject();
      if (tensor.get("name").getAsString().endsWith("hook_normalized")) {
        double bound =
            tensor.get("bound").getAsDouble() / Math.abs(tensor.get("ours").getAsDouble());
        JsonObject same = wider.get(i).getAsJsonObject();
        assertTrue(
            bound < same.get("bound").getAsDouble() / Math.abs(same.get("ours").getAsDouble()));
      }
    }
  }

  @Test
  void wrongUsageIsRefused() {
    Invocation.of("check", "--tokens", TOKENS).assertRefused("--dump");
    Invocation.of("check", "--tokens", TOKENS, "--dump", right, "--dump", wrong)
        .assertRefused("--jsonl");
    Invocation.of("check", "--tokens", TOKENS, "--dump", right, "--precision", "f33")
        .assertRefused("f33");
    Invocation.of("check", "--tokens", TOKENS, "--dump", right, "--elementary-ulp", "0.5")
        .assertRefused("--elementary-ulp", "0.5");
    Invocation.of("check", "--tokens", TOKENS, "--dump", right, "--quirk", "gelu-erf")
        .assertRefused("--quirk");
    Invocation.of("check", "--tokens", TOKENS, "--dump", folder.resolve("none").toString())
        .assertRefused("none");
  }
}
