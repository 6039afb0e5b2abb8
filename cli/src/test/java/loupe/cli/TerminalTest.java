package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TerminalTest {
  @Test
  void isAsWideAsTheUserSaysElseAsTheWindowElseAsUsual() {
    assertEquals(120, Terminal.columns("120", 80));
    assertEquals(80, Terminal.columns(null, 80));
    assertEquals(100, Terminal.columns(null, 0));
    for (String nonsense : new String[] {"", "wide", "0", "-5", "012", "99999", "7"}) {
      assertEquals(80, Terminal.columns(nonsense, 80), nonsense);
    }
    assertEquals(100, Terminal.columns(null, 7));
  }
}
