package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class DisplayWidthTest {
  @Test
  void countsCellsNotCharacters() {
    assertEquals(0, DisplayWidth.of(""));
    assertEquals(5, DisplayWidth.of("Größe"));
    assertEquals(4, DisplayWidth.of("日本"));
    assertEquals(2, DisplayWidth.of("🐳"));
    assertEquals(1, DisplayWidth.of("e\u0301"));
    assertEquals(6, DisplayWidth.of("▁한글x"));
    assertEquals(4, DisplayWidth.of("\uFF21\uFF22"));
  }

  @Test
  void cutsAtTheLastCharacterThatFits() {
    assertEquals("abc", DisplayWidth.cut("abc", 3));
    assertEquals("a…", DisplayWidth.cut("abc", 2));
    assertEquals("日…", DisplayWidth.cut("日本語", 4));
    assertEquals("日…", DisplayWidth.cut("日本語", 3));
    assertEquals("…", DisplayWidth.cut("日本語", 2));
    assertEquals("", DisplayWidth.cut("abc", 0));
  }

  @Property
  void neverCutsToMoreThanWhatFits(@ForAll String text, @ForAll @IntRange(max = 30) int cells) {
    String cut = DisplayWidth.cut(text, cells);
    assertTrue(DisplayWidth.of(cut) <= cells, cut);
    assertTrue(cut.equals(text) == (DisplayWidth.of(text) <= cells), cut);
  }

  @Test
  void fillsUpByCells() {
    assertEquals("日 |", DisplayWidth.padRight("日", 3) + "|");
    assertEquals(" 日", DisplayWidth.padLeft("日", 3));
    assertEquals("long", DisplayWidth.padLeft("long", 3));
  }
}
