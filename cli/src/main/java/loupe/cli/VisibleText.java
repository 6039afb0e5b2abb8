package loupe.cli;

import loupe.loaders.Printable;

/** Makes visible what a terminal would obey or hide instead of showing it. */
final class VisibleText {
  private VisibleText() {}

  /**
   * The text with line breaks and tabs as {@code \n}, {@code \r}, {@code \t}, and all else that has
   * no shape of its own (controls, formats, lone surrogates, unassigned and private characters) as
   * {@code \}{@code u200b} or {@code \}{@code u{e0001}}. A mark that would combine with whatever is
   * printed before the text gets a dotted circle to stand on.
   */
  static String of(String text) {
    StringBuilder out = new StringBuilder();
    for (int at = 0; at < text.length(); ) {
      int codePoint = text.codePointAt(at);
      if (at == 0 && isMark(codePoint)) {
        out.append('\u25CC');
      }
      append(out, codePoint);
      at += Character.charCount(codePoint);
    }
    return out.toString();
  }

  private static boolean isMark(int codePoint) {
    int type = Character.getType(codePoint);
    return type == Character.NON_SPACING_MARK
        || type == Character.ENCLOSING_MARK
        || type == Character.COMBINING_SPACING_MARK;
  }

  private static void append(StringBuilder out, int codePoint) {
    switch (codePoint) {
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      default -> {
        if (hasShape(codePoint)) {
          out.appendCodePoint(codePoint);
        } else if (codePoint <= 0xFFFF) {
          out.append(String.format("\\u%04x", codePoint));
        } else {
          out.append(String.format("\\u{%x}", codePoint));
        }
      }
    }
  }

  private static boolean hasShape(int codePoint) {
    boolean strangeSpace =
        codePoint != ' ' && Character.getType(codePoint) == Character.SPACE_SEPARATOR;
    return Printable.isPlain(codePoint) && !strangeSpace;
  }
}
