package loupe.loaders;

import java.util.Collection;

/** Text of a file made fit for a one-line message: no control characters, no endless names. */
public final class Printable {
  /** Characters of a message that one text may take. */
  private static final int LONGEST = 80;

  private static final int LISTED = 5;

  private Printable() {}

  /** {@code text} with what would break or flood a line escaped or cut. */
  static String of(String text) {
    StringBuilder out = new StringBuilder();
    int next = 0;
    while (next < text.length() && out.length() < LONGEST) {
      int codePoint = text.codePointAt(next);
      int units = Character.charCount(codePoint);
      if (isPlain(codePoint)) {
        out.appendCodePoint(codePoint);
      } else {
        for (int i = 0; i < units; i++) {
          out.append("\\u%04x".formatted((int) text.charAt(next + i)));
        }
      }
      next += units;
    }
    if (next < text.length()) {
      out.append("... (").append(text.length()).append(" characters)");
    }
    return text.isEmpty() ? "\"\"" : out.toString();
  }

  /** {@code text} as above, in quotes. */
  static String quote(String text) {
    return text.isEmpty() ? of(text) : '"' + of(text) + '"';
  }

  /** The index of the first half of a surrogate pair without the other, or -1. */
  static int loneSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        return i;
      }
    }
    return -1;
  }

  /** Whether a character has a shape of its own or is a space, so that a line can show it. */
  public static boolean isPlain(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }

  /** The first few names of a collection, with the number of the others. */
  static String list(Collection<String> names) {
    StringBuilder out = new StringBuilder();
    int shown = 0;
    for (String name : names) {
      if (shown == LISTED) {
        return out + " and " + (names.size() - LISTED) + " more";
      }
      out.append(shown++ == 0 ? "" : ", ").append(of(name));
    }
    return out.toString();
  }
}
