package loupe.golden.facts;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import loupe.gemma2.Gemma2;
import loupe.golden.facts.TranscoderFacts.Place;
import loupe.loaders.JsonObject;

/** Facts about what a model says when features of its transcoders are set. */
final class InterventionFacts {
  /** Continuations are published to their end, not to a number of tokens. */
  private static final int SPARE_TOKENS = 2;

  private InterventionFacts() {}

  static void addTo(Map<String, Check> kinds) {
    kinds.put("transcoder.intervention", InterventionFacts::next);
    kinds.put("transcoder.intervention_generate", InterventionFacts::generate);
  }

  private static void next(Fact fact, Verification v, Findings findings) {
    Gemma2 model = v.model(fact);
    Transcoders transcoders = new Transcoders(v, fact);
    int[] ids = Prompts.ids(fact, v, findings);
    Interventions interventions = new Interventions(fact, v, transcoders, ids.length);
    List<Interventions.Setting> settings = interventions.read();
    SteeredPass steering =
        new SteeredPass(model, ids, settings, transcoders, SteeredPass.Frozen.PATTERNS);
    Distribution base = Pass.of(model, ids).next();
    Distribution steered = Pass.edited(model, ids, steering, List.of()).next();
    JsonObject e = fact.expected();
    Tolerance t = fact.tolerance();
    if (e.has("baseline_top5")) {
      top(e, "baseline_top5", base, v, findings, t);
      top(e, "steered_top5", steered, v, findings, t);
    }
    if (e.has("target")) {
      TopTokens.Entry target = TopTokens.readOne(e, "target");
      findings.equal(
          "token " + target.id(), target.text(), TopTokens.text(v.tokenizer(), target.id()));
      findings.close("baseline_prob", e.number("baseline_prob"), base.p(target.id()), t);
      findings.close("steered_prob", e.number("steered_prob"), steered.p(target.id()), t);
      if (e.has("steered_prob_all_layers_constrained")) {
        SteeredPass linear =
            new SteeredPass(model, ids, settings, transcoders, SteeredPass.Frozen.ALL);
        double p = Pass.edited(model, ids, linear, List.of()).next().p(target.id());
        findings.close("p, all else frozen", e.number("steered_prob_all_layers_constrained"), p, t);
      }
    }
    fractions(fact, v, interventions, steering, findings);
  }

  private static void top(
      JsonObject e, String key, Distribution d, Verification v, Findings findings, Tolerance t) {
    List<TopTokens.Entry> entries = TopTokens.read(e, key);
    int[] ids = TopTokens.ids(entries, d, Optional.of(v.tokenizer()), true);
    for (int i = 0; i < ids.length; i++) {
      String what = key + " p(\"" + entries.get(i).text() + "\")";
      double p = ids[i] < 0 ? Double.NaN : d.p(ids[i]);
      findings.close(what, entries.get(i).numbers()[0], p, t);
    }
  }

  /** Mean over a group of what is left of each feature's activation. */
  private static void fractions(
      Fact fact,
      Verification v,
      Interventions interventions,
      SteeredPass steering,
      Findings findings) {
    Optional<JsonObject> groups =
        fact.expected().fields().get("interventions") instanceof Map
            ? Optional.of(fact.expected().object("interventions"))
            : Optional.empty();
    if (groups.isEmpty() || !groups.get().has("resulting_group_activation_fraction")) {
      return;
    }
    JsonObject fractions = groups.get().object("resulting_group_activation_fraction");
    Fact own = v.facts().of(groups.get().string("groups_of"));
    for (String group : fractions.fields().keySet()) {
      Fact listed = own.expected().object("groups").has(group) ? own : otherWith(group, v, fact);
      double sum = 0;
      List<Place> places = Interventions.places(listed, group);
      for (Place p : places) {
        double before =
            interventions.activation(listed.requirePrompt(), p.layer(), p.feature(), p.position());
        sum += steering.activation(p.layer(), p.feature(), p.position()) / before;
      }
      double fraction = sum / places.size();
      findings.close("activation of " + group, fractions.number(group), fraction, fact.tolerance());
    }
  }

  /** The fact that a set refers to, where the group is not one of the prompt's own. */
  private static Fact otherWith(String group, Verification v, Fact fact) {
    for (JsonObject set : fact.expected().object("interventions").objects("set")) {
      String words = set.string("group");
      int of = words.lastIndexOf(" of ");
      if (of >= 0) {
        Fact other = v.facts().of(words.substring(of + 4).split(" ")[0]);
        if (other.expected().object("groups").has(group)) {
          return other;
        }
      }
    }
    // Groups of a prompt about the same thing.
    return v.facts().all().stream()
        .filter(f -> f.kind().equals("transcoder.active_features"))
        .filter(f -> f.expected().object("groups").has(group))
        .findFirst()
        .orElseThrow(() -> fact.expected().failure("no fact has a group " + group));
  }

  private static void generate(Fact fact, Verification v, Findings findings) {
    Gemma2 model = v.model(fact);
    Transcoders transcoders = new Transcoders(v, fact);
    int[] ids = Prompts.ids(fact, v, findings);
    List<Interventions.Setting> settings =
        new Interventions(fact, v, transcoders, ids.length).read();
    SteeredPass steering =
        new SteeredPass(model, ids, settings, transcoders, SteeredPass.Frozen.PATTERNS);
    String published = fact.expected().string("continuation");
    int most = Prompts.encode(v, published, false).length + SPARE_TOKENS;
    Set<Integer> stop = v.subject().eosIds();
    String text = v.tokenizer().decode(Prompts.greedy(model, ids, most, stop, steering));
    GenerationFacts.compare(published, text, false, findings);
  }
}
