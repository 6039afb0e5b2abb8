package loupe.golden;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import loupe.gemma2.FoldedNorms;
import loupe.loaders.JsonObject;
import loupe.reference.FloatFormat;
import loupe.reference.InputException;
import loupe.reference.NameGlob;
import loupe.reference.Rounded;
import loupe.reference.RoundingPoint;
import loupe.reference.RoundingPolicy;
import loupe.reference.Spelling;
import loupe.reference.Workers;

/**
 * The rounding policy of a public engine, with the place in its source that each rounding was read
 * from. The data are resources, {@code policies/NAME.json}.
 *
 * @param name such as {@code bf16-hf}; it begins with what weights are stored in, or products are
 *     taken of
 * @param engine the program, and the options under which it rounds like this
 * @param version of its source
 * @param evidence how the policy is known
 * @param summary what is particular about it, in a sentence or two
 * @param storage what activations are stored in
 * @param dialect the only dialect of dumps that it is looked for in unasked; empty for all
 * @param foldsNorms whether gains are folded into the matrices that follow; see {@link FoldedNorms}
 * @param points in the order of the forward pass
 */
public record PublishedPolicy(
    String name,
    String engine,
    String version,
    Evidence evidence,
    String summary,
    FloatFormat storage,
    Optional<String> dialect,
    boolean foldsNorms,
    List<Point> points) {
  private static final String FOLDER = "policies/";

  /** How a policy is known. */
  public enum Evidence {
    /** The engine was run, and its recordings are reproduced; see {@link PolicyAgreement}. */
    RECORDED,
    /** From reading the source; dumps of the engine pass by it, see {@code DIALECTS.md}. */
    GRADED,
    /** From reading the source alone. */
    SOURCE
  }

  /**
   * One rounding.
   *
   * @param rule what is rounded to what
   * @param source where the engine does it
   */
  public record Point(RoundingPolicy.Rule rule, String source) {}

  /** Names of all policies, float32 first. */
  public static List<String> names() {
    return Resources.json(FOLDER + "index.json").strings("policies");
  }

  /** All policies, in the same order. */
  public static List<PublishedPolicy> all() {
    return names().stream().map(PublishedPolicy::read).toList();
  }

  /**
   * The policy of this name.
   *
   * @throws InputException if there is none
   */
  public static PublishedPolicy of(String name) {
    if (!names().contains(name)) {
      throw new InputException(
          "there is no rounding policy '" + name + "'; " + Spelling.suggest(name, names()));
    }
    return read(name);
  }

  private static PublishedPolicy read(String name) {
    JsonObject json = Resources.json(FOLDER + name + ".json");
    json.allowOnly(
        "name",
        "engine",
        "version",
        "evidence",
        "storage",
        "dialect",
        "summary",
        "folds",
        "points");
    List<Point> points = new ArrayList<>();
    for (JsonObject entry : json.objects("points")) {
      entry.allowOnly("point", "format", "source", "weights");
      points.add(
          new Point(
              new RoundingPolicy.Rule(
                  RoundingPoint.parse(entry.string("point")),
                  FloatFormat.parse(entry.string("format")),
                  new NameGlob(entry.optionalString("weights").orElse("*"))),
              entry.string("source")));
    }
    return new PublishedPolicy(
        json.string("name"),
        json.string("engine"),
        json.string("version"),
        Evidence.valueOf(json.string("evidence").toUpperCase(Locale.ROOT)),
        json.string("summary"),
        FloatFormat.parse(json.string("storage")),
        json.optionalString("dialect"),
        json.has("folds") && json.strings("folds").contains("norms"),
        List.copyOf(points));
  }

  /** The roundings alone, for {@link loupe.reference.Rounded}. */
  public RoundingPolicy rounding() {
    return new RoundingPolicy(name, storage, points.stream().map(Point::rule).toList());
  }

  /**
   * A model that rounds as this policy says.
   *
   * @param parts whose arithmetic is replaced, and whose weights are folded where the engine does
   */
  public ModelParts applyTo(ModelParts parts, Workers workers) {
    return fold(parts.withArithmetic(new Rounded(rounding(), workers)));
  }

  /** A model whose weights are folded where the engine folds them. */
  public ModelParts fold(ModelParts parts) {
    return foldsNorms
        ? parts
            .withConfig(FoldedNorms.config(parts.config()))
            .withWeights(new FoldedNorms(parts.weights(), parts.config()))
        : parts;
  }
}
