package loupe.golden.facts;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import loupe.gemma2.Gemma2;
import loupe.gemma2.HookPoints;
import loupe.loaders.JsonObject;
import loupe.reference.Tensor;

/** Facts about embeddings, residual streams and attention. */
final class ActivationFacts {
  private ActivationFacts() {}

  static void addTo(Map<String, Check> kinds) {
    kinds.put("embedding.scaled", ActivationFacts::embedding);
    kinds.put("residual_norm", ActivationFacts::residualNorm);
    kinds.put("attention.weights", ActivationFacts::attention);
  }

  /** The embedding's rows times the published scale: some programs round it. */
  private static void embedding(Fact fact, Verification v, Findings findings) {
    Gemma2 model = v.model(fact);
    int[] ids = Prompts.ids(fact, v, findings);
    Tensor rows = model.arithmetic().embed(model.weights().embedTokens(), ids);
    double scale = fact.expected().number("scale");
    double root = Math.sqrt(model.config().dModel());
    findings.close("scale", scale, root, Tolerances.ROOT);
    for (JsonObject entry : fact.expected().objects("per_position")) {
      int position = entry.integer("position");
      double[] row = rows.rows(position, position + 1).toDoubles();
      for (int i = 0; i < row.length; i++) {
        row[i] *= scale;
      }
      for (String key : List.of("first_3_dims", "last_3_dims")) {
        double[] published = Numbers.doubles(entry, key);
        int from = key.startsWith("first") ? 0 : row.length - published.length;
        findings.close(
            "position " + position + " " + key,
            published,
            Arrays.copyOfRange(row, from, from + published.length),
            fact.tolerance());
      }
    }
  }

  private static void residualNorm(Fact fact, Verification v, Findings findings) {
    Gemma2 model = v.model(fact);
    int[] ids = Prompts.ids(fact, v, findings);
    int last = ids.length - 1;
    int layers = model.config().nLayers();
    List<String> names = new ArrayList<>(List.of(HookPoints.EMBED));
    IntStream.range(0, layers)
        .mapToObj(HookPoints.Layer::of)
        .forEach(l -> names.addAll(List.of(l.residPost(), l.mlpOut())));
    Pass pass = Pass.of(model, ids, names.toArray(String[]::new));
    JsonObject e = fact.expected();
    if (e.has("last_position")) {
      findings.equal("last position", e.integer("last_position"), last);
    }
    if (e.has("norms")) {
      double[] norms = new double[layers + 1];
      norms[0] = Pass.norm(pass.row(HookPoints.EMBED, last));
      for (int layer = 0; layer < layers; layer++) {
        norms[layer + 1] = Pass.norm(pass.row(HookPoints.Layer.of(layer).residPost(), last));
      }
      findings.close("norms", Numbers.doubles(e, "norms"), norms, fact.tolerance());
    }
    if (e.has("edge_norms")) {
      for (String layer : e.object("edge_norms").fields().keySet()) {
        JsonObject edge = e.object("edge_norms").object(layer);
        int l = Integer.parseInt(layer);
        String before = l == 0 ? HookPoints.EMBED : HookPoints.Layer.of(l - 1).residPost();
        double in = Pass.norm(pass.row(before, last));
        double out = Pass.norm(pass.row(HookPoints.Layer.of(l).mlpOut(), last));
        String name = "layer " + layer;
        findings.close(name + " resid_in", edge.number("resid_in"), in, fact.tolerance());
        findings.close(name + " mlp_out", edge.number("mlp_out"), out, fact.tolerance());
      }
    }
  }

  private static void attention(Fact fact, Verification v, Findings findings) {
    Gemma2 model = v.model(fact);
    int[] ids = Prompts.ids(fact, v, findings);
    JsonObject e = fact.expected();
    int query = e.integer("query_position");
    int key = e.integer("key_position");
    List<double[]> published = Numbers.rows(e, "weights_by_layer");
    findings.equal("number of layers", published.size(), model.config().nLayers());
    findings.holds("positions", query < ids.length && key <= query, "outside of the prompt");
    String[] names =
        IntStream.range(0, model.config().nLayers())
            .mapToObj(layer -> HookPoints.Layer.of(layer).pattern())
            .toArray(String[]::new);
    Pass pass = Pass.of(model, ids, names);
    for (int layer = 0; layer < Math.min(names.length, published.size()); layer++) {
      Tensor pattern = pass.at(names[layer]);
      double[] weights = new double[model.config().nHeads()];
      for (int head = 0; query < ids.length && key < ids.length && head < weights.length; head++) {
        weights[head] = pattern.get((head * pattern.dim(1) + query) * pattern.dim(2) + key);
      }
      findings.close("layer " + layer + " head", published.get(layer), weights, fact.tolerance());
    }
  }
}
