package loupe.golden;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;

/**
 * Mean and scale of weights by formula, by role. The role of a tensor is the last dotted part of
 * its name that is not {@code weight}: {@code q_proj}, {@code input_layernorm}, {@code
 * embed_tokens}.
 *
 * @param byRole role to mean and scale
 */
public record Knobs(Map<String, Knob> byRole) {
  /** What {@code synth} takes where no file gives knobs. */
  public static final Knobs DEFAULT = new Knobs(defaults());

  /**
   * Elements lie in {@code [mean - scale, mean + scale)}.
   *
   * @param mean middle of the range
   * @param scale half of its width
   */
  public record Knob(double mean, double scale) {}

  public Knobs {
    byRole = Map.copyOf(byRole);
  }

  private static Map<String, Knob> defaults() {
    Map<String, Knob> knobs = new LinkedHashMap<>();
    knobs.put("embed_tokens", new Knob(0, 0.6));
    for (String matrix : List.of("q", "k", "v", "o", "gate", "up", "down")) {
      knobs.put(matrix + "_proj", new Knob(0, 0.05));
    }
    for (String norm : List.of("input", "post_attention", "pre_feedforward", "post_feedforward")) {
      knobs.put(norm + "_layernorm", new Knob(0.25, 0.5));
    }
    knobs.put("norm", new Knob(1, 0.8));
    return knobs;
  }

  /**
   * Reads the object {@code knobs} of a parsed JSON file: {@code {"q_proj": [mean, scale], ...}}.
   * Other keys of the file are not looked at.
   *
   * @param origin the file, for messages
   * @throws MalformedFileException if it is missing, or an entry is not two finite numbers that
   *     float32 can hold
   */
  public static Knobs read(Map<String, Object> json, String origin) {
    if (!(json.get("knobs") instanceof Map<?, ?> entries)) {
      throw new MalformedFileException(
          origin, "knobs", "must be an object such as {\"q_proj\": [0.0, 0.05], ...}");
    }
    Map<String, Knob> knobs = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : entries.entrySet()) {
      knobs.put((String) entry.getKey(), knob(entry.getKey(), entry.getValue(), origin));
    }
    return new Knobs(knobs);
  }

  private static Knob knob(Object role, Object value, String origin) {
    if (value instanceof List<?> pair
        && pair.size() == 2
        && pair.get(0) instanceof Number mean
        && pair.get(1) instanceof Number scale
        && Math.abs(mean.doubleValue()) + Math.abs(scale.doubleValue()) <= 1e38) {
      return new Knob(mean.doubleValue(), scale.doubleValue());
    }
    throw new MalformedFileException(
        origin, "knobs." + role, "must be [mean, scale], two numbers below 1e38");
  }

  /** The part of a tensor's name that says which knob is its. */
  static String role(String tensorName) {
    String name =
        tensorName.endsWith(".weight")
            ? tensorName.substring(0, tensorName.length() - ".weight".length())
            : tensorName;
    return name.substring(name.lastIndexOf('.') + 1);
  }

  /**
   * The knob of a tensor.
   *
   * @throws InputException if its role has none
   */
  Knob of(String tensorName) {
    Knob knob = byRole.get(role(tensorName));
    if (knob == null) {
      throw new InputException(
          "the knobs have no entry '%s', which %s needs".formatted(role(tensorName), tensorName));
    }
    return knob;
  }
}
