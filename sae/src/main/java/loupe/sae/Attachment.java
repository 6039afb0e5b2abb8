package loupe.sae;

import java.util.Optional;
import java.util.OptionalInt;
import loupe.reference.InputException;

/**
 * Where one SAE meets the model: its site and layer.
 *
 * <p>Gemma Scope's embedding SAEs were trained on rows {@code E[t]} of the table, and the model's
 * {@code hook_embed} is {@code E[t] * sqrt(d_model)}. So there the hook's tensor is multiplied by
 * {@code 1 / sqrt(d_in)} before encoding, and what the SAE gives by {@code sqrt(d_in)}, b_dec
 * included. (SAELens, {@code loading/pretrained_sae_loaders.py}, folds the same factor into W_enc
 * and W_dec, but leaves b_dec as it is; a folder that it saved is used as it stands.)
 *
 * @param site where it reads and writes
 * @param layer counted from 0; {@link #NO_LAYER} for an embedding SAE
 * @param onUnscaledRows whether the factor sqrt(d_in) is undone, as told above
 */
public record Attachment(Site site, int layer, boolean onUnscaledRows) {
  /** The layer of a site that is in no layer. */
  public static final int NO_LAYER = -1;

  public Attachment {
    if (site.hasLayer() ? layer < 0 : layer != NO_LAYER) {
      throw new IllegalArgumentException("site " + site.label() + " in layer " + layer);
    }
    if (onUnscaledRows && site != Site.EMBEDDING) {
      throw new IllegalArgumentException("only embeddings have unscaled rows, not " + site.label());
    }
  }

  /** An SAE of Gemma Scope at this site; {@code layer} is ignored where the site has none. */
  public static Attachment of(Site site, int layer) {
    return new Attachment(site, site.hasLayer() ? layer : NO_LAYER, site == Site.EMBEDDING);
  }

  /**
   * What a path says, completed by what the options {@code --site} and {@code --layer} say.
   *
   * @param path for messages
   * @throws InputException if something is missing, or the options contradict the path
   */
  public static Attachment of(
      String path, SaeName name, Optional<Site> siteOption, OptionalInt layerOption) {
    if (siteOption.isPresent() && name.site().isPresent() && !siteOption.equals(name.site())) {
      throw contradiction(path, "site", name.site().get().label(), siteOption.get().label());
    }
    if (layerOption.isPresent() && name.layer().isPresent() && !layerOption.equals(name.layer())) {
      throw contradiction(path, "layer", name.layer().getAsInt(), layerOption.getAsInt());
    }
    Optional<Site> site = siteOption.or(name::site);
    if (site.isEmpty()) {
      throw new InputException(
          path + ": the path does not say at which site this SAE is; give --site");
    }
    OptionalInt layer = layerOption.isPresent() ? layerOption : name.layer();
    if (site.get().hasLayer() && layer.isEmpty()) {
      throw new InputException(
          path + ": the path does not say in which layer this SAE is; give --layer");
    }
    if (layer.orElse(0) < 0) {
      throw new InputException("--layer counts from 0, and is " + layer.getAsInt());
    }
    return of(site.get(), layer.orElse(NO_LAYER));
  }

  private static InputException contradiction(String path, String what, Object said, Object given) {
    return new InputException(
        "%s: the path says %s %s, --%s says %s; leave the option out, or name another file"
            .formatted(path, what, said, what, given));
  }

  /** Name of the tensor that is encoded. */
  public String input() {
    return site.input(layer);
  }

  /** Name of the tensor that the reconstruction stands for. */
  public String output() {
    return site.output(layer);
  }

  /** Such as {@code res in layer 20}. */
  @Override
  public String toString() {
    return site.hasLayer() ? site.label() + " in layer " + layer : site.label();
  }
}
