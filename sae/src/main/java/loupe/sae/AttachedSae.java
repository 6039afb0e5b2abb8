package loupe.sae;

import loupe.reference.Arithmetic;
import loupe.reference.InputException;
import loupe.reference.NonFiniteException;
import loupe.reference.Tensor;

/**
 * An SAE at its place in the model. Takes and gives values as the model's hooks have them: where
 * the SAE was trained on unscaled embedding rows, they are scaled on the way in and back on the way
 * out (see {@link Attachment}).
 *
 * @param id what results call it: its full id, or its path as it was given
 * @param sae the SAE
 * @param at where it is attached
 */
public record AttachedSae(String id, JumpReluSae sae, Attachment at) {
  public AttachedSae {
    if (!at.site().isTranscoder() && sae.dIn() != sae.dOut()) {
      throw new InputException(
          "%s: d_in %d and d_out %d differ: this is a transcoder, not an SAE at site %s"
              .formatted(id, sae.dIn(), sae.dOut(), at.site().label()));
    }
  }

  /**
   * Features {@code [pos, d_sae]} of rows of the tensor {@code at.input()}.
   *
   * @throws NonFiniteException if NaN or infinity turns up; the message names SAE and tensor
   */
  public Tensor features(Tensor rows) {
    return encode(rows).features();
  }

  /** Pre-activations and features of rows of the tensor {@code at.input()}. */
  public JumpReluSae.Encoding encode(Tensor rows) {
    Arithmetic a = sae.arithmetic();
    try {
      return sae.encode(at.onUnscaledRows() ? a.scale(rows, 1 / embeddingScale()) : rows);
    } catch (NonFiniteException e) {
      throw new NonFiniteException(id + " on " + at.input() + ": " + e.getMessage());
    }
  }

  /** What stands for rows of the tensor {@code at.output()}: {@code [pos, d_out]}. */
  public Tensor decode(Tensor features) {
    try {
      return outward(sae.decode(features));
    } catch (NonFiniteException e) {
      throw new NonFiniteException(id + " for " + at.output() + ": " + e.getMessage());
    }
  }

  /** What one unit of each feature adds to the tensor {@code at.output()}: {@code [n, d_out]}. */
  public Tensor directions(int... features) {
    return outward(sae.directions(features));
  }

  private Tensor outward(Tensor rows) {
    return at.onUnscaledRows() ? sae.arithmetic().scale(rows, embeddingScale()) : rows;
  }

  private double embeddingScale() {
    return Math.sqrt(sae.dIn());
  }
}
