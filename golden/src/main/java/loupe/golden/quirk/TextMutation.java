package loupe.golden.quirk;

import java.util.Arrays;
import java.util.Optional;
import loupe.golden.EmbeddedModel;
import loupe.loaders.Tokenizer;
import loupe.loaders.TokenizerFile;

/** Whether the {@link GoldenTexts} expose a bug of tokenizer or chat. */
public final class TextMutation {
  private final Tokenizer tokenizer =
      TokenizerFile.open("embedded tokenizer.model", EmbeddedModel.tokenizerModel());

  /** The first golden text that the bug changes, as {@code ids}, {@code text} or {@code chat}. */
  public Optional<String> firstWrong(Quirk quirk) {
    Tokenizer wrong = quirk.applyTo(tokenizer);
    for (GoldenTexts.Text entry : GoldenTexts.texts()) {
      int[] ids = wrong.encode(entry.text(), false, Tokenizer.Specials.TEXT);
      if (!Arrays.equals(entry.ids(), ids)) {
        return Optional.of("ids");
      }
    }
    for (GoldenTexts.Text entry : GoldenTexts.decodes()) {
      if (!wrong.decode(entry.ids()).equals(entry.text())) {
        return Optional.of("text");
      }
    }
    for (GoldenTexts.Chat entry : GoldenTexts.chats()) {
      if (!quirk.chatPrompt(entry.messages()).equals(entry.prompt())) {
        return Optional.of("chat");
      }
    }
    return Optional.empty();
  }
}
