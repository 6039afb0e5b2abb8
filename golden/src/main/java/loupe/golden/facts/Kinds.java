package loupe.golden.facts;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Which check does which kind of fact. */
final class Kinds {
  private static final Map<String, Check> ALL = new TreeMap<>();

  static {
    TokenizerFacts.addTo(ALL);
    ConfigFacts.addTo(ALL);
    StatedFacts.addTo(ALL);
    ActivationFacts.addTo(ALL);
    ProbabilityFacts.addTo(ALL);
    LensFacts.addTo(ALL);
    GenerationFacts.addTo(ALL);
    CorpusFacts.addTo(ALL);
    SteeringFacts.addTo(ALL);
    SaeWeightFacts.addTo(ALL);
    SaeFacts.addTo(ALL);
    SaeValueFacts.addTo(ALL);
    TranscoderFacts.addTo(ALL);
    InterventionFacts.addTo(ALL);
  }

  private Kinds() {}

  /** All kinds, sorted. */
  static Set<String> names() {
    return ALL.keySet();
  }

  static Check of(String kind) {
    return ALL.get(kind);
  }
}
