package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class VisibleTextTest {
  @Test
  void leavesLettersAsTheyAre() {
    assertEquals("▁Größe 日本 🐳", VisibleText.of("▁Größe 日本 🐳"));
    assertEquals("e\u0301", VisibleText.of("e\u0301"));
  }

  @Test
  void showsWhatATerminalWouldObeyOrHide() {
    assertEquals("a\\nb\\r\\t", VisibleText.of("a\nb\r\t"));
    assertEquals("\\u001b[31m", VisibleText.of("\u001b[31m"));
    assertEquals("\\u202e\\u200b\\u00a0\\u2028", VisibleText.of("\u202e\u200b\u00a0\u2028"));
    assertEquals("\\ud800", VisibleText.of("\ud800"));
    assertEquals("\\u{e0001}", VisibleText.of(Character.toString(0xE0001)));
    assertEquals("\u25CC\u0301", VisibleText.of("\u0301"));
  }

  @Property
  void letsNoControlCharacterThrough(@ForAll String text) {
    assertFalse(VisibleText.of(text).codePoints().anyMatch(Character::isISOControl));
  }
}
