package loupe.golden.facts;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.gemma2.Presets;
import loupe.loaders.JsonObject;
import loupe.sae.Attachment;
import loupe.sae.Catalogue;
import loupe.sae.SaeEntry;
import loupe.sae.Site;

/** Statements about other facts, about this program's own tables, or about where there is more. */
final class StatedFacts {
  private static final Pattern PAIR = Pattern.compile("facts (\\S+)( and (-\\S+))?");
  private static final Pattern RESIDUAL = Pattern.compile("([0-9.]+e-?[0-9]+) \\((\\w+)\\)");
  private static final Pattern CAP = Pattern.compile("capped = ([0-9.]+)\\*tanh");
  private static final int STEPS = 200;
  private static final double LARGEST_LOGIT = 200;

  private StatedFacts() {}

  static void addTo(Map<String, Check> kinds) {
    kinds.put("pointer", StatedFacts::pointer);
    kinds.put("formula", StatedFacts::formula);
    kinds.put("transcoder.set", StatedFacts::transcoders);
    kinds.put("sae.hook", StatedFacts::hooks);
  }

  private static void pointer(Fact fact, Verification v, Findings findings) {
    throw new NotApplicable("says where there is more: " + fact.expected().fields().values());
  }

  /**
   * Published capped and uncapped probabilities must agree through the soft cap: with one unknown,
   * the largest uncapped logit, all log-odds are given.
   */
  private static void formula(Fact fact, Verification v, Findings findings) {
    String statement = fact.expected().string("statement");
    Matcher pair = PAIR.matcher(statement);
    Matcher cap = CAP.matcher(statement);
    if (!pair.find() || !cap.find()) {
      throw fact.expected().failure("statement", "names no facts, or no cap");
    }
    List<String> ids = new ArrayList<>(List.of(pair.group(1)));
    if (pair.group(3) != null) {
      ids.add(withEnd(pair.group(1), pair.group(3), v));
    }
    Matcher residual = RESIDUAL.matcher(statement);
    for (String id : ids) {
      if (!residual.find()) {
        throw fact.expected().failure("statement", "says no residual for " + id);
      }
      double left = residual(v, v.facts().of(id), Double.parseDouble(cap.group(1)));
      double stated = Double.parseDouble(residual.group(1));
      findings.holds(
          id + " and its uncapped twin",
          left <= 2 * stated,
          "differ by %.2g through the cap, stated %.2g".formatted(left, stated));
    }
  }

  /** The fact whose name begins as another's and ends as the statement says. */
  private static String withEnd(String first, String end, Verification v) {
    List<String> names = v.facts().all().stream().map(Fact::id).toList();
    for (int kept = first.length(); kept > 0; kept--) {
      String name = first.substring(0, kept) + end;
      if (names.contains(name)) {
        return name;
      }
    }
    throw new NotApplicable("refers to a fact " + end + ", which is not in the set");
  }

  private static double residual(Verification v, Fact capped, double cap) {
    Fact uncapped =
        v.facts().all().stream()
            .filter(f -> f.kind().equals("final_lens.uncapped") && f.expected().has("top"))
            .filter(f -> f.model().equals(capped.model()) && f.prompt().equals(capped.prompt()))
            .findFirst()
            .orElseThrow(
                () -> new NotApplicable("the uncapped twin of " + capped.id() + " is missing"));
    List<double[]> pairs = new ArrayList<>();
    for (TopTokens.Entry q : TopTokens.read(uncapped.expected(), "top")) {
      TopTokens.read(capped.expected(), "top").stream()
          .filter(p -> p.text().equals(q.text()))
          .forEach(p -> pairs.add(new double[] {p.numbers()[0], q.numbers()[0]}));
    }
    if (pairs.size() < 2) {
      throw new NotApplicable("two tokens at least must be in both lists");
    }
    // The residual has one minimum over the largest logit; a ternary search finds it.
    double low = -LARGEST_LOGIT;
    double best = Double.POSITIVE_INFINITY;
    for (double start = low; start < LARGEST_LOGIT; start += 10) {
      best = Math.min(best, minimum(pairs, cap, start, start + 10));
    }
    return best;
  }

  private static double minimum(List<double[]> pairs, double cap, double from, double to) {
    double low = from;
    double high = to;
    for (int i = 0; i < STEPS; i++) {
      double left = low + (high - low) / 3;
      double right = high - (high - low) / 3;
      if (oddsResidual(pairs, cap, left) < oddsResidual(pairs, cap, right)) {
        high = right;
      } else {
        low = left;
      }
    }
    return oddsResidual(pairs, cap, low);
  }

  private static double oddsResidual(List<double[]> pairs, double cap, double largest) {
    double sum = 0;
    double[] first = pairs.get(0);
    for (double[] pair : pairs.subList(1, pairs.size())) {
      double z = largest + StrictMath.log(pair[1] / first[1]);
      double odds = cap * StrictMath.tanh(z / cap) - cap * StrictMath.tanh(largest / cap);
      double off = odds - StrictMath.log(pair[0] / first[0]);
      sum += off * off;
    }
    return sum;
  }

  /** The catalogue that comes with the program must list these transcoders. */
  private static void transcoders(Fact fact, Verification v, Findings findings) {
    List<SaeEntry> entries = Catalogue.gemmaScope().entries();
    JsonObject l0s = fact.expected().object("layer_to_average_l0");
    int width = fact.expected().integer("width");
    for (String layer : l0s.fields().keySet()) {
      int l0 = l0s.integer(layer);
      boolean listed =
          entries.stream()
              .anyMatch(
                  e ->
                      e.at().site() == Site.TRANSCODER
                          && e.at().layer() == Integer.parseInt(layer)
                          && e.size().width() == width
                          && e.size().l0() == l0);
      findings.holds(
          "layer " + layer, listed, "no transcoder of width %d with L0 %d".formatted(width, l0));
    }
  }

  /** What SAEs of each site read is what this program gives them. */
  private static void hooks(Fact fact, Verification v, Findings findings) {
    Map<String, String> tensors =
        Map.of(
            "concatenated head outputs z (8 heads x 256) before the output projection",
            "blocks.0.attn.hook_z",
            "residual after the block",
            "blocks.0.hook_resid_post",
            "MLP contribution after the post-feedforward norm",
            "blocks.0.hook_mlp_out",
            "pre-MLP residual divided by its RMS, without the (1+w) gain",
            "blocks.0.ln2.hook_normalized");
    JsonObject e = fact.expected();
    for (String key : e.fields().keySet()) {
      if (key.equals("att_d_in")) {
        var c = Presets.of("2b");
        findings.equal(key, e.integer(key), c.nHeads() * c.dHead());
        continue;
      }
      Attachment at = Attachment.of(Site.parse(key.substring(0, key.indexOf('_'))), 0);
      String tensor = key.endsWith("_predicts") ? at.output() : at.input();
      findings.equal(key, String.valueOf(tensors.get(e.string(key))), tensor);
    }
  }
}
