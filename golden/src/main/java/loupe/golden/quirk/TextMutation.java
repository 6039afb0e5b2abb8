package loupe.golden.quirk;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import loupe.gemma2.ChatFormat;
import loupe.golden.EmbeddedModel;
import loupe.loaders.JsonObject;
import loupe.loaders.Tokenizer;
import loupe.loaders.TokenizerFile;

/**
 * Whether the golden texts expose a bug of tokenizer or chat: {@code quirks/texts.json}, ids by the
 * SentencePiece library for the embedded model's vocabulary.
 */
public final class TextMutation {
  private final JsonObject golden = Zoo.resource("texts.json");
  private final Tokenizer tokenizer =
      TokenizerFile.open("embedded tokenizer.model", EmbeddedModel.tokenizerModel());

  /** The first golden text that the bug changes, as {@code ids}, {@code text} or {@code chat}. */
  public Optional<String> firstWrong(Quirk quirk) {
    Tokenizer wrong = quirk.applyTo(tokenizer);
    for (JsonObject entry : golden.objects("texts")) {
      int[] ids = wrong.encode(entry.string("text"), false, Tokenizer.Specials.TEXT);
      if (!Arrays.equals(ids(entry), ids)) {
        return Optional.of("ids");
      }
    }
    for (JsonObject entry : golden.objects("decodes")) {
      if (!wrong.decode(ids(entry)).equals(entry.string("text"))) {
        return Optional.of("text");
      }
    }
    for (JsonObject entry : golden.objects("chats")) {
      List<ChatFormat.Message> messages =
          entry.objects("messages").stream()
              .map(m -> new ChatFormat.Message(m.string("role"), m.string("content")))
              .toList();
      if (!quirk.chatPrompt(messages).equals(entry.string("prompt"))) {
        return Optional.of("chat");
      }
    }
    return Optional.empty();
  }

  private static int[] ids(JsonObject entry) {
    return Arrays.stream(entry.longs("ids")).mapToInt(Math::toIntExact).toArray();
  }
}
