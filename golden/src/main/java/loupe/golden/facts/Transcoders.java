package loupe.golden.facts;

import java.util.HashMap;
import java.util.Map;
import loupe.loaders.JsonObject;
import loupe.sae.AttachedSae;

/**
 * The transcoders of a fact about several layers: those of the set's fact of kind {@code
 * transcoder.set}, or what the fact names with {@code layer_L} in place of the layer.
 */
final class Transcoders {
  private static final String RELEASED =
      "gemma-scope-2b-pt-transcoders/layer_%d/width_16k/average_l0_%d";

  private final Verification v;
  private final Fact fact;
  private final Map<Integer, AttachedSae> open = new HashMap<>();

  Transcoders(Verification v, Fact fact) {
    this.v = v;
    this.fact = fact;
  }

  AttachedSae of(int layer) {
    return open.computeIfAbsent(layer, l -> v.subject().sae(id(l)));
  }

  private String id(int layer) {
    if (fact.sae().isPresent()) {
      return Verification.saeId(fact).replace("layer_L", "layer_" + layer);
    }
    Fact set =
        v.facts().all().stream()
            .filter(f -> f.kind().equals("transcoder.set"))
            .findFirst()
            .orElseThrow(
                () -> new NotApplicable("names no transcoders, and the set has no transcoder.set"));
    JsonObject l0s = set.expected().object("layer_to_average_l0");
    return RELEASED.formatted(layer, l0s.integer(String.valueOf(layer)));
  }
}
