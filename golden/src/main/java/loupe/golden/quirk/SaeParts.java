package loupe.golden.quirk;

import java.util.LinkedHashMap;
import java.util.Map;
import loupe.reference.Arithmetic;
import loupe.reference.StoredTensor;
import loupe.reference.TensorMap;
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
  /** What an SAE was made of. */
  public static SaeParts of(JumpReluSae sae) {
    SaeWeights weights = sae.weights();
    Map<String, StoredTensor> parameters = new LinkedHashMap<>();
    parameters.put("W_enc", weights.wEnc().stored());
    parameters.put("b_enc", weights.bEnc().stored());
    parameters.put("W_dec", weights.wDec().stored());
    parameters.put("b_dec", weights.bDec().stored());
    parameters.put("threshold", weights.threshold().stored());
    return new SaeParts(
        new TensorMap("the SAE", parameters), sae.arithmetic(), sae.subtractsBDec());
  }

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
