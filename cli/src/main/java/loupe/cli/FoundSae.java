package loupe.cli;

import java.util.Optional;
import java.util.function.Supplier;
import loupe.sae.AttachedSae;
import loupe.sae.Attachment;
import loupe.sae.JumpReluSae;
import loupe.sae.Site;

/**
 * An SAE that {@code --sae} named.
 *
 * @param id what results call it: its full id, or its path as it was given
 * @param sae the SAE
 * @param trainedOn the model that it was trained on; empty where that is not known
 * @param site its site, if that is known
 * @param at finds out where it belongs; throws {@link loupe.reference.InputException} where nothing
 *     says it, so that a command which does not need to know does not ask
 */
record FoundSae(
    String id, JumpReluSae sae, String trainedOn, Optional<Site> site, Supplier<Attachment> at) {

  /** The SAE at its place; {@link loupe.reference.InputException} where that is not known. */
  AttachedSae attached() {
    return new AttachedSae(id, sae, at.get());
  }

  /** Whether what it reconstructs is not what it reads. */
  boolean isTranscoder() {
    return sae.dIn() != sae.dOut() || site.map(Site::isTranscoder).orElse(false);
  }
}
