package loupe.golden.facts;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import loupe.gemma2.Gemma2;
import loupe.loaders.JsonObject;
import loupe.loaders.Tokenizer;
import loupe.reference.Tensor;
import loupe.sae.AttachedSae;
import loupe.sae.SaeMetrics;

/** Facts about one feature on a prompt. */
final class SaeValueFacts {
  private SaeValueFacts() {}

  static void addTo(Map<String, Check> kinds) {
    kinds.put("sae.feature_value", SaeValueFacts::value);
    kinds.put("transcoder.feature_value", SaeValueFacts::value);
    kinds.put("sae.dashboard", SaeValueFacts::dashboard);
  }

  private static void value(Fact fact, Verification v, Findings findings) {
    AttachedSae sae = v.sae(fact);
    int layer = sae.at().layer();
    String b = "blocks." + layer + ".";
    SaePass pass =
        SaePass.of(fact, v, findings, b + "mlp.hook_out", b + "mlp.hook_in", b + "hook_resid_mid");
    JsonObject e = fact.expected();
    double[] values = pass.feature(e.integer("feature"));
    int best = bestOf(values);
    if (e.has("values")) {
      findings.close("values", Numbers.doubles(e, "values"), values, fact.tolerance());
    }
    if (e.has("values_by_token")) {
      JsonObject byToken = e.object("values_by_token");
      for (String token : byToken.fields().keySet()) {
        int pos = position(token, pass, v);
        double ours = pos < 0 ? Double.NaN : values[pos];
        findings.close("at \"" + token + "\"", byToken.number(token), ours, fact.tolerance());
      }
    }
    if (e.has("max")) {
      findings.close("max", e.number("max"), values[best], fact.tolerance());
    }
    if (e.has("max_token")) {
      String token = TopTokens.text(v.tokenizer(), pass.ids()[best]);
      findings.equal("max_token", e.string("max_token"), token);
    }
    if (e.has("max_range")) {
      double[] range = Numbers.doubles(e, "max_range");
      boolean inside = values[best] >= range[0] && values[best] <= range[1];
      findings.holds("max", inside, values[best] + " is outside of " + Arrays.toString(range));
    }
    if (e.has("all_other_tokens")) {
      for (int pos = 1; pos < values.length; pos++) {
        if (pos != best) {
          findings.close(
              "at position " + pos, e.number("all_other_tokens"), values[pos], Tolerance.EXACT);
        }
      }
    }
    metrics(fact, pass, findings);
    controls(fact, pass, findings);
  }

  /**
   * The position of the strongest value; {@code <bos>}, where every feature may fire, is left out.
   */
  private static int bestOf(double[] values) {
    int best = Math.min(1, values.length - 1);
    for (int pos = 1; pos < values.length; pos++) {
      best = values[pos] > values[best] ? pos : best;
    }
    return best;
  }

  private static int position(String token, SaePass pass, Verification v) {
    for (int pos = 1; pos < pass.ids().length; pos++) {
      if (TopTokens.text(v.tokenizer(), pass.ids()[pos]).equals(token)) {
        return pos;
      }
    }
    return -1;
  }

  private static void metrics(Fact fact, SaePass pass, Findings findings) {
    JsonObject e = fact.expected();
    if (e.has("fvu")) {
      Tensor target = pass.target().rows(1, pass.ids().length);
      compare(fact, "", e, pass, pass.pass().at(pass.sae().at().input()), target, findings);
    }
  }

  private static void compare(
      Fact fact,
      String what,
      JsonObject e,
      SaePass pass,
      Tensor input,
      Tensor target,
      Findings findings) {
    Tensor features = pass.sae().features(input).rows(1, pass.ids().length);
    SaeMetrics metrics = new SaeMetrics(pass.sae().sae().dOut());
    metrics.add(features, target, pass.sae().decode(features));
    String part = what.isEmpty() ? "" : "control_";
    findings.close(
        what + "fvu",
        e.number("fvu"),
        metrics.fvu().orElse(Double.NaN),
        fact.tolerance(part + "fvu"));
    findings.close(
        what + "mean_l0",
        e.number("mean_l0"),
        metrics.l0().orElse(Double.NaN),
        fact.tolerance(part + "l0"));
  }

  /** What the SAE gives on tensors that it must not be given: shows which one is right. */
  private static void controls(Fact fact, SaePass pass, Findings findings) {
    JsonObject e = fact.expected();
    String b = "blocks." + pass.sae().at().layer() + ".";
    if (e.has("wrong_tensor_control")) {
      JsonObject control = e.object("wrong_tensor_control");
      if (!control.string("tensor").equals("MLP output before the post-feedforward norm")) {
        throw control.failure("tensor", "is no tensor that is known as a control");
      }
      Tensor raw = pass.pass().at(b + "mlp.hook_out");
      compare(fact, "control ", control, pass, raw, raw.rows(1, raw.dim(0)), findings);
      double[] values = SaePass.column(pass.sae().features(raw), e.integer("feature"));
      String key = "feature_" + e.integer("feature") + "_fires";
      boolean fires = Arrays.stream(values, 1, values.length).anyMatch(x -> x > 0);
      findings.equal(key, control.bool(key), fires);
    }
    if (e.has("wrong_tensor_controls")) {
      JsonObject controls = e.object("wrong_tensor_controls");
      for (String tensor : controls.fields().keySet()) {
        Tensor wrong = pass.pass().at(wrongTensor(tensor, b, controls));
        double[] values = SaePass.column(pass.sae().features(wrong), e.integer("feature"));
        double max = Arrays.stream(values, 1, values.length).max().orElse(Double.NaN);
        findings.close("max on the " + tensor, controls.number(tensor), max, fact.tolerance());
      }
    }
  }

  static String wrongTensor(String words, String block, JsonObject controls) {
    return switch (words) {
      case "norm output with gain" -> block + "mlp.hook_in";
      case "unnormalised residual" -> block + "hook_resid_mid";
      default -> throw controls.failure(words, "is no tensor that is known as a control");
    };
  }

  /** A dashboard's text: its pieces one by one, after {@code <bos>}. */
  private static void dashboard(Fact fact, Verification v, Findings findings) {
    AttachedSae sae = v.sae(fact);
    Gemma2 model = v.model(fact);
    Tokenizer tokenizer = v.tokenizer();
    JsonObject e = fact.expected();
    List<String> pieces = e.strings("pieces");
    int[] ids = new int[pieces.size() + 1];
    ids[0] = tokenizer.bosId().orElse(model.config().bosId());
    for (int i = 0; i < pieces.size(); i++) {
      OptionalInt id = tokenizer.id(pieces.get(i));
      if (id.isEmpty()) {
        findings.holds("piece " + i, false, "\"" + pieces.get(i) + "\" is not in the vocabulary");
        return;
      }
      ids[i + 1] = id.getAsInt();
    }
    double[] all = SaePass.of(model, ids, sae).feature(e.integer("feature"));
    double[] ours = Arrays.copyOfRange(all, 1, all.length);
    double[] published = new double[ours.length];
    JsonObject values = e.object("values_nonzero_by_piece_index");
    for (String index : values.fields().keySet()) {
      int at = Integer.parseInt(index);
      if (at >= published.length) {
        throw values.failure(index, "there are " + published.length + " pieces");
      }
      published[at] = values.number(index);
    }
    int best = SaeWeightFacts.largest(ours, 1)[0];
    findings.equal("piece with the largest value", e.integer("argmax_piece_index"), best);
    findings.close("max", e.number("max"), ours[best], fact.tolerance());
    double norm = Pass.norm(published);
    findings.close("size of all values", norm, Pass.norm(ours), fact.tolerance());
    double r = correlation(published, ours);
    findings.close("correlation with the published values", 1, r, fact.tolerance("correlation"));
  }

  private static double correlation(double[] a, double[] b) {
    double meanA = Arrays.stream(a).average().orElse(0);
    double meanB = Arrays.stream(b).average().orElse(0);
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += (a[i] - meanA) * (b[i] - meanB);
      aa += (a[i] - meanA) * (a[i] - meanA);
      bb += (b[i] - meanB) * (b[i] - meanB);
    }
    return ab / Math.sqrt(aa * bb);
  }
}
