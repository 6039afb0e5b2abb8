package loupe.golden.facts;

import java.util.Optional;
import loupe.loaders.JsonObject;

/**
 * One published statement about the released weights.
 *
 * @param id its name in the set
 * @param model what it is about, such as {@code google/gemma-2-2b}
 * @param kind how it is checked, one of {@link Kinds#names}
 * @param prompt the text that it is about; empty where it is about none
 * @param tokenIds the ids that the source gives, {@code <bos>} included where the model had it;
 *     null where it gives none
 * @param expected what the source says, by kind
 * @param tolerances how far a correct program may be off
 * @param addBos whether {@code <bos>} comes before the prompt
 * @param sae the SAE that it is about, such as {@code google/gemma-scope-2b-pt-res
 *     layer_20/width_16k/average_l0_71}; empty where it is about none
 * @param source where it was published
 * @param about dtype, trust and notes, for readers
 */
public record Fact(
    String id,
    String model,
    String kind,
    Optional<String> prompt,
    int[] tokenIds,
    JsonObject expected,
    Tolerances tolerances,
    boolean addBos,
    Optional<String> sae,
    String source,
    About about) {

  /**
   * What a reader wants to know beside the numbers.
   *
   * @param dtype the arithmetic of the published run
   * @param trust {@code high}, {@code medium} or {@code low}
   * @param notes further remarks, may be empty
   */
  public record About(String dtype, String trust, String notes) {}

  static Fact read(JsonObject json, Hints hints) {
    json.allowOnly(
        "id",
        "model",
        "kind",
        "prompt",
        "token_ids",
        "expected",
        "tolerance",
        "tolerance_hint",
        "dtype",
        "source",
        "trust",
        "notes",
        "add_bos",
        "sae",
        "hook");
    return new Fact(
        json.string("id"),
        json.string("model"),
        json.string("kind"),
        json.optionalString("prompt"),
        json.has("token_ids") ? Numbers.ints(json, "token_ids") : null,
        json.object("expected"),
        hints.tolerances(json),
        json.optionalBool("add_bos").orElse(true),
        json.optionalString("sae"),
        json.optionalString("source").orElse(""),
        new About(
            json.optionalString("dtype").orElse(""),
            json.optionalString("trust").orElse(""),
            json.optionalString("notes").orElse("")));
  }

  /** The tolerance of the values that have no name of their own. */
  Tolerance tolerance() {
    return tolerances.of("value");
  }

  /** The tolerance of some values by name. */
  Tolerance tolerance(String part) {
    return tolerances.of(part);
  }

  /** The prompt, where there must be one. */
  String requirePrompt() {
    return prompt.orElseThrow(() -> expected.failure("a fact of kind " + kind + " has a prompt"));
  }
}
