package loupe.cli;

import java.util.List;
import java.util.Map;
import loupe.sae.AttachedSae;
import loupe.sae.FeatureReader;
import loupe.sae.PromotedTokens;

/**
 * What {@code look} found in a text.
 *
 * @param ids the prompt
 * @param views one for each SAE that was looked through
 * @param next what the model expects after the prompt, most probable first, ties to the lowest id
 */
record LookResult(int[] ids, List<View> views, List<Expected> next) {
  /**
   * A text through one SAE.
   *
   * @param readings the strongest features of each token of the prompt, in order
   * @param promoted for each feature in the readings, the tokens that it promotes, best first
   */
  record View(
      AttachedSae sae,
      List<FeatureReader.Reading> readings,
      Map<Integer, List<PromotedTokens.Token>> promoted) {}

  /**
   * A token that may come next.
   *
   * @param p its probability
   */
  record Expected(int id, double p) {}
}
