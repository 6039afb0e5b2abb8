package loupe.golden;

import loupe.loaders.JsonObject;

/**
 * How far a run may be from a golden tensor, relative to the tensor's largest absolute value. The
 * numbers stand in the resource {@code golden/tolerances.json}; {@code golden/GOLDENS.md} gives the
 * reasons.
 */
public final class Tolerances {
  private static final JsonObject JSON = Resources.json("golden/tolerances.json");

  private Tolerances() {}

  /**
   * For float64: 1e-12, or 8 times the distance between the two programs that agreed on the truth
   * where that is more.
   */
  public static double float64(double agreement) {
    JsonObject f = JSON.object("float64");
    return Math.max(f.number("of_max"), f.number("times_agreement") * agreement);
  }

  /**
   * For float32: 10 times the distance of Hugging Face's float32 run, and never less than 4e-7:
   * programs that round honestly, in another order, were seen at up to 8 times.
   */
  public static double float32(double noise) {
    JsonObject f = JSON.object("float32");
    return Math.max(f.number("of_max"), f.number("times_noise") * noise);
  }

  /** A tolerance of the relations between golden tensors, such as {@code pattern_sum}. */
  public static double invariant(String name) {
    return JSON.object("invariants").number(name);
  }
}
