package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class PrintableTest {
  @Test
  void keepsNamesAsTheyAre() {
    assertEquals("blocks.3.größe ▁ \ud83d\ude00", Printable.of("blocks.3.größe ▁ \ud83d\ude00"));
  }

  @Test
  void escapesWhatBreaksALine() {
    assertEquals("a\\u000ab\\u2028c\\u001b[31m", Printable.of("a\nb\u2028c\u001b[31m"));
    assertEquals("\\u202e\\ud800", Printable.of("\u202e\ud800"));
  }

  @Test
  void cutsWhatIsTooLongAndShowsWhatIsEmpty() {
    assertEquals("x".repeat(80) + "... (81 characters)", Printable.of("x".repeat(81)));
    assertEquals("\\u0000".repeat(14) + "... (99 characters)", Printable.of("\0".repeat(99)));
    assertEquals("\"\"", Printable.of(""));
  }

  @Test
  void listsAFewNames() {
    assertEquals("a, b", Printable.list(List.of("a", "b")));
    assertEquals("a, b, c, d, e and 2 more", Printable.list(List.of("a b c d e f g".split(" "))));
  }

  @Test
  void quotes() {
    assertEquals("\"a\\u000a\"", Printable.quote("a\n"));
    assertEquals("\"\"", Printable.quote(""));
  }

  @Test
  void findsHalvesOfSurrogatePairs() {
    assertEquals(-1, Printable.loneSurrogate("a\ud83d\ude00"));
    assertEquals(1, Printable.loneSurrogate("a\ud83d"));
    assertEquals(0, Printable.loneSurrogate("\ude00\ud83d"));
    assertEquals(2, Printable.loneSurrogate("\ud83d\ude00\ude00"));
    assertEquals(0, Printable.loneSurrogate("\ud83d\ud83d\ude00"));
  }
}
