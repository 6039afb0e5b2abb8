package loupe.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.sae.FeatureReader;
import loupe.sae.Features;

/** Colours by which the eye follows a feature through a text: those of several tokens have one. */
final class FeatureColours {
  private static final Style[] COLOURS = {
    Style.CYAN, Style.YELLOW, Style.GREEN, Style.MAGENTA, Style.BLUE, Style.RED
  };

  private final Map<Integer, Style> colours = new HashMap<>();
  private final double strong;

  /** For readings in the order of the text. The first token is often beyond all measure. */
  FeatureColours(List<FeatureReader.Reading> readings) {
    Map<Integer, Integer> tokens = new LinkedHashMap<>();
    double strongest = 0;
    for (FeatureReader.Reading reading : readings) {
      Features features = reading.features();
      for (int i = 0; i < features.count(); i++) {
        tokens.merge(features.ids()[i], 1, Integer::sum);
        if (reading.position() > 0) {
          strongest = Math.max(strongest, features.activations()[i]);
        }
      }
    }
    this.strong = strongest / 2;
    List<Integer> recurring = new ArrayList<>();
    tokens.forEach(
        (id, count) -> {
          if (count > 1) {
            recurring.add(id);
          }
        });
    recurring.sort(Comparator.comparing(tokens::get, Comparator.reverseOrder()));
    for (int i = 0; i < Math.min(COLOURS.length, recurring.size()); i++) {
      colours.put(recurring.get(i), COLOURS[i]);
    }
  }

  /** The colour of a feature; null for one without. */
  Style of(int feature) {
    return colours.get(feature);
  }

  /** Whether an activation is at least half of the strongest after the first token. */
  boolean isStrong(double activation) {
    return activation >= strong;
  }
}
