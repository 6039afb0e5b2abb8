package loupe.golden.facts;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import loupe.gemma2.Gemma2;
import loupe.loaders.JsonObject;
import loupe.reference.Tensor;
import loupe.reference.Weight;
import loupe.sae.JumpReluSae;
import loupe.sae.SaeWeights;

/** Facts about an SAE's parameters: these need its file, and no model. */
final class SaeWeightFacts {
  private SaeWeightFacts() {}

  static void addTo(Map<String, Check> kinds) {
    kinds.put("sae.weights", SaeWeightFacts::weights);
  }

  private static void weights(Fact fact, Verification v, Findings findings) {
    JumpReluSae sae = v.sae(fact).sae();
    JsonObject e = fact.expected();
    SaeWeights w = sae.weights();
    if (e.has("shapes")) {
      shapes(e.object("shapes"), w, findings);
    }
    for (String key : List.of("W_enc_column_norms_first3", "W_enc_column_norms_last3")) {
      if (e.has(key)) {
        double[] published = Numbers.doubles(e, key);
        int from = key.contains("first") ? 0 : sae.dSae() - published.length;
        double[] norms = columnNorms(w.wEnc(), from, published.length);
        findings.close(key, published, norms, fact.tolerance("norm"));
      }
    }
    if (e.has("threshold_min")) {
      thresholds(fact, w, findings);
    }
    if (e.has("params_npz_bytes")) {
      bytes(e, v.subject().saeFile(Verification.saeId(fact)), findings);
    }
    if (e.has("decoder_cosine_top5")) {
      cosines(fact, sae, findings);
    }
    if (e.has("decoder_top3_coordinates")) {
      double[] row = sae.directions(e.integer("feature")).toDoubles();
      int[] best = largest(row, Numbers.rows(e, "decoder_top3_coordinates").size());
      int rank = 0;
      for (double[] pair : Numbers.rows(e, "decoder_top3_coordinates")) {
        int at = (int) pair[0];
        double value = at < row.length ? row[at] : Double.NaN;
        findings.close("coordinate " + at, pair[1], value, fact.tolerance());
        // Two that are printed alike may stand in any order.
        findings.close("coordinate of rank " + rank, pair[1], row[best[rank++]], fact.tolerance());
      }
    }
    if (e.has("logit_weights_top10")) {
      logitWeights(fact, v, sae, findings);
    }
    if (e.has("max_activation_seen")) {
      findings.leaveOut(
          "max_activation_seen and fraction_nonzero, which need the dashboard's texts");
    }
  }

  private static void shapes(JsonObject e, SaeWeights w, Findings findings) {
    Map<String, Weight> all =
        Map.of(
            "W_enc",
            w.wEnc(),
            "W_dec",
            w.wDec(),
            "b_enc",
            w.bEnc(),
            "b_dec",
            w.bDec(),
            "threshold",
            w.threshold());
    for (String name : e.fields().keySet()) {
      long[] shape = all.containsKey(name) ? all.get(name).stored().shape() : new long[0];
      findings.equal("shape of " + name, Arrays.toString(e.longs(name)), Arrays.toString(shape));
    }
  }

  private static double[] columnNorms(Weight matrix, int from, int count) {
    double[] sums = new double[count];
    double[] row = new double[count];
    for (int r = 0; r < matrix.rows(); r++) {
      matrix.stored().read((long) r * matrix.columns() + from, row, 0, count);
      for (int i = 0; i < count; i++) {
        sums[i] += row[i] * row[i];
      }
    }
    return Arrays.stream(sums).map(Math::sqrt).toArray();
  }

  static void thresholds(Fact fact, SaeWeights w, Findings findings) {
    double[] thresholds = new double[w.dSae()];
    w.threshold().stored().read(0, thresholds, 0, thresholds.length);
    Tolerance t = fact.tolerance("threshold");
    double min = Arrays.stream(thresholds).min().orElseThrow();
    double max = Arrays.stream(thresholds).max().orElseThrow();
    findings.close("threshold_min", fact.expected().number("threshold_min"), min, t);
    findings.close("threshold_max", fact.expected().number("threshold_max"), max, t);
  }

  private static void bytes(JsonObject e, Optional<Path> file, Findings findings) {
    if (file.isEmpty()) {
      findings.leaveOut("the size of params.npz");
      return;
    }
    try {
      findings.equal(
          "bytes of params.npz", e.longInteger("params_npz_bytes"), Files.size(file.get()));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static void cosines(Fact fact, JumpReluSae sae, Findings findings) {
    JsonObject e = fact.expected();
    double[] one = sae.directions(e.integer("feature")).toDoubles();
    double norm = Pass.norm(one);
    double[] cosines = new double[sae.dSae()];
    int block = sae.rowsAtOnce();
    for (int from = 0; from < cosines.length; from += block) {
      int[] features = IntStream.range(from, Math.min(cosines.length, from + block)).toArray();
      Tensor rows = sae.directions(features);
      for (int r = 0; r < features.length; r++) {
        double[] row = rows.rows(r, r + 1).toDoubles();
        double dot = 0;
        for (int i = 0; i < row.length; i++) {
          dot += row[i] * one[i];
        }
        cosines[from + r] = dot / (norm * Pass.norm(row));
      }
    }
    List<double[]> published = Numbers.rows(e, "decoder_cosine_top5");
    int[] best = largest(cosines, published.size());
    for (int i = 0; i < best.length; i++) {
      findings.equal("feature of rank " + i, (int) published.get(i)[0], best[i]);
      findings.close(
          "cosine of rank " + i, published.get(i)[1], cosines[best[i]], fact.tolerance());
    }
  }

  /** Places of the largest values, largest first. */
  static int[] largest(double[] values, int count) {
    return IntStream.range(0, values.length)
        .boxed()
        .sorted((a, b) -> Double.compare(values[b], values[a]))
        .limit(count)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /**
   * What the feature's direction does to each logit: times the final norm's gain, as sources with
   * folded norms have it, or without; one of the two must fit as a whole.
   */
  private static void logitWeights(Fact fact, Verification v, JumpReluSae sae, Findings findings) {
    Gemma2 model;
    try {
      model = v.model(fact);
    } catch (NotApplicable e) {
      findings.leaveOut("logit weights (" + e.getMessage() + ")");
      return;
    }
    JsonObject e = fact.expected();
    Tensor direction = sae.directions(e.integer("feature"));
    List<TopTokens.Entry> entries = new ArrayList<>(TopTokens.read(e, "logit_weights_top10"));
    entries.addAll(TopTokens.read(e, "logit_weights_bottom10"));
    Tensor folded = model.arithmetic().gain(direction, model.weights().finalNorm());
    double foldedWorst = worst(entries, logits(model, folded), v, fact);
    double bareWorst = worst(entries, logits(model, direction), v, fact);
    findings.holds(
        "logit weights",
        Math.min(foldedWorst, bareWorst) <= 1,
        "%.3g times the tolerance with the final norm's gain, %.3g without"
            .formatted(foldedWorst, bareWorst));
  }

  private static double[] logits(Gemma2 model, Tensor direction) {
    return model.arithmetic().project(direction, model.weights().unembed()).toDoubles();
  }

  private static double worst(
      List<TopTokens.Entry> entries, double[] logits, Verification v, Fact fact) {
    double worst = 0;
    for (TopTokens.Entry entry : entries) {
      OptionalInt id = TopTokens.id(v.tokenizer(), entry.text());
      double ours = id.isPresent() ? logits[id.getAsInt()] : Double.NaN;
      double used = fact.tolerance("logit").used(entry.numbers()[0], ours);
      worst = Double.isNaN(used) ? Double.POSITIVE_INFINITY : Math.max(worst, used);
    }
    return worst;
  }
}
