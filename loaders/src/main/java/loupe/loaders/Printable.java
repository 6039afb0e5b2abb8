package loupe.loaders;

import java.util.Collection;

/** Text of a file made fit for a one-line message: no control characters, no endless names. */
final class Printable {
  private static final int LONGEST = 80;
  private static final int LISTED = 5;

  private Printable() {}

  /** {@code text} with what would break or flood a line escaped or cut. */
  static String of(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      if (i == LONGEST) {
        return out + "... (" + text.length() + " characters)";
      }
      char c = text.charAt(i);
      boolean plain = c >= ' ' && c != 0x7f && Character.isDefined(c) && !isLayout(c);
      out.append(plain ? String.valueOf(c) : "\\u%04x".formatted((int) c));
    }
    return text.isEmpty() ? "\"\"" : out.toString();
  }

  /** Line separators, formatting characters, private and lone surrogate halves. */
  private static boolean isLayout(char c) {
    int type = Character.getType(c);
    return Character.isISOControl(c)
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR
        || type == Character.FORMAT;
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
