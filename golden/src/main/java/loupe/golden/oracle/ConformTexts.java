package loupe.golden.oracle;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Random;
import loupe.golden.quirk.GoldenTexts;

/**
 * Random requests about text for a program that answers the protocol: whatever tokenizers and
 * templates of other models do otherwise. They are put together from the golden texts.
 */
final class ConformTexts {
  /** Put between golden texts. */
  private static final List<String> TRAPS =
      List.of(
          "",
          " ",
          "  ",
          "\n",
          "\n\n\n",
          "\t",
          "\r\n",
          "\u2581",
          "\u00a0",
          "\u200b",
          "\ufb01",
          "A\u0308",
          "<bos>",
          "<eos>",
          "<start_of_turn>",
          "\ud83d\ude42",
          "1234",
          "'s",
          "THE");

  private static final int MOST_PARTS = 4;

  private final Random random;

  ConformTexts(long seed) {
    this.random = new Random(seed);
  }

  /** Arguments for {@code tokenize}, {@code detokenize} or {@code chat_prompt}. */
  JsonObject args(String operation) {
    JsonObject args = new JsonObject();
    switch (operation) {
      case "tokenize" -> tokenize(args);
      case "detokenize" -> args.add("ids", ids());
      case "chat_prompt" -> args.add("messages", messages());
      default -> throw new IllegalStateException("no texts for " + operation);
    }
    return args;
  }

  private void tokenize(JsonObject args) {
    args.addProperty("text", text());
    for (String option : List.of("add_bos", "parse_specials")) {
      if (random.nextBoolean()) {
        args.addProperty(option, random.nextBoolean());
      }
    }
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    for (int parts = random.nextInt(MOST_PARTS); parts > 0; parts--) {
      text.append(any(TRAPS)).append(any(GoldenTexts.texts()).text());
    }
    return text.append(any(TRAPS)).toString();
  }

  private <T> T any(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  private JsonArray ids() {
    JsonArray ids = new JsonArray();
    add(any(GoldenTexts.decodes()).ids(), ids);
    for (int parts = random.nextInt(MOST_PARTS); parts > 0; parts--) {
      add(any(GoldenTexts.decodes()).ids(), ids);
      add(any(GoldenTexts.texts()).ids(), ids);
    }
    return ids;
  }

  private static void add(int[] some, JsonArray ids) {
    for (int id : some) {
      ids.add(id);
    }
  }

  private JsonArray messages() {
    JsonArray messages = new JsonArray();
    for (int turns = 2 * random.nextInt(3); turns >= 0; turns--) {
      messages.add(text());
    }
    return messages;
  }
}
