package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;

class NamesCommandTest {
  @Test
  void oursAreListedWithTheirAxesAndTheDialectsThereAre() {
    String out = Invocation.of("names").out();
    assertTrue(out.contains("blocks.{layer}.attn.hook_z"), out);
    assertTrue(out.contains("[head, pos, key]"), out);
    assertTrue(out.contains("interp-engine"), out);
  }

  @Test
  void aProgramsNamesAreListedWithWhatToBewareOf() {
    String out = Invocation.of("names", "--dialect", "candle-mi").out();
    assertTrue(out.contains("blocks.{layer}.mlp.hook_pre: TransformerLens calls the gate so"), out);
    assertTrue(out.contains("[batch, head, pos, d_head]"), out);
    assertTrue(!out.contains("Qcur"), out);
  }

  @Test
  void oneTensorIsShownInAllDialects() {
    String out = Invocation.of("names", "hook_rot_q").out();
    assertTrue(out.contains("Qcur-{layer} = ROPE(*)"), out);
    assertTrue(out.contains("layer_{layer}/attn/queries"), out);
  }

  @Test
  void jsonHasEveryEntryWithItsSource() {
    JsonObject names =
        JsonParser.parseString(Invocation.of("names", "--json").out()).getAsJsonObject();
    assertEquals(9, names.getAsJsonArray("dialects").size());
    assertEquals(28, names.getAsJsonArray("tensors").size());
    JsonObject embed = names.getAsJsonArray("tensors").get(0).getAsJsonObject();
    JsonObject entry = embed.getAsJsonArray("entries").get(1).getAsJsonObject();
    assertEquals("model.embed_tokens", entry.get("name").getAsString());
    assertEquals("output", entry.get("side").getAsString());
    assertTrue(entry.get("source").getAsString().startsWith("modeling_gemma2.py"));
    assertTrue(names.getAsJsonArray("others").size() > 10);
  }

  @Test
  void whatIsNotThereIsRefused() {
    Invocation.of("names", "--dialect", "pytorch").assertRefused("pytorch");
    Invocation.of("names", "hook_nothing").assertRefused("hook_nothing");
  }
}
