package loupe.golden.dialect;

import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A tensor's name with places for numbers: <code>{layer}</code> any layer, the same wherever it
 * stands; <code>{previous}</code> the layer before; <code>{last}</code> the last layer; <code>
 * {n_layers}</code> their number; {@code *} any characters.
 */
public final class NamePattern {
  static final int NO_LAYER = -1;

  private static final Pattern PLACE =
      Pattern.compile("\\{(layer|previous|last|n_layers)}|\\*|[^{*]+|.");

  private final String text;
  private final Pattern regex;

  /**
   * @param layers number of layers of the model
   */
  NamePattern(String text, int layers) {
    this.text = text;
    StringBuilder regex = new StringBuilder();
    Matcher place = PLACE.matcher(text);
    boolean seen = false;
    while (place.find()) {
      switch (place.group()) {
        case "{layer}" -> {
          regex.append(seen ? "\\k<layer>" : "(?<layer>0|[1-9]\\d{0,5})");
          seen = true;
        }
        case "{previous}" -> regex.append("(?<previous>0|[1-9]\\d{0,5})");
        case "{last}" -> regex.append(layers - 1);
        case "{n_layers}" -> regex.append(layers);
        case "*" -> regex.append(".*");
        default -> regex.append(Pattern.quote(place.group()));
      }
    }
    this.regex = Pattern.compile(regex.toString());
  }

  /** The layer of a name that matches, {@link #NO_LAYER} where it has none; empty for another. */
  OptionalInt match(String name) {
    Matcher matcher = regex.matcher(name);
    if (!matcher.matches()) {
      return OptionalInt.empty();
    }
    int layer = text.contains("{layer}") ? Integer.parseInt(matcher.group("layer")) : NO_LAYER;
    if (text.contains("{previous}")) {
      int previous = Integer.parseInt(matcher.group("previous"));
      if (layer == NO_LAYER) {
        layer = previous + 1;
      } else if (previous != layer - 1) {
        return OptionalInt.empty();
      }
    }
    return OptionalInt.of(layer);
  }

  /** The name for one layer. */
  static String fill(String pattern, int layer) {
    return pattern.replace("{layer}", Integer.toString(layer));
  }
}
