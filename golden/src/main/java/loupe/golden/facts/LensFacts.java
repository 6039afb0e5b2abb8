package loupe.golden.facts;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import loupe.gemma2.Gemma2;
import loupe.gemma2.HookPoints;
import loupe.loaders.JsonObject;
import loupe.reference.Arithmetic;
import loupe.reference.Tensor;

/** Facts about what a residual stream says when it is read as if it were the last one. */
final class LensFacts {
  private LensFacts() {}

  static void addTo(Map<String, Check> kinds) {
    kinds.put("final_lens.uncapped", LensFacts::finalUncapped);
    kinds.put("logit_lens.uncapped", LensFacts::finalNorm);
    kinds.put("logit_lens.next_norm", LensFacts::nextNorm);
  }

  /** The final logits before their soft cap. */
  private static void finalUncapped(Fact fact, Verification v, Findings findings) {
    int[] ids = Prompts.ids(fact, v, findings);
    Pass pass = Pass.of(v.model(fact), ids, HookPoints.LOGITS_RAW);
    Tensor raw = pass.at(HookPoints.LOGITS_RAW);
    JsonObject e = fact.expected();
    if (e.has("positions")) {
      for (JsonObject entry : e.objects("positions")) {
        int pos = entry.integer("pos");
        if (v.subject().tokenizer().isPresent()) {
          String token = TopTokens.text(v.tokenizer(), ids[Math.min(pos, ids.length - 1)]);
          findings.equal("token " + pos, entry.string("token"), token);
        }
        Distribution d = new Distribution(raw, Math.min(pos, ids.length - 1));
        TopTokens.compare(
            "position " + pos,
            TopTokens.read(entry, "top"),
            d,
            v,
            findings,
            fact.tolerance(),
            true);
        findings.close(
            "entropy at position " + pos,
            entry.number("entropy_bits"),
            d.entropyBits(),
            fact.tolerance("entropy"));
      }
      return;
    }
    Distribution d = new Distribution(raw, ids.length - 1);
    Distribution capped = pass.next();
    List<TopTokens.Entry> top = TopTokens.read(e, "top");
    TopTokens.compare("uncapped", top, d, v, findings, fact.tolerance(), true);
    Tolerance entropy = fact.tolerance("entropy");
    findings.close(
        "capped entropy", e.number("capped_entropy_bits"), capped.entropyBits(), entropy);
    double divergence = Distribution.bits(d.divergence(capped));
    findings.close("KL", e.number("kl_uncapped_to_capped_bits"), divergence, entropy);
    int[] best = d.top(2);
    double gap = d.logit(best[0]) - d.logit(best[1]);
    findings.close("gap of the first two", e.number("top2_logit_gap"), gap, entropy);
  }

  /** Each residual stream through the final norm and the unembedding. */
  private static void finalNorm(Fact fact, Verification v, Findings findings) {
    Gemma2 model = v.model(fact);
    int[] ids = Prompts.ids(fact, v, findings);
    List<JsonObject> layers = fact.expected().objects("layers");
    List<String> names = new ArrayList<>();
    layers.forEach(l -> names.add(HookPoints.Layer.of(l.integer("layer")).residPost()));
    Pass pass = Pass.of(model, ids, names.toArray(String[]::new));
    for (int i = 0; i < layers.size(); i++) {
      Tensor residual = pass.at(names.get(i)).rows(ids.length - 1, ids.length);
      Arithmetic a = model.arithmetic();
      Tensor normed =
          a.gain(a.normalize(residual, model.config().rmsNormEps()), model.weights().finalNorm());
      Distribution d = new Distribution(a.project(normed, model.weights().unembed()), 0);
      List<TopTokens.Entry> top = TopTokens.read(layers.get(i), "top");
      String what = "layer " + layers.get(i).integer("layer");
      TopTokens.compare(what, top, d, v, findings, fact.tolerance(), false);
    }
  }

  /** Each residual stream through the norm that comes next in the model. */
  private static void nextNorm(Fact fact, Verification v, Findings findings) {
    Gemma2 model = v.model(fact);
    int[] ids = Prompts.ids(fact, v, findings);
    int n = model.config().nLayers();
    List<JsonObject> rows = fact.expected().objects("layers");
    findings.equal("number of rows", rows.size(), n + 1);
    List<String> names = new ArrayList<>();
    for (JsonObject row : rows) {
      int layer = row.integer("row");
      names.add(layer < n ? HookPoints.Layer.of(layer).attnIn() : HookPoints.UNEMBED_IN);
    }
    Pass pass = Pass.of(model, ids, names.toArray(String[]::new));
    for (int i = 0; i < rows.size(); i++) {
      Tensor normed = pass.at(names.get(i)).rows(ids.length - 1, ids.length);
      Distribution d =
          new Distribution(model.arithmetic().project(normed, model.weights().unembed()), 0);
      List<TopTokens.Entry> top = TopTokens.read(rows.get(i), "top");
      String what = "row " + rows.get(i).integer("row");
      TopTokens.compare(what, top.subList(0, 1), d, v, findings, fact.tolerance(), false);
      TopTokens.compare(
          what, top.subList(1, top.size()), d, v, findings, fact.tolerance("others"), false);
      findings.close(
          what + " entropy",
          rows.get(i).number("entropy_bits"),
          d.entropyBits(),
          fact.tolerance("entropy"));
    }
  }
}
