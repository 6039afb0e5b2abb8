package loupe.golden.quirk;

import java.util.Arrays;
import java.util.List;
import loupe.gemma2.ChatFormat;
import loupe.loaders.JsonObject;

/**
 * Golden texts and conversations: {@code quirks/texts.json}, ids by the SentencePiece library for
 * the embedded model's vocabulary.
 */
public final class GoldenTexts {
  private GoldenTexts() {}

  /** A text and its ids, without {@code <bos>}. */
  public record Text(String text, int[] ids) {}

  /** A conversation and its prompt for a reply. */
  public record Chat(List<ChatFormat.Message> messages, String prompt) {}

  /** Texts and the ids that they are encoded to. */
  public static List<Text> texts() {
    return read("texts");
  }

  /** Ids and the texts that they are decoded to. */
  public static List<Text> decodes() {
    return read("decodes");
  }

  private static List<Text> read(String key) {
    return Zoo.resource("texts.json").objects(key).stream()
        .map(entry -> new Text(entry.string("text"), ids(entry)))
        .toList();
  }

  /** Conversations. */
  public static List<Chat> chats() {
    return Zoo.resource("texts.json").objects("chats").stream()
        .map(
            entry ->
                new Chat(
                    entry.objects("messages").stream()
                        .map(m -> new ChatFormat.Message(m.string("role"), m.string("content")))
                        .toList(),
                    entry.string("prompt")))
        .toList();
  }

  private static int[] ids(JsonObject entry) {
    return Arrays.stream(entry.longs("ids")).mapToInt(Math::toIntExact).toArray();
  }
}
