package loupe.cli;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import loupe.sae.FeatureReader;
import loupe.sae.Features;

/**
 * Colours by which the eye follows a feature through a text. A feature of several tokens has one
 * colour everywhere; where features outnumber colours, those that share one are far apart. What is
 * on most tokens tells little about any of them and stands back.
 */
final class FeatureColours {
  static final Style[] COLOURS = {
    Style.CYAN, Style.YELLOW, Style.GREEN, Style.MAGENTA, Style.BLUE, Style.RED
  };

  /** In shorter texts "most" says nothing. */
  private static final int FEWEST_TOKENS = 4;

  private final Map<Integer, Style> colours = new HashMap<>();

  /** For readings in the order of the text. */
  FeatureColours(List<FeatureReader.Reading> readings) {
    Map<Integer, Integer> tokens = new HashMap<>();
    for (FeatureReader.Reading reading : readings) {
      for (int id : reading.features().ids()) {
        tokens.merge(id, 1, Integer::sum);
      }
    }
    int most = Math.max(FEWEST_TOKENS, readings.size()) / 2;
    Map<Style, Integer> lastUse = new HashMap<>();
    for (int token = 0; token < readings.size(); token++) {
      for (int id : readings.get(token).features().ids()) {
        if (tokens.get(id) > most) {
          colours.put(id, Style.FAINT);
        } else if (tokens.get(id) > 1) {
          lastUse.put(colours.computeIfAbsent(id, unused -> leastRecent(lastUse)), token + 1);
        }
      }
    }
  }

  private static Style leastRecent(Map<Style, Integer> lastUse) {
    Style least = COLOURS[0];
    for (Style colour : COLOURS) {
      if (lastUse.getOrDefault(colour, 0) < lastUse.getOrDefault(least, 0)) {
        least = colour;
      }
    }
    return least;
  }

  /** How a feature is shown; null for one of a single token. */
  Style of(int feature) {
    return colours.get(feature);
  }

  /**
   * Half of the strongest activation: what is at least as much counts as strong. The first token is
   * left out where there are others: it is often beyond all measure.
   */
  static double strong(List<FeatureReader.Reading> readings) {
    double first = 0;
    double others = 0;
    for (FeatureReader.Reading reading : readings) {
      Features features = reading.features();
      double strongest = Arrays.stream(features.activations()).max().orElse(0);
      if (reading.position() == 0) {
        first = strongest;
      } else {
        others = Math.max(others, strongest);
      }
    }
    return (others > 0 ? others : first) / 2;
  }
}
