package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertCommandTest {
  @TempDir Path folder;

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private static JsonObject json(Invocation run) {
    assertEquals(0, run.code(), run.err());
    return JsonParser.parseString(run.out()).getAsJsonObject();
  }

  @Test
  void aModelThatGgufCannotExpressIsRefusedAndNothingIsWritten() throws IOException {
    Invocation.of("convert", "--out", file("t.gguf"))
        .assertRefused("GGUF cannot express query_pre_attn_scalar 33", "--fold-query-scale");
    try (var files = Files.list(folder)) {
      assertFalse(files.findAny().isPresent());
    }
  }

  @Test
  void theEmbeddedModelIsWrittenWithItsScaleFoldedAndThatIsSaid() {
    String out = file("t.gguf");
    JsonObject done =
        json(
            Invocation.of(
                "convert", "--type", "f32", "--fold-query-scale", "--out", out, "--json"));
    assertEquals("f32", done.get("type").getAsString());
    assertTrue(done.get("notes").toString().contains("query weights are multiplied by 0.98"));
    JsonObject same = json(Invocation.of("look", "--json", "--model", out, "Four score"));
    JsonObject tiny = json(Invocation.of("look", "--json", "Four score"));
    for (int i = 0; i < 10; i++) {
      JsonObject a = same.getAsJsonArray("next").get(i).getAsJsonObject();
      JsonObject b = tiny.getAsJsonArray("next").get(i).getAsJsonObject();
      assertEquals(b.get("id"), a.get("id"));
      assertEquals(b.get("p").getAsDouble(), a.get("p").getAsDouble(), 1e-4);
    }
  }

  @Test
  void aGgufFileHasItsOwnTokenizerAndSaysWhatItLeavesOpen() {
    String out = file("t.gguf");
    Invocation written =
        Invocation.of("convert", "--type", "q8_0", "--fold-query-scale", "--out", out);
    assertEquals(0, written.code(), written.err());
    assertTrue(written.err().contains("no multiple of 32: they are written as F16"));
    String text = "Call me  <start_of_turn>\n\nIshmael";
    assertEquals(
        Invocation.of("tokens", "--json", text).out(),
        Invocation.of("tokens", "--json", "--model", out, text).out());
    Invocation looked = Invocation.of("look", "--model", out, text);
    assertEquals(0, looked.code(), looked.err());
    assertTrue(looked.err().contains("GGUF holds 1 + w in its 25 norms"), looked.err());
    assertTrue(looked.err().contains("query_pre_attn_scalar 32 (GGUF has no key"), looked.err());
  }

  @Test
  void tensorsOfGgufFilesCanBeCompared() {
    for (String type : new String[] {"f32", "bf16"}) {
      Invocation.of("convert", "--type", type, "--fold-query-scale", "--out", file(type + ".gguf"));
    }
    Invocation compared = Invocation.of("compare", "--json", file("f32.gguf"), file("bf16.gguf"));
    int equal = 0;
    for (JsonElement tensor : json(compared).getAsJsonArray("tensors")) {
      equal += tensor.getAsJsonObject().get("max_abs").getAsDouble() == 0 ? 1 : 0;
    }
    assertEquals(68 - 6, equal, "all but the query weights, which are no bf16 any more");
  }

  @Test
  void wrongOptionsAndDamagedFilesAreRefused() throws IOException {
    Invocation.of("convert", "--type", "q4_k", "--out", file("t.gguf"))
        .assertRefused("there is no q4_k; there are f32, f16, bf16, q8_0");
    Invocation.of("convert", "--out", file("t.bin")).assertRefused("ends in .gguf");
    Files.write(folder.resolve("bad.gguf"), new byte[] {'G', 'G', 'U', 'F', 3});
    Invocation.of("look", "--model", file("bad.gguf"), "a")
        .assertRefused("bad.gguf: byte 4: a number is cut off");
    Invocation.of("look", "--model", file("none.gguf"), "a").assertRefused("no such file");
  }
}
