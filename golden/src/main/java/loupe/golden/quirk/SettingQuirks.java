package loupe.golden.quirk;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.LayerType;

/** Settings of the configuration that are read wrongly, hard-coded or left out. */
final class SettingQuirks {
  private SettingQuirks() {}

  static void addTo(Map<String, ModelChange> zoo) {
    addScales(zoo);
    addLayerTypes(zoo);
    addCaps(zoo);
    zoo.put("eps-hard-coded", ModelChange.config((b, c) -> b.rmsNormEps(1e-6)));
    zoo.put("theta-hard-coded", ModelChange.config((b, c) -> b.ropeTheta(10000)));
    zoo.put(
        "rope-width-from-hidden-size",
        ModelChange.config(
            (b, c) -> b.ropeTheta(power(c.ropeTheta(), (double) c.dHead() / perHead(c)))));
    zoo.put(
        "rope-exponent-without-two",
        ModelChange.config((b, c) -> b.ropeTheta(Math.sqrt(c.ropeTheta()))));
  }

  /** theta^(-2p/d) with another d is another theta. */
  private static double power(double theta, double exponent) {
    return StrictMath.pow(theta, exponent);
  }

  private static int perHead(Gemma2Config c) {
    return c.dModel() / c.nHeads();
  }

  private static void addScales(Map<String, ModelChange> zoo) {
    zoo.put("scale-from-head-dim", ModelChange.config((b, c) -> b.queryPreAttnScalar(c.dHead())));
    zoo.put(
        "scale-from-hidden-size", ModelChange.config((b, c) -> b.queryPreAttnScalar(perHead(c))));
    zoo.put("scale-144", ModelChange.config((b, c) -> b.queryPreAttnScalar(144)));
    zoo.put("scale-missing", ModelChange.config((b, c) -> b.queryPreAttnScalar(1)));
    zoo.put(
        "scale-without-root",
        ModelChange.config(
            (b, c) -> b.queryPreAttnScalar(c.queryPreAttnScalar() * c.queryPreAttnScalar())));
  }

  private static void addLayerTypes(Map<String, ModelChange> zoo) {
    zoo.put("parity-reversed", ModelChange.config((b, c) -> b.layerTypes(reversed(c))));
    zoo.put(
        "layer-types-ignored",
        ModelChange.config((b, c) -> b.layerTypes(Gemma2Config.alternating(c.nLayers()))));
    zoo.put(
        "window-on-all-layers",
        ModelChange.config((b, c) -> b.layerTypes(all(c, LayerType.SLIDING_ATTENTION))));
    zoo.put(
        "window-on-no-layer",
        ModelChange.config((b, c) -> b.layerTypes(all(c, LayerType.FULL_ATTENTION))));
    zoo.put("window-hard-coded", ModelChange.config((b, c) -> b.slidingWindow(4096)));
    zoo.put(
        "window-one-more", ModelChange.config((b, c) -> b.slidingWindow(c.slidingWindow() + 1)));
    zoo.put(
        "window-one-less",
        ModelChange.config((b, c) -> b.slidingWindow(Math.max(1, c.slidingWindow() - 1))));
  }

  private static List<LayerType> reversed(Gemma2Config c) {
    List<LayerType> types = new ArrayList<>();
    for (LayerType type : c.layerTypes()) {
      types.add(
          type == LayerType.FULL_ATTENTION
              ? LayerType.SLIDING_ATTENTION
              : LayerType.FULL_ATTENTION);
    }
    return types;
  }

  private static List<LayerType> all(Gemma2Config c, LayerType type) {
    return Collections.nCopies(c.nLayers(), type);
  }

  private static void addCaps(Map<String, ModelChange> zoo) {
    zoo.put("attn-cap-missing", ModelChange.config((b, c) -> b.attnSoftcap(0)));
    zoo.put("attn-cap-hard-coded", ModelChange.config((b, c) -> b.attnSoftcap(50)));
    zoo.put(
        "attn-cap-is-the-final-one", ModelChange.config((b, c) -> b.attnSoftcap(c.finalSoftcap())));
    zoo.put("final-cap-missing", ModelChange.config((b, c) -> b.finalSoftcap(0)));
    zoo.put("final-cap-hard-coded", ModelChange.config((b, c) -> b.finalSoftcap(30)));
    zoo.put(
        "final-cap-is-the-attention-one",
        ModelChange.config((b, c) -> b.finalSoftcap(c.attnSoftcap())));
    zoo.put(
        "null-caps-become-defaults",
        ModelChange.config(
            (b, c) ->
                b.attnSoftcap(c.attnSoftcap() == 0 ? 50 : c.attnSoftcap())
                    .finalSoftcap(c.finalSoftcap() == 0 ? 30 : c.finalSoftcap())));
  }
}
