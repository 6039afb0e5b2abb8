package loupe.golden;

import java.util.List;
import loupe.loaders.JsonObject;
import loupe.reference.InputException;
import loupe.reference.TensorSource;
import loupe.sae.Attachment;
import loupe.sae.Site;

/**
 * One golden SAE or transcoder: parameters, and what it makes of the trace of a golden case, in
 * float64. Files are read from the class path at each call and kept by the caller.
 */
public final class GoldenSae {
  private static final String FOLDER = "golden/saes/";

  private final String id;
  private final JsonObject json;

  private GoldenSae(String id) {
    this.id = id;
    this.json = Resources.json(FOLDER + id + "/sae.json");
  }

  /** Names of all golden SAEs, sorted: case and site. */
  public static List<String> ids() {
    return List.copyOf(Resources.folders(FOLDER));
  }

  /**
   * The golden SAE of this name.
   *
   * @throws InputException if there is none
   */
  public static GoldenSae of(String id) {
    if (!ids().contains(id)) {
      throw new InputException("there is no golden SAE '" + id + "'; there are " + ids());
    }
    return new GoldenSae(id);
  }

  public String id() {
    return id;
  }

  /** The case whose trace it reads. */
  public GoldenCase goldenCase() {
    return GoldenCase.of(json.string("case"));
  }

  /** Where it meets the model. */
  public Attachment attachment() {
    return Attachment.of(Site.parse(json.string("kind")), json.integer("layer"));
  }

  /** Gemma Scope's {@code params.npz}: W_enc, W_dec, b_enc, b_dec, threshold. */
  public TensorSource parameters() {
    return Resources.npz(FOLDER + id + "/params.npz");
  }

  /**
   * {@code pre}, {@code features}, {@code reconstruction}; {@code spliced.} with the output's name
   * and with {@code hook_logits}; of residual SAEs also {@code steered.hook_logits}. F64.
   */
  public TensorSource truth() {
    return Resources.safetensors(FOLDER + id + "/sae.safetensors");
  }

  /**
   * {@code l0}, {@code fvu}, {@code mse} or {@code cosine}, over all positions but {@code <bos>}.
   */
  public double metric(String name) {
    return json.object("metrics_without_bos").number(name);
  }

  /** A number about the edited forward passes, such as {@code ce_spliced}. */
  public double splice(String name) {
    return json.object("splice").number(name);
  }

  /** Distance of a float32 run from {@code pre}, {@code features} or {@code reconstruction}. */
  public double noise(String tensor) {
    return json.object("noise_f32").number(tensor);
  }

  /** Largest distance between the two programs that agreed on the edited forward passes. */
  public double agreement() {
    return json.object("agreement").number("edited_passes_numpy");
  }

  /** The rest of {@code sae.json}. */
  JsonObject json() {
    return json;
  }
}
