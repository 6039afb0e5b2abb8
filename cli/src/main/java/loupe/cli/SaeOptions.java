package loupe.cli;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import loupe.reference.InputException;
import loupe.sae.Attachment;
import loupe.sae.SaeName;
import loupe.sae.Site;
import picocli.CommandLine.Option;

/** The options that name SAEs and where they belong. A picocli mixin. */
final class SaeOptions {
  @Option(
      names = "--sae",
      paramLabel = "S",
      description = {
        "An SAE: its file params.npz, a folder that SAELens saved, or an id,",
        "such as tiny/res/layer_3."
      })
  private List<String> saes = List.of();

  @Option(
      names = "--site",
      paramLabel = "res|att|mlp|transcoder|embedding",
      description = "The SAE's site in the model, where its path does not say it.")
  private String site;

  @Option(
      names = "--layer",
      paramLabel = "L",
      description = "The SAE's layer, counted from 0, where its path does not say it.")
  private Integer layer;

  /** What the user named, in order; none by default. */
  List<String> saes() {
    return saes;
  }

  /** The site, if the user says it. */
  Optional<Site> site() {
    return Optional.ofNullable(site).map(Site::parse);
  }

  /** The layer, if the user says it. */
  private OptionalInt layer() {
    if (layer != null && layer < 0) {
      throw new InputException("--layer counts from 0, and is " + layer);
    }
    return layer == null ? OptionalInt.empty() : OptionalInt.of(layer);
  }

  /** Whether the user says where SAEs belong. */
  boolean sayWhere() {
    return site != null || layer != null;
  }

  /**
   * An id with what these options say added to it.
   *
   * @param id may be empty
   */
  String completed(String id) {
    StringBuilder completed = new StringBuilder(id);
    site().ifPresent(s -> completed.append(completed.isEmpty() ? "" : "/").append(s.label()));
    layer()
        .ifPresent(
            l -> completed.append(completed.isEmpty() ? "" : "/").append("layer_").append(l));
    return completed.toString();
  }

  /**
   * Where an SAE belongs whose path says this.
   *
   * @throws InputException if path and options together do not say it, or contradict each other
   */
  Attachment attachment(String path, SaeName name) {
    return Attachment.of(path, name, site(), layer());
  }

  /**
   * Refuses what contradicts these options.
   *
   * @param said where the SAE belongs by its own configuration
   */
  void requireNoContradiction(String path, Attachment said) {
    boolean site = site().isPresent() && site().get() != said.site();
    boolean layer =
        layer().isPresent() && said.site().hasLayer() && layer().getAsInt() != said.layer();
    if (site || layer) {
      throw new InputException(
          path + ": its cfg.json says " + said + "; leave --site and --layer out");
    }
  }
}
