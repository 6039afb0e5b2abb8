package loupe.golden.facts;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import loupe.gemma2.Gemma2;
import loupe.loaders.JsonObject;
import loupe.sae.AttachedSae;
import loupe.sae.Catalogue;
import loupe.sae.SaeEntry;
import loupe.sae.Site;

/** Facts about all features of an SAE on a prompt, and about what it reconstructs. */
final class SaeFacts {
  /** The published counts are of activations above this. */
  private static final double COUNTED = 1;

  private SaeFacts() {}

  static void addTo(Map<String, Check> kinds) {
    kinds.put("sae.features", SaeFacts::features);
    kinds.put("sae.l0", SaeFacts::l0);
    kinds.put("sae.top_feature", SaeFacts::topFeature);
    kinds.put("sae.reconstruction", SaeFacts::reconstruction);
    kinds.put("sae.variance_explained", SaeFacts::varianceExplained);
    kinds.put("sae.summary", SaeFacts::summary);
  }

  private static void features(Fact fact, Verification v, Findings findings) {
    SaePass pass = SaePass.of(fact, v, findings);
    JsonObject e = fact.expected();
    Tolerance t = fact.tolerance();
    int last = pass.last();
    if (e.has("n_active_last")) {
      findings.equal("n_active_last", e.integer("n_active_last"), pass.above(last, 0));
    }
    strongest(e, "top_last", pass, last, findings, t);
    double[] input = pass.pass().row(pass.sae().at().input(), last);
    double[] output = pass.reconstruction().rows(last, last + 1).toDoubles();
    vector(e, "resid_last_first10", input, findings, t);
    vector(e, "decoded_last_first10", output, findings, t);
    number(e, "resid_last_norm", Pass.norm(input), findings, t);
    number(e, "feature_vector_last_norm", Pass.norm(pass.features(last)), findings, t);
    number(e, "decoded_last_norm", Pass.norm(output), findings, t);
    number(e, "mse_all_positions_including_bos", pass.mse(0), findings, t);
    if (e.has("top8_per_position")) {
      byPosition(e, pass, findings, t);
    }
    for (String key : e.fields().keySet()) {
      if (key.matches("feature_\\d+_activations")) {
        int feature = Integer.parseInt(key.replaceAll("\\D", ""));
        findings.close(key, Numbers.doubles(e, key), pass.feature(feature), t);
      }
    }
    if (e.has("threshold_min")) {
      SaeWeightFacts.thresholds(fact, pass.sae().sae().weights(), findings);
    }
    if (e.has("position")) {
      atPosition(fact, v, pass, findings);
    }
  }

  private static void byPosition(JsonObject e, SaePass pass, Findings findings, Tolerance t) {
    List<?> positions = e.list("top8_per_position");
    findings.equal("number of positions", positions.size(), pass.ids().length);
    for (int pos = 0; pos < Math.min(positions.size(), pass.ids().length); pos++) {
      JsonObject one =
          new JsonObject(e.file(), e.path(), Map.of("position " + pos, positions.get(pos)));
      strongest(one, "position " + pos, pass, pos, findings, t);
    }
  }

  private static void atPosition(Fact fact, Verification v, SaePass pass, Findings findings) {
    JsonObject e = fact.expected();
    Tolerance t = fact.tolerance();
    int position = e.integer("position");
    if (position >= pass.ids().length) {
      findings.holds("position " + position, false, "is beyond the prompt");
      return;
    }
    findings.equal("token", e.string("token"), TopTokens.text(v.tokenizer(), pass.ids()[position]));
    findings.close("l0", e.number("l0"), pass.above(position, 0), fact.tolerance("l0"));
    strongest(e, "top16", pass, position, findings, t);
    JsonObject residual = e.object("residual");
    double[] row = pass.pass().row(pass.sae().at().input(), position);
    vector(residual, "first_48", row, findings, t);
    number(residual, "norm", Pass.norm(row), findings, t);
    number(residual, "min", Arrays.stream(row).min().orElseThrow(), findings, t);
    number(residual, "max", Arrays.stream(row).max().orElseThrow(), findings, t);
  }

  /** Published pairs of feature and activation, and that no other feature is stronger. */
  private static void strongest(
      JsonObject e, String key, SaePass pass, int position, Findings findings, Tolerance t) {
    if (!e.has(key)) {
      return;
    }
    double[] features = pass.features(position);
    List<double[]> published = Numbers.rows(e, key);
    int[] best = SaeWeightFacts.largest(features, published.size());
    for (int i = 0; i < published.size(); i++) {
      int feature = (int) published.get(i)[0];
      double value = feature < features.length ? features[feature] : Double.NaN;
      findings.close(key + " feature " + feature, published.get(i)[1], value, t);
      findings.close(key + " rank " + i, published.get(i)[1], features[best[i]], t);
    }
  }

  private static void vector(
      JsonObject e, String key, double[] values, Findings findings, Tolerance t) {
    if (e.has(key)) {
      double[] published = Numbers.doubles(e, key);
      findings.close(key, published, Arrays.copyOf(values, published.length), t);
    }
  }

  private static void number(
      JsonObject e, String key, double value, Findings findings, Tolerance t) {
    if (e.has(key)) {
      findings.close(key, e.number(key), value, t);
    }
  }

  private static void l0(Fact fact, Verification v, Findings findings) {
    SaePass pass = SaePass.of(fact, v, findings);
    JsonObject e = fact.expected();
    String counts = "count_of_activations_above_1_per_position";
    if (e.has(counts)) {
      double[] published = Numbers.doubles(e, counts);
      findings.equal("number of positions", published.length, pass.ids().length);
      for (int pos = 0; pos < Math.min(published.length, pass.ids().length); pos++) {
        Tolerance t = fact.tolerance(pos == 0 ? "bos" : "count");
        findings.close("count at position " + pos, published[pos], pass.above(pos, COUNTED), t);
      }
    }
    if (e.has("mean_l0_jumprelu")) {
      double plain = 0;
      for (int pos = 1; pos < pass.ids().length; pos++) {
        plain += DoubleStream.of(pass.pre(pos)).filter(u -> u > 0).count();
      }
      findings.close(
          "mean L0", e.number("mean_l0_jumprelu"), pass.meanL0(1), fact.tolerance("mean_l0"));
      findings.close(
          "mean L0 of a plain ReLU",
          e.number("mean_l0_plain_relu"),
          plain / pass.last(),
          fact.tolerance("plain"));
    }
  }

  private static void topFeature(Fact fact, Verification v, Findings findings) {
    SaePass pass = SaePass.of(fact, v, findings);
    int[] published = Numbers.ints(fact.expected(), "argmax_feature_per_position");
    findings.equal("number of positions", published.length, pass.ids().length);
    for (int pos = 0; pos < Math.min(published.length, pass.ids().length); pos++) {
      int best = SaeWeightFacts.largest(pass.features(pos), 1)[0];
      findings.equal("strongest feature at position " + pos, published[pos], best);
    }
  }

  private static void reconstruction(Fact fact, Verification v, Findings findings) {
    SaePass pass = SaePass.of(fact, v, findings);
    double published = fact.expected().number("mse_excluding_bos");
    findings.close("mse_excluding_bos", published, pass.mse(1), fact.tolerance());
  }

  private static void varianceExplained(Fact fact, Verification v, Findings findings) {
    SaePass pass = SaePass.of(fact, v, findings);
    double value = pass.explainedVariance(1);
    findings.close("variance explained", fact.expected().number("value"), value, fact.tolerance());
  }

  /** The canonical SAE of the residual stream in every layer. */
  private static void summary(Fact fact, Verification v, Findings findings) {
    Gemma2 model = v.model(fact);
    int layers = model.config().nLayers();
    AttachedSae[] saes = new AttachedSae[layers];
    for (int layer = 0; layer < layers; layer++) {
      saes[layer] = v.subject().sae(residualSae(fact, layer));
    }
    int[] ids = Prompts.ids(fact, v, findings);
    JsonObject e = fact.expected();
    double l0 = 0;
    double[] explained = new double[layers];
    double bosL0 = 0;
    double bosTop = 0;
    for (int layer = 0; layer < layers; layer++) {
      SaePass pass = SaePass.of(model, ids, saes[layer]);
      l0 += pass.meanL0(1) / layers;
      explained[layer] = pass.explainedVariance(1);
      bosL0 = Math.max(bosL0, pass.above(0, 0));
      bosTop = Math.max(bosTop, Arrays.stream(pass.features(0)).max().orElseThrow());
      String prefix = "layer" + layer + "_";
      number(e, prefix + "mean_l0", pass.meanL0(1), findings, fact.tolerance());
      number(
          e, prefix + "mean_explained_variance", explained[layer], findings, fact.tolerance("ev"));
      if (e.has(prefix + "min_explained_variance")) {
        findings.holds(
            prefix + "min_explained_variance",
            explained[layer] >= e.number(prefix + "min_explained_variance"),
            "the mean of the layer is " + explained[layer]);
      }
    }
    number(e, "mean_l0_over_%d_layers".formatted(layers), l0, findings, fact.tolerance());
    double mean = Arrays.stream(explained).average().orElseThrow();
    number(e, "mean_explained_variance", mean, findings, fact.tolerance("ev"));
    double[] range = Numbers.doubles(e, "explained_variance_range_by_layer");
    double low = Arrays.stream(explained).min().orElseThrow();
    double high = Arrays.stream(explained).max().orElseThrow();
    findings.close("lowest variance", range[0], low, fact.tolerance("ev"));
    findings.close("highest variance", range[1], high, fact.tolerance("ev"));
    number(e, "bos_l0", bosL0, findings, fact.tolerance("bos"));
    number(e, "bos_top_activation", bosTop, findings, fact.tolerance("bos"));
  }

  /** Gemma Scope's canonical one, or what a fact names as {@code .../layer_L/...}. */
  private static String residualSae(Fact fact, int layer) {
    if (fact.sae().isPresent()) {
      return Verification.saeId(fact).replace("layer_L", "layer_" + layer);
    }
    SaeEntry entry =
        Catalogue.gemmaScope()
            .resolve("gemma-scope-2b-pt-res/layer_%d/width_16k/canonical".formatted(layer));
    if (entry.at().site() != Site.RES) {
      throw new IllegalStateException(entry.id());
    }
    return entry.id();
  }
}
