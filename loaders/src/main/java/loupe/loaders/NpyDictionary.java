package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import loupe.reference.MalformedFileException;

/**
 * The dictionary in an npy header: just the Python that numpy writes there (strings, True, False,
 * tuples of integers), with exactly three keys in any order.
 */
final class NpyDictionary {
  private static final int MOST_AXES = 64;

  private final String text;
  private final String file;
  private final String place;
  private int at;
  private String descr;
  private Boolean columnMajor;
  private long[] shape;

  private NpyDictionary(String text, String file, String place) {
    this.text = text;
    this.file = file;
    this.place = place;
  }

  static NpyDictionary parse(byte[] bytes, int version, String file, String place) {
    Charset charset = version == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
    String text;
    try {
      text = charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new MalformedFileException(file, place, "the npy header is not valid UTF-8");
    }
    NpyDictionary out = new NpyDictionary(text, file, place);
    out.dictionary();
    return out;
  }

  /** Element type as numpy spells it, such as {@code <f4}. */
  String descr() {
    return descr;
  }

  boolean columnMajor() {
    return columnMajor;
  }

  long[] shape() {
    return shape;
  }

  private void dictionary() {
    expect('{');
    while (!take('}')) {
      String key = string();
      expect(':');
      switch (key) {
        case "descr" -> {
          requireFirst(descr == null, key);
          if (peek() == '[') {
            throw failure("structured arrays (with named fields) cannot be read");
          }
          descr = string();
        }
        case "fortran_order" -> {
          requireFirst(columnMajor == null, key);
          columnMajor = truth();
        }
        case "shape" -> {
          requireFirst(shape == null, key);
          shape = tuple();
        }
        default -> throw failure("the key " + Printable.of(key) + " does not belong there");
      }
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    if (peek() != 0) {
      throw failure("text after the dictionary");
    }
    if (descr == null || columnMajor == null || shape == null) {
      throw failure("descr, fortran_order and shape must all be there");
    }
  }

  private void requireFirst(boolean first, String key) {
    if (!first) {
      throw failure("the key " + key + " is there twice");
    }
  }

  /** The next character that is not white space; 0 at the end. */
  private char peek() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    return at < text.length() ? text.charAt(at) : 0;
  }

  private boolean take(char c) {
    boolean there = peek() == c;
    at += there ? 1 : 0;
    return there;
  }

  private void expect(char c) {
    if (!take(c)) {
      throw failure("'" + c + "' is missing at character " + at);
    }
  }

  private String string() {
    char quote = peek();
    int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
    if (end < 0) {
      throw failure("a string is missing at character " + at);
    }
    String value = text.substring(at + 1, end);
    if (value.indexOf('\\') >= 0) {
      throw failure("an escape in a string at character " + at);
    }
    at = end + 1;
    return value;
  }

  private boolean truth() {
    peek();
    for (String word : new String[] {"True", "False"}) {
      if (text.startsWith(word, at)) {
        at += word.length();
        return word.equals("True");
      }
    }
    throw failure("True or False is missing at character " + at);
  }

  private long[] tuple() {
    long[] out = new long[MOST_AXES];
    int count = 0;
    boolean comma = true;
    expect('(');
    while (!take(')')) {
      if (!comma || count == MOST_AXES) {
        throw failure("the shape is no tuple of at most " + MOST_AXES + " numbers");
      }
      out[count++] = integer();
      comma = take(',');
    }
    if (count == 1 && !comma) {
      throw failure("the shape is a number, not a tuple");
    }
    return Arrays.copyOf(out, count);
  }

  /** Digits; the L after them is that of Python 2. */
  private long integer() {
    peek();
    int start = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    // 18 digits always fit a long; no axis is longer.
    if (at == start || at - start > 18) {
      throw failure("an axis length is missing or too large at character " + start);
    }
    long value = Long.parseLong(text.substring(start, at));
    take('L');
    return value;
  }

  private MalformedFileException failure(String reason) {
    return new MalformedFileException(file, place, "npy header: " + reason);
  }
}
