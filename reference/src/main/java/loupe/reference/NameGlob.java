package loupe.reference;

import java.util.regex.Pattern;

/**
 * A pattern of tensor names: {@code *} stands for any characters, dots included, {@code ?} for one
 * character, nothing else is special, and the whole name must match.
 */
public final class NameGlob {
  private final String text;
  private final Pattern pattern;

  public NameGlob(String text) {
    this.text = text;
    StringBuilder regex = new StringBuilder();
    for (char c : text.toCharArray()) {
      regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
    }
    this.pattern = Pattern.compile(regex.toString(), Pattern.DOTALL);
  }

  /** Whether the whole name matches. */
  public boolean matches(String name) {
    return pattern.matcher(name).matches();
  }

  @Override
  public String toString() {
    return text;
  }
}
