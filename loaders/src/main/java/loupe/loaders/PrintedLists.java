package loupe.loaders;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import loupe.reference.MalformedFileException;

/** Lists in brackets of numbers or of such lists, as torch and ggml print tensors. */
final class PrintedLists {
  /** Stands in a list for entries that are not printed. */
  static final Object GAP = new Object();

  private static final int DEEPEST = 8;

  private final String text;
  private final Function<String, MalformedFileException> failure;
  private int at;

  PrintedLists(String text, Function<String, MalformedFileException> failure) {
    this.text = text;
    this.failure = failure;
  }

  /**
   * The value: a {@code List<Object>} of lists, of numbers as text, and at most one {@link #GAP}.
   */
  Object read() {
    Object value = value(0);
    skipSpace();
    if (at < text.length()) {
      throw failure.apply("has text after its last bracket");
    }
    return value;
  }

  private Object value(int depth) {
    skipSpace();
    if (at < text.length() && text.charAt(at) == '[') {
      if (depth == DEEPEST) {
        throw failure.apply("has brackets more than " + DEEPEST + " deep");
      }
      at++;
      return list(depth);
    }
    int from = at;
    while (at < text.length() && "[], \n\r\t".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    if (from == at) {
      throw failure.apply("lacks a number or a bracket in print");
    }
    return text.substring(from, at);
  }

  private List<Object> list(int depth) {
    List<Object> list = new ArrayList<>();
    while (true) {
      skipSpace();
      if (at == text.length()) {
        throw failure.apply("lacks a closing bracket in print");
      }
      char c = text.charAt(at);
      if (c == ']') {
        at++;
        return list;
      }
      if (c == ',') {
        at++;
      } else if (text.startsWith("...", at)) {
        at += 3;
        if (list.contains(GAP)) {
          throw failure.apply("has two gaps in one list");
        }
        list.add(GAP);
      } else {
        list.add(value(depth + 1));
      }
    }
  }

  private void skipSpace() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }
}
