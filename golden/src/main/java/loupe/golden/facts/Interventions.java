package loupe.golden.facts;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.golden.facts.TranscoderFacts.Place;
import loupe.loaders.JsonObject;

/**
 * Reads what a fact about interventions sets: features of transcoders, at positions, to values that
 * may be multiples of what they are elsewhere. The words are those of the published facts.
 */
final class Interventions {
  private static final String FACTOR = "^([0-9.]+) x ";
  private static final Pattern AT_LAST =
      Pattern.compile(FACTOR + "its activation at the last position of \"(.*)\"$");
  private static final Pattern AT_ONE =
      Pattern.compile(FACTOR + "its activation at position (\\d+) of \"(.*)\"$");
  private static final Pattern AT_SAME =
      Pattern.compile(FACTOR + "its activations at positions (.*) of \"(.*)\"$");
  private static final Pattern MEAN =
      Pattern.compile(FACTOR + "mean of its activations at positions ([0-9,]+) of \"(.*)\"$");
  private static final Pattern ZEROED = Pattern.compile("features_at_position_(\\d+)_zeroed");
  private static final Pattern MULTIPLIED =
      Pattern.compile("features_at_position_(\\d+)_set_to_([0-9.]+)x_their_activation_in");
  private static final Pattern GROUP =
      Pattern.compile("^(.*?)(?: of (tc-\\S+|\\S+))?( moved one position left)?$");

  /** The last position that a feature may be set at: those generated later included. */
  static final int OPEN = Integer.MAX_VALUE;

  /**
   * One feature that is set.
   *
   * @param from first position
   * @param to last position, or {@link #OPEN}
   * @param value what it is set to; NaN is whatever it is
   */
  record Setting(int layer, int feature, int from, int to, double value) {
    boolean isAt(int position) {
      return position >= from && position <= to;
    }
  }

  private final Fact fact;
  private final Verification v;
  private final Transcoders transcoders;
  private final int length;
  private final Map<String, SaePass> passes = new HashMap<>();
  private final List<Setting> settings = new ArrayList<>();

  /**
   * @param length number of tokens of the prompt
   */
  Interventions(Fact fact, Verification v, Transcoders transcoders, int length) {
    this.fact = fact;
    this.v = v;
    this.transcoders = transcoders;
    this.length = length;
  }

  List<Setting> read() {
    JsonObject e = fact.expected();
    if (e.fields().get("interventions") instanceof List) {
      e.objects("interventions").forEach(this::readOne);
    } else {
      JsonObject groups = e.object("interventions");
      groups.objects("set").forEach(set -> readGroup(groups.string("groups_of"), set));
    }
    return settings;
  }

  private void readOne(JsonObject one) {
    for (String key : one.fields().keySet()) {
      Matcher zeroed = ZEROED.matcher(key);
      Matcher multiplied = MULTIPLIED.matcher(key);
      if (zeroed.matches()) {
        for (double[] f : Numbers.rows(one, key)) {
          add(f, Integer.parseInt(zeroed.group(1)), 0);
        }
      } else if (multiplied.matches()) {
        int position = Integer.parseInt(multiplied.group(1));
        for (double[] f : Numbers.rows(one, "layer_feature")) {
          double factor = Double.parseDouble(multiplied.group(2));
          double there = activation(one.string(key), (int) f[0], (int) f[1], position);
          add(f, position, factor * there);
        }
      }
    }
    if (one.has("layer")) {
      readPlaced(one);
    }
  }

  private void add(double[] layerFeature, int position, double value) {
    settings.add(
        new Setting((int) layerFeature[0], (int) layerFeature[1], position, position, value));
  }

  private void readPlaced(JsonObject one) {
    int layer = one.integer("layer");
    int feature = one.integer("feature");
    String words = String.valueOf(one.fields().get("position"));
    List<int[]> ranges = new ArrayList<>();
    if (words.equals("last")) {
      ranges.add(new int[] {length - 1, length - 1});
    } else if (words.matches("\\d+")) {
      ranges.add(new int[] {Integer.parseInt(words), Integer.parseInt(words)});
    } else if (words.matches("\\d+ and \\d+")) {
      for (String position : words.split(" and ")) {
        ranges.add(new int[] {Integer.parseInt(position), Integer.parseInt(position)});
      }
    } else if (words.matches("(from )?\\d+ on(, also generated tokens)?")) {
      ranges.add(new int[] {Integer.parseInt(words.replaceAll("\\D", "")), OPEN});
    } else {
      throw one.failure("position", "'" + words + "' is no position that is known");
    }
    for (int[] range : ranges) {
      double value = value(one, layer, feature, range[0]);
      settings.add(new Setting(layer, feature, range[0], range[1], value));
    }
  }

  private double value(JsonObject one, int layer, int feature, int position) {
    if (one.fields().get("value") instanceof Number number) {
      return number.doubleValue();
    }
    String words = one.string("value");
    if (words.equals("its own activation (no change)")) {
      return Double.NaN;
    }
    Matcher m = AT_LAST.matcher(words);
    if (m.matches()) {
      return factor(m) * activation(m.group(2), layer, feature, -1);
    }
    m = AT_ONE.matcher(words);
    if (m.matches()) {
      return factor(m) * activation(m.group(3), layer, feature, Integer.parseInt(m.group(2)));
    }
    m = MEAN.matcher(words);
    if (m.matches()) {
      double sum = 0;
      String[] positions = m.group(2).split(",");
      for (String other : positions) {
        sum += activation(m.group(3), layer, feature, Integer.parseInt(other));
      }
      return factor(m) * sum / positions.length;
    }
    m = AT_SAME.matcher(words);
    if (m.matches()) {
      return factor(m) * activation(m.group(3), layer, feature, position);
    }
    throw one.failure("value", "'" + words + "' is no value that is known");
  }

  private static double factor(Matcher m) {
    return Double.parseDouble(m.group(1));
  }

  /** A feature's activation on another prompt; position -1 is the last. Nothing fires on BOS. */
  double activation(String prompt, int layer, int feature, int position) {
    SaePass pass =
        passes.computeIfAbsent(
            layer + " " + prompt,
            key ->
                SaePass.of(
                    v.model(fact),
                    Prompts.encode(v, prompt, fact.addBos()),
                    transcoders.of(layer)));
    int at = position < 0 ? pass.last() : position;
    if (at > pass.last() || feature >= pass.sae().sae().dSae()) {
      throw fact.expected()
          .failure("interventions", "no feature " + feature + " at position " + at);
    }
    return at == 0 ? 0 : pass.features(at)[feature];
  }

  /** Groups of features by name, each set to a multiple of its own activation. */
  private void readGroup(String own, JsonObject set) {
    Matcher m = GROUP.matcher(set.string("group"));
    if (!m.matches()) {
      throw set.failure("group", "is no group");
    }
    Fact listed = v.facts().of(m.group(2) == null ? own : m.group(2));
    int left = m.group(3) == null ? 0 : 1;
    for (String group : m.group(1).split(" \\+ ")) {
      for (Place place : places(listed, group)) {
        double there =
            activation(listed.requirePrompt(), place.layer(), place.feature(), place.position());
        int at = place.position() - left;
        settings.add(new Setting(place.layer(), place.feature(), at, at, set.number("x") * there));
      }
    }
  }

  static List<Place> places(Fact listed, String group) {
    JsonObject groups = listed.expected().object("groups");
    return groups.strings(group).stream().map(text -> Place.parse(text, groups)).toList();
  }
}
