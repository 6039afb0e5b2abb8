package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import loupe.golden.EmbeddedModel;
import loupe.golden.GoldenText;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * Facts about the embedded model, computed by Hugging Face transformers ({@code
 * golden/make/facts_tiny.py}), stand in for those about the released weights.
 */
class VerifyCommandTest {
  /** What a fact is about, or says beside its claim: not what is compared. */
  private static final Set<String> INPUTS =
      Set.of(
          "equals",
          "definition",
          "statement",
          "format",
          "feature",
          "position",
          "pos",
          "layer",
          "row",
          "tensor",
          "interventions",
          "groups",
          "input",
          "dashboard_text",
          "temperature",
          "max_tokens",
          "max_new_tokens",
          "query_position",
          "key_position",
          "edge_query_key",
          "heads",
          "columns",
          "max_activation_seen",
          "Q4_K",
          "url",
          "logits_of_padded_rows_5000_5001",
          "activation",
          "layer_to_average_l0",
          "width");

  /** Changes that leave a fact true, or are about a file that is not there. */
  private static final List<String> HARMLESS =
      List.of(
          "[second_answer_contains_any, 0]", // one of the answers is enough
          "[max_range, 1]", // a wider range
          "[params_npz_bytes]"); // the embedded SAE is no file

  @TempDir Path temp;
  private Path facts;
  private Path text;
  private Path longText;
  private Path documents;

  @BeforeEach
  void writeInputs() throws IOException {
    facts = Resource.copy("cli/tiny-facts.json", temp);
    String golden = new GoldenText().text() + "\n";
    text = Files.writeString(temp.resolve("text.txt"), golden.repeat(4));
    longText = Files.writeString(temp.resolve("long.txt"), golden.repeat(16));
    documents =
        Files.writeString(temp.resolve("documents.jsonl"), new JsonPrimitive(golden) + "\n");
  }

  private Invocation verify(Path set, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "verify",
                "--json",
                "--facts",
                set.toString(),
                "--text",
                "corpus=" + text,
                "--text",
                "perplexity=" + longText,
                "--text",
                "tc-quality=" + documents));
    args.addAll(List.of(more));
    return Invocation.of(args.toArray(String[]::new));
  }

  private static JsonArray read(Path file) throws IOException {
    return JsonParser.parseString(Files.readString(file)).getAsJsonArray();
  }

  private static List<JsonObject> reported(Invocation run) {
    List<JsonObject> reported = new ArrayList<>();
    JsonParser.parseString(run.out())
        .getAsJsonObject()
        .getAsJsonArray("facts")
        .forEach(f -> reported.add(f.getAsJsonObject()));
    return reported;
  }

  @Test
  void everyStandInPassesInFloat32AndFloat64() {
    for (String arithmetic : List.of("float32", "float64")) {
      Invocation run = verify(facts, "--arithmetic", arithmetic);
      assertEquals(ExitCode.DONE, run.code(), run.out() + run.err());
      for (JsonObject fact : reported(run)) {
        boolean pointer = fact.get("kind").getAsString().equals("pointer");
        assertEquals(
            pointer ? "not_applicable" : "pass",
            fact.get("verdict").getAsString(),
            fact.toString());
      }
    }
  }

  @Test
  void everyKindOfThePublishedFactsHasAStandIn() throws IOException {
    Set<String> published = new TreeSet<>();
    reported(Invocation.of("verify", "--json"))
        .forEach(f -> published.add(f.get("kind").getAsString()));
    Set<String> here = new TreeSet<>();
    read(facts).forEach(f -> here.add(f.getAsJsonObject().get("kind").getAsString()));
    assertEquals(published, here);
  }

  @Test
  void everyPublishedValueCounts() throws IOException {
    JsonArray all = read(facts);
    JsonArray changed = all.deepCopy();
    for (JsonElement element : all) {
      JsonObject fact = element.getAsJsonObject();
      for (List<Object> place : places(fact.get("expected"), List.of())) {
        JsonObject copy = fact.deepCopy();
        copy.addProperty("id", fact.get("id").getAsString() + " with " + place);
        change(copy.get("expected"), place);
        changed.add(copy);
      }
      if (fact.get("token_ids").isJsonArray() && !fact.getAsJsonArray("token_ids").isEmpty()) {
        JsonObject copy = fact.deepCopy();
        copy.addProperty("id", fact.get("id").getAsString() + " with other ids");
        change(copy.get("token_ids"), List.of(0));
        changed.add(copy);
      }
    }
    Path file = Files.writeString(temp.resolve("changed.json"), changed.toString());
    List<String> more = new ArrayList<>(List.of("--only", "* with *"));
    for (JsonElement fact : changed) {
      String id = fact.getAsJsonObject().get("id").getAsString();
      if (id.startsWith("corpus with")) {
        more.addAll(List.of("--text", id + "=" + text));
      } else if (id.startsWith("perplexity with")) {
        more.addAll(List.of("--text", id + "=" + longText));
      } else if (id.startsWith("tc-quality with")) {
        more.addAll(List.of("--text", id + "=" + documents));
      }
    }
    Invocation run = verify(file, more.toArray(String[]::new));
    assertEquals(ExitCode.BAD_VERDICT, run.code(), run.err());
    List<String> survivors = new ArrayList<>();
    reported(run).stream()
        .filter(fact -> !fact.get("verdict").getAsString().equals("fail"))
        .filter(fact -> HARMLESS.stream().noneMatch(fact.get("id").getAsString()::endsWith))
        .forEach(fact -> survivors.add(fact.get("id") + " " + fact.get("verdict")));
    assertEquals("", String.join("\n", survivors));
    assertTrue(reported(run).size() >= 500, reported(run).size() + " changes");
  }

  /** The places of all values below an element that are claims; of long lists the first three. */
  private static List<List<Object>> places(JsonElement value, List<Object> at) {
    List<List<Object>> places = new ArrayList<>();
    if (value.isJsonObject()) {
      for (Map.Entry<String, JsonElement> field : value.getAsJsonObject().entrySet()) {
        if (!INPUTS.contains(field.getKey())) {
          places.addAll(places(field.getValue(), with(at, field.getKey())));
        }
      }
    } else if (value.isJsonArray()) {
      for (int i = 0; i < Math.min(3, value.getAsJsonArray().size()); i++) {
        places.addAll(places(value.getAsJsonArray().get(i), with(at, i)));
      }
    } else {
      places.add(at);
    }
    return places;
  }

  private static List<Object> with(List<Object> at, Object next) {
    List<Object> more = new ArrayList<>(at);
    more.add(next);
    return more;
  }

  private static void change(JsonElement root, List<Object> place) {
    JsonElement parent = root;
    for (Object step : place.subList(0, place.size() - 1)) {
      parent =
          step instanceof String key
              ? parent.getAsJsonObject().get(key)
              : parent.getAsJsonArray().get((int) step);
    }
    Object last = place.get(place.size() - 1);
    if (last instanceof String key) {
      parent.getAsJsonObject().add(key, other(parent.getAsJsonObject().get(key)));
    } else {
      parent.getAsJsonArray().set((int) last, other(parent.getAsJsonArray().get((int) last)));
    }
  }

  private static JsonElement other(JsonElement value) {
    JsonPrimitive old = value.getAsJsonPrimitive();
    if (old.isBoolean()) {
      return new JsonPrimitive(!old.getAsBoolean());
    }
    if (old.isString()) {
      return new JsonPrimitive("x" + old.getAsString());
    }
    return old.getAsString().matches("-?[0-9]+")
        ? new JsonPrimitive(old.getAsLong() + 1)
        : new JsonPrimitive(old.getAsDouble() * 1.25 + 7.77);
  }

  @Test
  void listedFeaturesAndWhatIsLeftOfThemCount() throws IOException {
    String all = Files.readString(facts);
    for (String[] change :
        new String[][] {
          {"tc-active", "\"early\": [\"3_", "\"early\": [\"3_1"},
          {
            "tc-int-groups",
            "activation_fraction\": {\"early\": ",
            "activation_fraction\": {\"early\": 1"
          },
          {"tc-int-last", "\"value\": 0}", "\"value\": 9}"},
          {"transcoders", "\"0\": 76", "\"0\": 75"},
          {"randn", "manual_seed(100)", "manual_seed(101)"}
        }) {
      assertTrue(all.contains(change[1]), change[1]);
      Path file = Files.writeString(temp.resolve("one.json"), all.replace(change[1], change[2]));
      Invocation run = verify(file, "--only", change[0]);
      assertEquals(ExitCode.BAD_VERDICT, run.code(), change[0] + run.out() + run.err());
    }
  }

  @Test
  void theFormulaIsThatOfTheListsInTheSet() throws IOException {
    JsonArray all = read(facts);
    for (JsonElement fact : all) {
      if (fact.getAsJsonObject().get("id").getAsString().equals("prob")) {
        change(fact.getAsJsonObject().get("expected"), List.of("top", 1, 2));
      }
    }
    Path file = Files.writeString(temp.resolve("other.json"), all.toString());
    assertEquals(ExitCode.BAD_VERDICT, verify(file, "--only", "formula").code());
  }

  @Test
  void aKnownBugIsFound() {
    Invocation run = verify(facts, "--quirk", "embed-scale-missing", "--only", "norms");
    assertEquals(ExitCode.BAD_VERDICT, run.code());
    assertTrue(run.err().contains("embed-scale-missing"), run.err());
    assertTrue(run.out().contains("\"quirk\":\"embed-scale-missing\""), run.out());
  }

  @Test
  void withTheEmbeddedModelPublishedFactsSayWhatTheyNeed() {
    JsonObject document = Invocation.of("verify", "--json").json();
    assertEquals(369, document.getAsJsonArray("facts").size());
    assertEquals(0, document.get("failed").getAsInt());
    // What the program itself knows: the soft cap's formula, the catalogue, where SAEs read.
    assertEquals(3, document.get("passed").getAsInt());
    String text = Invocation.of("verify").result();
    for (String needed :
        List.of(
            "get https://huggingface.co/google/gemma-2-2b and give its folder by --model",
            "get tokenizer.model of https://huggingface.co/google/gemma-2-2b and give it by --tokenizer",
            "gemma-scope-2b-pt-res/resolve/main/layer_20/width_16k/average_l0_71/params.npz",
            "3 passed, 0 failed, 366 not applicable")) {
      assertTrue(text.contains(needed), needed + " is not in\n" + text);
    }
  }

  @Test
  void factsAboutTheTokenizerNeedNoMoreThanThat() throws IOException {
    Path file = Files.write(temp.resolve("tokenizer.model"), EmbeddedModel.tokenizerModel());
    Invocation run =
        Invocation.of("verify", "--json", "--only", "tokenizer.*", "--tokenizer", file.toString());
    // A user who names a tokenizer wants to hear that it is not Gemma 2's.
    assertEquals(ExitCode.BAD_VERDICT, run.code());
    assertEquals(153, reported(run).size());
    assertTrue(run.out().contains("vocab_size is 4096, published 256000"), run.out());
  }

  @Test
  void aTokenizerThatIsNoFileIsRefusedBeforeAnyFactIsChecked() {
    Invocation.of("verify", "--tokenizer", temp.toString()).assertRefused(temp.toString(), "file");
  }

  /** Gemma 2's own file is not part of the project: the variable names it, or its folder. */
  @Test
  @EnabledIfEnvironmentVariable(
      named = "LOUPE_GEMMA_TOKENIZER",
      matches = ".+",
      disabledReason = "LOUPE_GEMMA_TOKENIZER names no folder with Gemma 2's tokenizer files")
  void publishedFactsAboutTheTokenizerHoldForGemmasOwn() {
    Path named = Path.of(System.getenv("LOUPE_GEMMA_TOKENIZER"));
    Path file = Files.isDirectory(named) ? named.resolve("tokenizer.json") : named;
    JsonObject document =
        Invocation.of("verify", "--json", "--only", "tokenizer.*", "--tokenizer", file.toString())
            .json();
    assertEquals(0, document.get("failed").getAsInt());
    // Two are about how SentencePiece writes <unk>, one is about the file tokenizer.model.
    assertEquals(150, document.get("passed").getAsInt());
    assertEquals(153, document.getAsJsonArray("facts").size());
  }

  @Test
  void anSaeIsFoundByWhatItsPathSaysOrByName() throws IOException {
    String path = "res/layer_3/width_1024/average_l0_20";
    Path folder = Files.createDirectories(temp.resolve(path));
    Path file = Resource.copy("tiny/saes/" + path + "/params.npz", folder);
    Invocation run = verify(facts, "--only", "weights", "--sae", file.toString());
    assertEquals(ExitCode.DONE, run.code(), run.out());
    assertFalse(run.out().contains("left out"), run.out());
    Path bare = Files.copy(file, temp.resolve("params.npz"));
    verify(facts, "--sae", bare.toString()).assertRefused("does not say which SAE", "=" + bare);
    String id = "tiny/res/layer_3/width_1024/average_l0_20";
    assertEquals(
        ExitCode.DONE, verify(facts, "--only", "weights", "--sae", id + "=" + bare).code());
  }

  @Test
  void refusesWhatIsNoSetOfFacts() throws IOException {
    Path file = temp.resolve("wrong.json");
    Files.writeString(file, "{}");
    verify(file).assertRefused("array");
    Files.writeString(
        file, "[{\"id\":\"a\",\"model\":\"tiny\",\"kind\":\"zebra\",\"expected\":{}}]");
    verify(file).assertRefused("kind", "tokenizer.encode");
    Files.writeString(
        file,
        "[{\"id\":\"a\",\"model\":\"tiny\",\"kind\":\"config\",\"expected\":{},"
            + "\"tolerance_hint\":\"about right\"}]");
    verify(file).assertRefused("tolerance_hint", "abs 1e-3");
    verify(facts, "--only", "zebra*").assertRefused("zebra*");
    Invocation none = verify(facts, "--only", "pointer");
    assertEquals(ExitCode.BAD_INPUT, none.code());
    assertTrue(none.err().contains("no fact could be checked"), none.err());
  }
}
