package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import loupe.golden.PublishedPolicy;
import org.junit.jupiter.api.Test;

class PoliciesCommandTest {
  @Test
  void listsEveryPolicyWithItsEngine() {
    String text = Invocation.of("policies").result();
    for (PublishedPolicy policy : PublishedPolicy.all()) {
      assertTrue(text.contains(policy.name() + "\n"), policy.name());
    }
    assertTrue(text.contains("Hugging Face transformers"), text);
    assertFalse(text.contains("norm.reciprocal"), text);
  }

  @Test
  void showsOnePolicyWithEveryPointAndItsSource() {
    String text = Invocation.of("policies", "bf16-hf").result();
    assertTrue(text.contains("norm.reciprocal"), text);
    assertTrue(text.contains("modeling_gemma2.py:159-160"), text);
    assertTrue(text.contains("all but 1 (0.0 %) to the last bit"), text);
  }

  @Test
  void saysWhereAPolicyIsKnownFromReadingAlone() {
    assertTrue(Invocation.of("policies", "bf16-gemma.cpp").result().contains("not run"));
  }

  @Test
  void givesAllOfItAsJson() {
    JsonArray policies = Invocation.of("policies", "--json").json().getAsJsonArray("policies");
    assertEquals(PublishedPolicy.names().size(), policies.size());
    JsonObject hf = null;
    for (JsonElement policy : policies) {
      if (policy.getAsJsonObject().get("name").getAsString().equals("bf16-hf")) {
        hf = policy.getAsJsonObject();
      }
    }
    assertEquals("bf16", hf.get("storage").getAsString());
    assertEquals("recorded", hf.get("evidence").getAsString());
    JsonObject first = hf.getAsJsonArray("points").get(0).getAsJsonObject();
    assertEquals("weight", first.get("point").getAsString());
    assertEquals("bf16", first.get("format").getAsString());
    assertEquals("*", first.get("weights").getAsString());
    assertEquals(3, hf.getAsJsonArray("agreement").size());
  }

  @Test
  void refusesAPolicyThatThereIsNot() {
    Invocation.of("policies", "bf16-fh").assertRefused("bf16-fh", "bf16-hf");
  }
}
