package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import loupe.loaders.TextPreparation.Behavior;
import loupe.loaders.TextPreparation.Prepend;
import loupe.loaders.TextPreparation.Replace;
import loupe.loaders.TextPreparation.Split;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextPreparationTest {
  private static final Replace SPACES = new Replace(" ", "▁");

  @Test
  void appliesTheStepsInTheirOrder() {
    TextPreparation prepending =
        new TextPreparation(List.of(new Prepend(" "), SPACES, new Replace("aa", "b")), null);
    assertEquals("▁b▁ba", prepending.normalise("aa aaa"));
    assertEquals("", prepending.normalise(""));
    assertEquals("a b", new TextPreparation(List.of(), null).normalise("a b"));
    assertEquals(List.of("a b"), new TextPreparation(List.of(), null).words("a b"));
  }

  /** The examples of tokenizer/normalizer.rs, with more delimiters at both ends. */
  @ParameterizedTest
  @CsvSource({
    "REMOVED,              the|final|countdown",
    "ISOLATED,             -|the|-|final|-|-|countdown|-",
    "MERGED_WITH_PREVIOUS, -|the-|final-|-|countdown-",
    "MERGED_WITH_NEXT,     -the|-final|-|-countdown|-",
    "CONTIGUOUS,           -|the|-|final|--|countdown|-",
  })
  void splitsAtDelimiters(Behavior behavior, String words) {
    TextPreparation preparation = new TextPreparation(List.of(), new Split("-", behavior));
    assertEquals(List.of(words.split("\\|")), preparation.words("-the-final--countdown-"));
    assertEquals(List.of("x"), preparation.words("x"));
  }

  @Test
  void splitsAtDelimitersOfSeveralCharacters() {
    TextPreparation preparation =
        new TextPreparation(List.of(), new Split("aa", Behavior.ISOLATED));
    assertEquals(List.of("aa", "ab", "aa"), preparation.words("aaabaa"));
  }
}
