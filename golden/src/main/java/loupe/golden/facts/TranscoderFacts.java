package loupe.golden.facts;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.gemma2.Gemma2;
import loupe.loaders.JsonObject;
import loupe.reference.Tensor;
import loupe.sae.AttachedSae;
import loupe.sae.JumpReluSae;
import loupe.sae.SaeMetrics;

/** Facts about transcoders. */
final class TranscoderFacts {
  private static final Pattern RANDN =
      Pattern.compile("torch\\.manual_seed\\((\\d+)\\); torch\\.randn\\((\\d+)\\).*");

  /** A feature may miss its threshold by this much where the published run was in bfloat16. */
  private static final double NEAR = 0.9;

  private TranscoderFacts() {}

  static void addTo(Map<String, Check> kinds) {
    kinds.put("transcoder.encode", TranscoderFacts::encode);
    kinds.put("transcoder.active_features", TranscoderFacts::active);
    kinds.put("transcoder.quality", TranscoderFacts::quality);
  }

  /** Random inputs that anybody can make again; needs the transcoder, no model. */
  private static void encode(Fact fact, Verification v, Findings findings) {
    JumpReluSae sae = v.sae(fact).sae();
    JsonObject e = fact.expected();
    Matcher randn = RANDN.matcher(e.string("input"));
    if (!randn.matches()) {
      throw e.failure("input", "must be such as torch.manual_seed(0); torch.randn(2304)");
    }
    double[] input =
        new TorchRandom(Long.parseLong(randn.group(1))).normal(Integer.parseInt(randn.group(2)));
    double[] first = Numbers.doubles(e, "input_first4");
    findings.close("input", first, Arrays.copyOf(input, first.length), fact.tolerance("input"));
    if (input.length != sae.dIn()) {
      findings.equal("d_in", input.length, sae.dIn());
      return;
    }
    Tensor row = sae.arithmetic().tensor(input, 1, input.length);
    double[] features = sae.encode(row).features().toDoubles();
    long active = Arrays.stream(features).filter(f -> f > 0).count();
    findings.close("n_active", e.number("n_active"), active, fact.tolerance("n_active"));
    for (double[] pair : Numbers.rows(e, "top10")) {
      double ours = pair[0] < features.length ? features[(int) pair[0]] : Double.NaN;
      findings.close("feature " + (int) pair[0], pair[1], ours, fact.tolerance());
    }
  }

  /** Features of several layers that must be on at given positions. */
  private static void active(Fact fact, Verification v, Findings findings) {
    Gemma2 model = v.model(fact);
    Transcoders transcoders = new Transcoders(v, fact);
    JsonObject groups = fact.expected().object("groups");
    Map<Integer, SaePass> passes = new TreeMap<>();
    int[] ids = Prompts.ids(fact, v, findings);
    for (String group : groups.fields().keySet()) {
      for (String text : groups.strings(group)) {
        Place place = Place.parse(text, groups);
        AttachedSae sae = transcoders.of(place.layer());
        SaePass pass = passes.computeIfAbsent(place.layer(), layer -> SaePass.of(model, ids, sae));
        if (place.position() >= ids.length || place.feature() >= sae.sae().dSae()) {
          findings.holds(group + " " + text, false, "there is no such feature or position");
          continue;
        }
        double pre = pass.pre(place.position())[place.feature()];
        double[] threshold = new double[1];
        sae.sae().weights().threshold().stored().read(place.feature(), threshold, 0, 1);
        findings.holds(
            group + " " + text,
            pre > NEAR * threshold[0],
            "its pre-activation %.4g is below its threshold %.4g".formatted(pre, threshold[0]));
      }
    }
  }

  /**
   * A feature at a position, written {@code layer_feature_position}.
   *
   * @param position counted from 0, {@code <bos>} included
   */
  record Place(int layer, int feature, int position) {
    static Place parse(String text, JsonObject where) {
      String[] parts = text.split("_");
      if (parts.length != 3 || !text.matches("[0-9_]+")) {
        throw where.failure("'" + text + "' is not layer_feature_position");
      }
      return new Place(
          Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
    }
  }

  private static void quality(Fact fact, Verification v, Findings findings) {
    AttachedSae sae = v.sae(fact);
    Gemma2 model = v.model(fact);
    JsonObject e = fact.expected();
    String b = "blocks." + sae.at().layer() + ".";
    int[] ids = Prompts.encode(v, e.string("dashboard_text"), fact.addBos());
    SaePass pass = SaePass.of(model, ids, sae, b + "hook_resid_mid");
    double right = max(pass.feature(0));
    double wrong = max(SaePass.column(sae.features(pass.pass().at(b + "hook_resid_mid")), 0));
    Tolerance t = fact.tolerance();
    findings.close("feature 0 on the text", e.number("feature_0_max_on_text"), right, t);
    findings.close(
        "feature 0 on the residual",
        e.number("dashboard_value_feature_0_on_wrong_tensor"),
        wrong,
        t);
    if (v.subject().documents(fact.id()).isEmpty()) {
      findings.leaveOut("means over documents: give them by --text " + fact.id() + "=FILE");
      return;
    }
    List<String> documents = v.subject().documents(fact.id()).get();
    Over over = new Over(v, model, sae, documents);
    over.compare("", sae.at().input(), e, "fvu_against_post_norm_mlp_output", t, findings);
    JsonObject controls = e.object("controls");
    for (String words : controls.fields().keySet()) {
      String tensor = SaeValueFacts.wrongTensor(words, b, controls);
      over.compare("on the " + words + " ", tensor, controls.object(words), "fvu", t, findings);
    }
  }

  private static double max(double[] values) {
    return Arrays.stream(values, Math.min(1, values.length - 1), values.length).max().orElseThrow();
  }

  /** A transcoder over documents. */
  private record Over(Verification v, Gemma2 model, AttachedSae sae, List<String> documents) {
    /** Longest part of a document that is run. */
    private static final int MOST = 1024;

    void compare(
        String what, String tensor, JsonObject e, String fvu, Tolerance t, Findings findings) {
      SaeMetrics metrics = new SaeMetrics(sae.sae().dOut());
      boolean[] fired = new boolean[sae.sae().dSae()];
      for (String document : documents) {
        int[] all = Prompts.encode(v, document, true);
        int[] ids = Arrays.copyOf(all, Math.min(all.length, MOST));
        Pass pass = Pass.of(model, ids, tensor, sae.at().output());
        if (ids.length < 2) {
          continue;
        }
        Tensor features = sae.features(pass.at(tensor)).rows(1, ids.length);
        Tensor target = pass.at(sae.at().output()).rows(1, ids.length);
        metrics.add(features, target, sae.decode(features));
        for (int i = 0; i < features.size(); i++) {
          fired[i % fired.length] |= features.get(i) > 0;
        }
      }
      int count = 0;
      for (boolean f : fired) {
        count += f ? 1 : 0;
      }
      findings.close(what + "mean_l0", e.number("mean_l0"), metrics.l0().orElse(Double.NaN), t);
      if (e.has(fvu)) {
        findings.close(what + fvu, e.number(fvu), metrics.fvu().orElse(Double.NaN), t);
      }
      if (e.has("firing_features")) {
        findings.close(what + "firing features", e.number("firing_features"), count, t);
      }
    }
  }
}
