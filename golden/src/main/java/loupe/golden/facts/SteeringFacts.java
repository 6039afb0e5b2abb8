package loupe.golden.facts;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.gemma2.Gemma2;
import loupe.gemma2.HookPoints;
import loupe.loaders.JsonObject;
import loupe.reference.Hook;
import loupe.reference.Tensor;

/** Facts about what happens to the next token when an activation is changed. */
final class SteeringFacts {
  private static final Pattern OTHER = Pattern.compile("same for \"([^\"]+)\"");
  private static final Pattern TARGET = Pattern.compile("\\bid (\\d+)");
  private static final Pattern AS = Pattern.compile("^as ([^ ,]+)");

  private SteeringFacts() {}

  static void addTo(Map<String, Check> kinds) {
    kinds.put("steering.residual_add", SteeringFacts::residualAdd);
    kinds.put("attention.knockout", SteeringFacts::knockout);
  }

  /** Adds the difference of two prompts' residual streams at the last position. */
  private static void residualAdd(Fact fact, Verification v, Findings findings) {
    Gemma2 model = v.model(fact);
    int[] ids = Prompts.ids(fact, v, findings);
    JsonObject e = fact.expected();
    String definition = definition(fact, v);
    Matcher other = OTHER.matcher(definition);
    Matcher target = TARGET.matcher(definition);
    if (!other.find() || !target.find()) {
      throw e.failure("definition", "names no other prompt, or no id");
    }
    int id = Integer.parseInt(target.group(1));
    int[] otherIds = Prompts.encode(v, other.group(1), fact.addBos());
    Steering steering = new Steering(model, ids, otherIds, id, fact, findings);
    if (e.has("baseline_p")) {
      findings.close(
          "baseline p", e.number("baseline_p"), steering.base.p(id), fact.tolerance("p"));
    }
    if (e.has("baseline_top5")) {
      List<TopTokens.Entry> top = TopTokens.read(e, "baseline_top5");
      TopTokens.compare("baseline", top, steering.base, v, findings, fact.tolerance("p"), false);
    }
    if (e.has("by_layer")) {
      for (double[] row : Numbers.rows(e, "by_layer")) {
        steering.compare((int) row[0], 1, row[1], row[2]);
      }
    }
    if (e.has("sweep_strength_p_kl")) {
      for (double[] row : Numbers.rows(e, "sweep_strength_p_kl")) {
        steering.compare(e.integer("layer"), row[0], row[1], row[2]);
      }
    }
  }

  private static String definition(Fact fact, Verification v) {
    String words = fact.expected().string("definition");
    Matcher as = AS.matcher(words);
    return as.find() ? v.facts().of(as.group(1)).expected().string("definition") : words;
  }

  /** One prompt, steered towards it from another. */
  private static final class Steering {
    private final Gemma2 model;
    private final int[] ids;
    private final int target;
    private final Fact fact;
    private final Findings findings;
    private final Pass here;
    private final Pass there;
    private final int otherLast;
    final Distribution base;

    Steering(Gemma2 model, int[] ids, int[] otherIds, int target, Fact fact, Findings findings) {
      this.model = model;
      this.ids = ids;
      this.target = target;
      this.fact = fact;
      this.findings = findings;
      String[] names =
          model.hookPoints().stream()
              .filter(name -> name.endsWith("hook_resid_post"))
              .toArray(String[]::new);
      this.here = Pass.of(model, ids, names);
      this.there = Pass.of(model, otherIds, names);
      this.otherLast = otherIds.length - 1;
      this.base = here.next();
    }

    void compare(int layer, double strength, double p, double divergence) {
      String name = HookPoints.Layer.of(layer).residPost();
      int last = ids.length - 1;
      double[] from = there.row(name, otherLast);
      double[] to = here.row(name, last);
      Hook edit =
          Edits.one(
              name,
              (value, rows) -> {
                double[] values = value.toDoubles();
                for (int i = 0; i < to.length; i++) {
                  values[last * to.length + i] += strength * (to[i] - from[i]);
                }
                return Edits.of(value, values);
              });
      Distribution steered = Pass.edited(model, ids, edit, List.of()).next();
      String what = "layer " + layer + " strength " + strength;
      findings.close(what + " p", p, steered.p(target), fact.tolerance("p"));
      findings.close(what + " KL", divergence, base.divergence(steered), fact.tolerance("kl"));
    }
  }

  /** Cuts one edge of attention in all heads of a layer: minus infinity before the softmax. */
  private static void knockout(Fact fact, Verification v, Findings findings) {
    Gemma2 model = v.model(fact);
    int[] ids = Prompts.ids(fact, v, findings);
    JsonObject e = fact.expected();
    int[] edge = Numbers.ints(e, "edge_query_key");
    if (!e.string("heads").equals("all") || edge[0] >= ids.length || edge[1] > edge[0]) {
      throw e.failure("is no edge of all heads within the prompt");
    }
    String pattern = HookPoints.Layer.of(e.integer("layer")).pattern();
    Hook edit = Edits.one(pattern, (value, rows) -> without(value, edge[0], edge[1]));
    Pass plain = Pass.of(model, ids, pattern);
    plain.at(pattern);
    Distribution base = plain.next();
    Distribution cut = Pass.edited(model, ids, edit, List.of()).next();
    findings.close("KL", e.number("kl_nats"), base.divergence(cut), fact.tolerance("kl"));
    List<TopTokens.Entry> changed = TopTokens.read(e, "top_changed");
    TopTokens.compare("baseline", changed, base, v, findings, fact.tolerance("p"), false);
    for (TopTokens.Entry entry : changed) {
      String what = "p(\"" + entry.text() + "\") without the edge";
      findings.close(what, entry.numbers()[1], cut.p(entry.id()), fact.tolerance("p"));
    }
    for (String key : e.fields().keySet()) {
      if (key.endsWith("_logit_diff")) {
        String word = key.substring(0, key.length() - "_logit_diff".length());
        List<TopTokens.Entry> meant =
            changed.stream().filter(t -> t.text().strip().equalsIgnoreCase(word)).toList();
        findings.holds(key, !meant.isEmpty(), "is about none of top_changed");
        for (TopTokens.Entry entry : meant) {
          double diff = base.logit(entry.id()) - cut.logit(entry.id());
          findings.close(key, e.number(key), diff, fact.tolerance("p"));
        }
      }
    }
  }

  /** The pattern without one key: what a softmax gives where that score is minus infinity. */
  private static Tensor without(Tensor pattern, int query, int key) {
    double[] p = pattern.toDoubles();
    int keys = pattern.dim(2);
    for (int head = 0; head < pattern.dim(0); head++) {
      int row = (head * pattern.dim(1) + query) * keys;
      double rest = Arrays.stream(p, row, row + keys).sum() - p[row + key];
      for (int k = 0; k < keys; k++) {
        p[row + k] = k == key ? 0 : p[row + k] / rest;
      }
    }
    return Edits.of(pattern, p);
  }
}
