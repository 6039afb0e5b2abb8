package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.loaders.SafetensorsFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ZooCommandTest {
  private static final String IDS = "2,300,301,302,303";

  @TempDir Path temp;

  /** What the program says, and that it warned. */
  private static Invocation marked(String quirk, String... args) {
    Invocation run = Invocation.of(args);
    assertEquals(ExitCode.DONE, run.code(), run.err());
    assertTrue(run.err().contains("with the known bug " + quirk), run.err());
    return run;
  }

  private static JsonObject json(Invocation run) {
    return JsonParser.parseString(run.out()).getAsJsonObject();
  }

  @Test
  void listsEveryBug() {
    String text = Invocation.of("zoo").result();
    for (Quirk quirk : Zoo.all()) {
      assertTrue(text.contains(quirk.name() + " "), quirk.name());
    }
    assertTrue(text.contains(Zoo.all().size() + " bugs"), text);
  }

  @Test
  void tellsAllAboutOne() {
    String text = Invocation.of("zoo", "attn-cap-missing").result();
    for (String part : new String[] {"27B", "P25", "attn.hook_scores_capped", "SDPA", "big27"}) {
      assertTrue(text.contains(part), text);
    }
  }

  @Test
  void findsBugsByPitfallAndByTensor() {
    assertTrue(Invocation.of("zoo", "P36").result().contains("window-one-more"));
    assertTrue(Invocation.of("zoo", "hook_embed").result().contains("embed-scale-missing"));
    Invocation.of("zoo", "window-one-mor").assertRefused("window-one-more", "loupe zoo");
  }

  @Test
  void givesAllOfItAsJson() {
    JsonObject zoo = Invocation.of("zoo", "--json").json();
    assertEquals(Zoo.all().size(), zoo.getAsJsonArray("quirks").size());
    JsonObject one =
        Invocation.of("zoo", "--json", "scale-144")
            .json()
            .getAsJsonArray("quirks")
            .get(0)
            .getAsJsonObject();
    assertEquals("model", one.get("part").getAsString());
    assertEquals(
        "blocks.0.attn.hook_scores_raw",
        one.getAsJsonObject("killed_by").get("mild").getAsString());
  }

  @Test
  void aTraceWithABugDiffersAndSaysSo() {
    Path right = temp.resolve("right.safetensors");
    Path wrong = temp.resolve("wrong.safetensors");
    Invocation.of("trace", "--tokens", IDS, "--out", right.toString()).result();
    marked("gelu-erf", "trace", "--quirk", "gelu-erf", "--tokens", IDS, "--out", wrong.toString());
    SafetensorsFile file = SafetensorsFile.open(wrong);
    assertEquals("float32+gelu-erf", file.metadata().get("loupe.arithmetic"));
    JsonObject compared = Invocation.of("compare", "--json", right + "", wrong + "").json();
    JsonObject first =
        compared.getAsJsonArray("tensors").asList().stream()
            .map(tensor -> tensor.getAsJsonObject())
            .filter(tensor -> tensor.get("rel_to_max").getAsDouble() > 1e-5)
            .findFirst()
            .orElseThrow();
    assertEquals("blocks.0.mlp.hook_post", first.get("name").getAsString());
  }

  @Test
  void everyCommandThatRunsAModelTakesABugAndMarksItsJson() {
    JsonObject look =
        json(
            marked(
                "final-cap-twice",
                "look",
                "--json",
                "--quirk",
                "final-cap-twice",
                "--tokens",
                IDS));
    assertEquals("final-cap-twice", look.get("quirk").getAsString());
    JsonObject run =
        json(
            marked(
                "rope-restarts-at-decode",
                "run",
                "--json",
                "--quirk",
                "rope-restarts-at-decode",
                "--max-tokens",
                "3",
                "--tokens",
                IDS));
    assertEquals("rope-restarts-at-decode", run.get("quirk").getAsString());
    JsonObject prompt =
        json(
            marked(
                "bos-twice",
                "run",
                "--json",
                "--quirk",
                "bos-twice",
                "--max-tokens",
                "0",
                "Four score"));
    assertEquals("[2,2", prompt.get("prompt_ids").toString().substring(0, 4));
    JsonObject tokens =
        json(
            marked(
                "tokens-dummy-prefix",
                "tokens",
                "--json",
                "--quirk",
                "tokens-dummy-prefix",
                "score"));
    assertEquals("tokens-dummy-prefix", tokens.get("quirk").getAsString());
    assertNotEquals(
        Invocation.of("tokens", "--json", "score").json().get("ids"), tokens.get("ids"));
  }

  @Test
  void lookGivesABugToItsSaeAndToWhatTheSaeReads() {
    String right = Invocation.of("look", "--json", "--tokens", IDS).json().toString();
    for (String quirk : new String[] {"sae-b-enc-missing", "residual-read-at-mid"}) {
      Invocation run = marked(quirk, "look", "--json", "--quirk", quirk, "--tokens", IDS);
      assertNotEquals(right, json(run).toString());
      assertEquals(
          JsonParser.parseString(right).getAsJsonObject().get("next"),
          json(run).get("next"),
          "the model itself is right");
    }
  }

  @Test
  void aBugThatACommandCannotHaveIsRefused() {
    Invocation.of("tokens", "--quirk", "gelu-erf", "score")
        .assertRefused("gelu-erf", "part model", "tokens");
    Invocation.of("run", "--quirk", "sae-relu", "score").assertRefused("sae-relu", "part sae");
    Invocation.of("serve", "--stdio", "--quirk", "l0-with-bos").assertRefused("part metric");
    Invocation.of("run", "--quirk", "gelu-erff", "score").assertRefused("gelu-erf");
  }

  @Test
  void aCommandThatTakesNoBugSaysWhy() {
    String[][] commands = {
      {"check", "--dump", "x", "score"},
      {"info"},
      {"convert", "--out", "x"},
      {"compare", "x", "y"},
      {"synth"},
      {"policies"},
      {"names"},
      {"zoo"},
      {"vectors", "--out", "x"},
      {"bench"},
      {"bench-peer", "x", "1", "1"}
    };
    for (String[] command : commands) {
      List<String> args = new ArrayList<>(List.of(command));
      args.addAll(1, List.of("--quirk", "silu"));
      Invocation.of(args.toArray(String[]::new)).assertRefused(command[0] + " takes no --quirk: ");
    }
    Invocation.of("conform", "--quirk", "silu", "--", "x").assertRefused("a judge must be right");
  }

  @Test
  void everyReplyOfAnOracleWithABugIsMarked() {
    String gelu =
        "{\"op\":\"gelu_tanh\",\"args\":{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data\":\"AACAvw==\"}}%s}\n";
    String theirs = ",\"theirs\":{\"y\":{\"dtype\":\"F32\",\"shape\":[1],\"data\":\"AACAvw==\"}}";
    String in = "{\"op\":\"hello\"}\n" + gelu.formatted("") + gelu.formatted(theirs) + "nonsense\n";
    for (String[] command : new String[][] {{"serve", "--stdio"}, {"answer"}}) {
      List<String> args = new ArrayList<>(List.of(command));
      args.addAll(List.of("--quirk", "relu", "--validate"));
      Invocation run =
          Invocation.of(
              Map.of(),
              in.getBytes(StandardCharsets.UTF_8),
              Commands.ALL,
              args.toArray(String[]::new));
      assertTrue(run.err().contains("with the known bug relu"), run.err());
      List<JsonObject> replies =
          run.out().lines().map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
      assertEquals(4, replies.size(), run.out());
      replies.forEach(reply -> assertEquals("relu", reply.get("quirk").getAsString()));
      JsonObject hello = replies.get(0).getAsJsonObject("result");
      assertEquals("[\"relu\"]", hello.get("quirks").toString());
      JsonObject y = replies.get(1).getAsJsonObject("result").getAsJsonObject("y");
      assertEquals("AAAAAAAAAAA=", y.get("data").getAsString(), "relu(-1) is 0");
      assertTrue(replies.get(2).get("error").toString().contains("wrong on purpose"));
    }
  }
}
