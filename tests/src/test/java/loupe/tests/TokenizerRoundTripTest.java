package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import loupe.golden.EmbeddedModel;
import loupe.loaders.TextDecoder;
import loupe.loaders.Tokenizer;
import loupe.loaders.TokenizerFile;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Text to ids and back, by both file forms of one vocabulary. */
class TokenizerRoundTripTest {
  private static final List<Tokenizer> FORMS =
      List.of(
          TokenizerFile.open("tokenizer.model", EmbeddedModel.tokenizerModel()),
          TokenizerFile.open("tokenizer.json", EmbeddedModel.tokenizerJson()));

  /** Texts without U+2581: it stands for the space, so it comes back as one. */
  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> characters =
        Arbitraries.integers()
            .between(0, Character.MAX_CODE_POINT)
            .filter(c -> c != 0x2581 && Character.getType(c) != Character.SURROGATE)
            .map(Character::toString);
    Arbitrary<String> words =
        Arbitraries.of("the", " whale", "Congress ", "ago", ".", "\n\n\n", "\t", "é", "日", "👍🏽");
    Arbitrary<String> pieces =
        Arbitraries.of("<bos>", "<start_of_turn>", "<end_of_turn>", "<0x0A>", "<unk>", "[@BOS@]");
    Arbitrary<String> spaces = Arbitraries.integers().between(1, 30).map(" "::repeat);
    Arbitrary<String> ascii = Arbitraries.strings().ascii().ofMaxLength(8);
    return Arbitraries.oneOf(characters, words, pieces, spaces, ascii)
        .list()
        .ofMaxSize(12)
        .map(parts -> String.join("", parts));
  }

  @Property
  void aTextComesBackFromItsIds(@ForAll("texts") String text) {
    for (Tokenizer tokenizer : FORMS) {
      int[] ids = tokenizer.encode(text, false, Tokenizer.Specials.TEXT);
      if (tokenizer == FORMS.get(0) || !text.matches("(?s).*<(bos|unk)>.*")) {
        assertEquals(text, tokenizer.decode(ids), tokenizer.origin());
      }
      assertEquals(
          tokenizer.decode(ids),
          tokenizer.decode(tokenizer.encode(text, true, Tokenizer.Specials.TEXT)),
          "<bos> is no text");
    }
  }

  @Property
  void idsOneAtATimeGiveTheTextOfAllAtOnce(@ForAll List<Short> numbers) {
    for (Tokenizer tokenizer : FORMS) {
      int[] ids = numbers.stream().mapToInt(n -> Math.floorMod(n, tokenizer.vocabSize())).toArray();
      TextDecoder decoder = tokenizer.decoder();
      StringBuilder text = new StringBuilder();
      for (int id : ids) {
        text.append(decoder.accept(id));
      }
      assertEquals(tokenizer.decode(ids), text.append(decoder.finish()).toString());
    }
  }
}
