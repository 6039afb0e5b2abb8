package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which model and which SAEs {@code look} takes, and what it refuses. */
class LookCommandTest {
  @TempDir private Path temp;

  private static JsonElement tokens(String... args) {
    return Invocation.of(args).json().get("tokens");
  }

  @Test
  void takesShortIdsAndSaysTheFullOnes() {
    JsonElement expected = tokens("look", "--json", "Call");
    for (String id : List.of("tiny/res/layer_3", "res/layer_3", "layer_3", "tiny/res")) {
      assertEquals(expected, tokens("look", "--json", "--sae", id, "Call"), id);
    }
    assertEquals(
        tokens("look", "--json", "--sae", "tiny/res/layer_5", "Call"),
        tokens("look", "--json", "--layer", "5", "Call"));
    assertEquals(
        tokens("look", "--json", "--sae", "tiny/mlp/layer_3", "Call"),
        tokens("look", "--json", "--site", "mlp", "Call"));
  }

  @Test
  void showsNoFeaturesOfAnotherModelUnlessAnSaeIsNamed() throws IOException {
    TinyFolder folder = TinyFolder.in(temp);
    Invocation run = Invocation.of("look", "--json", "--model", folder.toString(), "Call");
    assertEquals(ExitCode.DONE, run.code(), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains("--sae"), run.err());
    JsonObject document = JsonParser.parseString(run.out()).getAsJsonObject();
    document
        .getAsJsonArray("tokens")
        .forEach(t -> assertEquals(0, t.getAsJsonObject().getAsJsonArray("features").size()));
    assertEquals(Invocation.of("look", "--json", "Call").json().get("next"), document.get("next"));
  }

  @Test
  void takesAFileForAnyModelWhereItsPlaceIsSaid() throws IOException {
    TinyFolder folder = TinyFolder.in(temp);
    String params =
        Resource.copy("tiny/saes/res/layer_3/width_1024/average_l0_20/params.npz", temp).toString();
    String model = folder.toString();
    String byFile =
        Invocation.of(
                ("look --json --site res --layer 3 Call --sae " + params + " --model " + model)
                    .split(" "))
            .result();
    assertEquals(
        Invocation.of("look", "--json", "Call").result(),
        byFile.replace(params, "tiny/res/layer_3/width_1024/average_l0_20"));
    Path named = Files.createDirectories(temp.resolve("res/layer_3/width_1024"));
    Path moved = Files.copy(Path.of(params), named.resolve("params.npz"));
    assertEquals(
        byFile.replace(params, moved.toString()),
        Invocation.of("look", "--json", "--sae", moved.toString(), "--model", model, "Call")
            .result());
    Invocation.of("look", "--model", model, "--sae", params, "Call").assertRefused("--site");
  }

  @Test
  void hasNoPiecesWithoutATokenizer() throws IOException {
    TinyFolder folder = TinyFolder.in(temp).without("tokenizer.model").without("tokenizer.json");
    String model = folder.toString();
    Invocation.of("look", "--model", model, "Call").assertRefused(model, "--tokens");
    String[] args = {"look", "--json", "--model", model, "--tokens", "2,4059", "--sae", "tiny/res"};
    Invocation run = Invocation.of(args);
    assertEquals(ExitCode.DONE, run.code(), run.err());
    JsonObject token =
        JsonParser.parseString(run.out())
            .getAsJsonObject()
            .getAsJsonArray("tokens")
            .get(1)
            .getAsJsonObject();
    assertTrue(token.get("piece").isJsonNull());
    assertEquals(3, token.getAsJsonArray("features").size());
    args[1] = "--top=3";
    String text = Invocation.of(args).out();
    assertTrue(text.contains("#4059"), text);
  }

  @Test
  void refusesWhatItCannotLookAt() throws IOException {
    Invocation.of("look").assertRefused("a text is missing");
    Invocation.of("look", "Four", "score").assertRefused("score", "quotes");
    Invocation.of("look", "--tokens", "2", "Call").assertRefused("only one of");
    Invocation.of("look", "--tokens", "2,4096").assertRefused("4096");
    Invocation.of("look", "--tokens", "").assertRefused("--tokens");
    Invocation.of("look", "--top", "-1", "Call").assertRefused("--top");
    Invocation.of("look", "--top", "many", "Call").assertRefused("--top", "many");
    Invocation.of("look", "--chunk", "0", "Call").assertRefused("--chunk");
    Invocation.of("look", "--layer", "6", "Call").assertRefused("layer_6");
    Invocation.of("look", "--sae", "nonsense", "Call").assertRefused("nonsense");
    Invocation.of("look", "--sae", "", "Call").assertRefused("--sae");
    Invocation.of("look", "--site", "nose", "Call").assertRefused("nose", "transcoder");
    Invocation.of("look", "--file", temp.resolve("gone").toString()).assertRefused("no such file");
    Path params = Resource.copy("golden/saes/hot-res/params.npz", temp);
    Invocation.of("look", "--sae", params.toString(), "--site", "res", "--layer", "1", "Call")
        .assertRefused(params.toString(), "132");
    Path own = Resource.copy("tiny/saes/res/layer_3/width_1024/average_l0_20/params.npz", temp);
    Invocation.of("look", "--sae", own.toString(), "--site", "res", "--layer", "6", "Call")
        .assertRefused("layer");
  }

  @Test
  void showsHelpWithExamples() {
    assertTrue(Invocation.of("look", "--help").result().contains("loupe look \"Four score"));
  }
}
