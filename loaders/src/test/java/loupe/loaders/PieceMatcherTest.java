package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PieceMatcherTest {
  private static final int NONE = -1;

  private static PieceMatcher of(int maxNested, String... pieces) {
    PieceMatcher matcher = new PieceMatcher(maxNested);
    for (int i = 0; i < pieces.length; i++) {
      assertTrue(matcher.add(pieces[i], 100 + i, false));
    }
    return matcher;
  }

  /** The id of the longest piece at a place, or {@link #NONE}. */
  private static int id(PieceMatcher matcher, String text, int from, boolean control) {
    int entry = matcher.longest(text, from, control);
    return entry < 0 ? NONE : matcher.id(entry);
  }

  @Test
  void findsTheLongestPieceThatBeginsAtAPlace() {
    PieceMatcher matcher = of(99, "<a", "<a>", "<a></a>", "\ud83d\ude00");
    assertEquals(101, id(matcher, "x<a>y", 1, false));
    assertEquals(102, id(matcher, "<a></a>", 0, false));
    assertEquals(101, id(matcher, "<a></b>", 0, false));
    assertEquals(100, id(matcher, "<a", 0, false));
    assertEquals(NONE, id(matcher, "<", 0, false));
    assertEquals(NONE, id(matcher, "x<a>y", 0, false));
    assertEquals(103, id(matcher, "\ud83d\ude00", 0, false));
    assertEquals(NONE, id(matcher, "\ud83d", 0, false));
    assertEquals(7, matcher.length(matcher.longest("<a></a>", 0, false)));
    assertEquals(2, matcher.length(matcher.longest("\ud83d\ude00", 0, false)));
  }

  @Test
  void findsControlPiecesOnRequestOnly() {
    PieceMatcher matcher = of(99, "<b");
    assertTrue(matcher.add("<bos>", 7, true));
    assertEquals(100, id(matcher, "<bos>", 0, false));
    assertEquals(7, id(matcher, "<bos>", 0, true));
  }

  @Test
  void keepsTheFirstOfTwoPiecesOfOneText() {
    PieceMatcher matcher = of(99, "ab");
    assertFalse(matcher.add("ab", 7, true));
    assertEquals(100, id(matcher, "abc", 0, true));
  }

  @Test
  void looksAtTheGivenNumberOfNestedPiecesOnly() {
    PieceMatcher matcher = of(2, "a", "aa", "aaa");
    assertEquals(101, id(matcher, "aaaa", 0, false));
  }

  @Test
  void findsNothingWithoutPieces() {
    assertEquals(NONE, id(of(1), "a", 0, true));
    assertEquals(NONE, id(of(1, "a"), "a", 1, true));
  }
}
