package loupe.golden.facts;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.gemma2.Gemma2;
import loupe.gemma2.HookPoints;
import loupe.loaders.JsonObject;
import loupe.reference.Tensor;

/** Facts about logits and what comes next. */
final class ProbabilityFacts {
  private static final Pattern LOGITS =
      Pattern.compile("logits_of_(?:ids|padded_rows)((?:_\\d+)+)");

  private ProbabilityFacts() {}

  static void addTo(Map<String, Check> kinds) {
    kinds.put("logits.capped", ProbabilityFacts::logits);
    kinds.put("next_token_probs", ProbabilityFacts::next);
    kinds.put("next_token_probs.temperature", ProbabilityFacts::atTemperature);
    kinds.put("noise", ProbabilityFacts::noise);
  }

  private static void logits(Fact fact, Verification v, Findings findings) {
    Gemma2 model = v.model(fact);
    int[] ids = Prompts.ids(fact, v, findings);
    Tensor logits = Pass.of(model, ids, HookPoints.LOGITS).at(HookPoints.LOGITS);
    int vocabulary = model.config().dVocab();
    for (JsonObject entry : fact.expected().objects("per_position")) {
      int position = entry.integer("position");
      for (String key : entry.fields().keySet()) {
        Matcher listed = LOGITS.matcher(key);
        if (!listed.matches()) {
          continue;
        }
        String[] columns = listed.group(1).substring(1).split("_");
        double[] published = Numbers.doubles(entry, key);
        for (int i = 0; i < columns.length; i++) {
          int id = Integer.parseInt(columns[i]);
          if (id < vocabulary) {
            String name = "logit of " + id + " at position " + position;
            double ours = logits.get(position * vocabulary + id);
            findings.close(name, published[i], ours, fact.tolerance());
          } else if (position == 0) {
            findings.leaveOut("row " + id + ", which this checkpoint has not");
          }
        }
      }
    }
  }

  private static void next(Fact fact, Verification v, Findings findings) {
    int[] ids = Prompts.ids(fact, v, findings);
    Distribution d = Pass.of(v.model(fact), ids).next();
    JsonObject e = fact.expected();
    List<TopTokens.Entry> top = TopTokens.read(e, "top");
    TopTokens.compare("next", top, d, v, findings, fact.tolerance(), false);
    int first = TopTokens.ids(top, d, v.subject().tokenizer(), false)[0];
    if (e.has("top1")) {
      TopTokens.Entry best = TopTokens.readOne(e, "top1");
      TopTokens.compare("top", List.of(best), d, v, findings, fact.tolerance(), false);
      findings.equal("most probable id", best.id(), d.top(1)[0]);
    }
    if (e.has("entropy_bits")) {
      findings.close(
          "entropy_bits", e.number("entropy_bits"), d.entropyBits(), fact.tolerance("entropy"));
    }
    if (e.has("log_prob")) {
      findings.close("log_prob", e.number("log_prob"), d.logP(first), fact.tolerance("log"));
    }
    if (e.has("second_implementation")) {
      JsonObject second = e.object("second_implementation");
      findings.close("second prob", second.number("prob"), d.p(first), fact.tolerance());
      findings.close(
          "second log_prob", second.number("log_prob"), d.logP(first), fact.tolerance("log"));
    }
    if (e.has("logit_capped")) {
      findings.close(
          "logit_capped", e.number("logit_capped"), d.logit(first), fact.tolerance("logit"));
    }
  }

  private static void atTemperature(Fact fact, Verification v, Findings findings) {
    JsonObject e = fact.expected();
    double temperature = e.number("temperature");
    int[] ids = Prompts.ids(fact, v, findings);
    Distribution d = Pass.of(v.model(fact), ids).next().at(temperature);
    Tolerance tolerance = fact.tolerance(temperature < 1 ? "cold" : "hot");
    TopTokens.compare("next", TopTokens.read(e, "top"), d, v, findings, tolerance, false);
    if (e.has("entropy_bits")) {
      findings.close("entropy_bits", e.number("entropy_bits"), d.entropyBits(), tolerance);
    }
  }

  /** Runs in several arithmetics, by model size: each within what its precision allows. */
  private static void noise(Fact fact, Verification v, Findings findings) {
    Gemma2 model = v.model(fact);
    JsonObject e = fact.expected();
    String name = v.subject().modelNames().stream().filter(e::has).findFirst().orElse(null);
    String size = name != null ? name : Verification.releasedShape(model.config());
    if (!e.has(size)) {
      throw new NotApplicable("says nothing about a model of this size");
    }
    Distribution d = Pass.of(model, Prompts.ids(fact, v, findings)).next();
    JsonObject runs = e.object(size);
    List<String> columns = e.strings("columns");
    for (String run : runs.fields().keySet()) {
      double[] published = Numbers.doubles(runs, run);
      Tolerance tolerance = fact.tolerance(run.replaceFirst(" .*", ""));
      for (int i = 0; i < columns.size(); i++) {
        // Such as p(" Berlin").
        String text = columns.get(i).replaceFirst("^p\\(\"", "").replaceFirst("\"\\)$", "");
        TopTokens.Entry entry =
            new TopTokens.Entry(-1, text.replace("\\\"", "\""), new double[] {published[i]});
        int id = TopTokens.ids(List.of(entry), d, Optional.of(v.tokenizer()), false)[0];
        double p = id < 0 ? Double.NaN : d.p(id);
        findings.close(run + " " + columns.get(i), published[i], p, tolerance);
      }
    }
  }
}
