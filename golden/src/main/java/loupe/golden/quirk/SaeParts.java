package loupe.golden.quirk;

import loupe.reference.Arithmetic;
import loupe.reference.TensorSource;
import loupe.sae.JumpReluSae;
import loupe.sae.SaeWeights;

/**
 * What an SAE is made of, before it is made.
 *
 * @param parameters {@code W_enc} and so on
 * @param subtractsBDec whether b_dec is subtracted before encoding
 */
public record SaeParts(TensorSource parameters, Arithmetic arithmetic, boolean subtractsBDec) {

  SaeParts withParameters(TensorSource changed) {
    return new SaeParts(changed, arithmetic, subtractsBDec);
  }

  SaeParts withArithmetic(Arithmetic changed) {
    return new SaeParts(parameters, changed, subtractsBDec);
  }

  /**
   * The SAE.
   *
   * @throws loupe.reference.InputException if the parameters do not fit together
   */
  public JumpReluSae sae() {
    return new JumpReluSae(arithmetic, SaeWeights.load(parameters, arithmetic), subtractsBDec);
  }
}
