package loupe.sae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import loupe.reference.InputException;
import org.junit.jupiter.api.Test;

class CompatibilityTest {
  /** d_model 6, two heads of 4. */
  private static final ModelShape MODEL = new ModelShape("google/gemma-2-2b", 6, 2, 4, 3);

  private static AttachedSae sae(int dIn, int dOut, Site site, int layer) {
    return SmallSaes.attached(SmallSaes.random(new Random(5), dIn, 9, dOut), site, layer);
  }

  private static void refused(
      AttachedSae sae, String trainedOn, ModelShape model, String... parts) {
    InputException e =
        assertThrows(InputException.class, () -> Compatibility.check(sae, trainedOn, model));
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), "no '" + part + "' in: " + e.getMessage());
    }
  }

  @Test
  void acceptsWhatFits() {
    assertEquals(List.of(), Compatibility.check(sae(6, 6, Site.RES, 2), "", MODEL));
    assertEquals(List.of(), Compatibility.check(sae(8, 8, Site.ATT, 0), "gemma-2-2b", MODEL));
    assertEquals(List.of(), Compatibility.check(sae(6, 6, Site.TRANSCODER, 1), "", MODEL));
    assertEquals(List.of(), Compatibility.check(sae(6, 6, Site.EMBEDDING, 0), "", MODEL));
  }

  @Test
  void refusesALayerThatTheModelHasNot() {
    refused(sae(6, 6, Site.RES, 3), "", MODEL, "layer 3", "3 layers, 0 to 2");
  }

  @Test
  void refusesAnotherWidthAndNamesTheSiteItWouldFit() {
    refused(sae(7, 7, Site.RES, 1), "", MODEL, "d_in 7", "rows of 6", "d_model 6, 2 heads of 4");
    refused(sae(8, 8, Site.RES, 1), "", MODEL, "d_in 8", "width of site att");
    refused(sae(6, 6, Site.ATT, 1), "", MODEL, "rows of 8", "every site but att");
    refused(sae(6, 7, Site.TRANSCODER, 1), "", MODEL, "d_out 7", "blocks.1.hook_mlp_out");
  }

  @Test
  void refusesAnSaeOfAnotherModelEvenIfItFits() {
    refused(sae(6, 6, Site.RES, 1), "google/gemma-2-9b", MODEL, "gemma-2-9b", "gemma-2-2b");
    refused(sae(6, 6, Site.RES, 1), "tiny", MODEL, "tiny");
    ModelShape unknown = new ModelShape("my-model", 6, 2, 4, 3);
    assertEquals(
        List.of(), Compatibility.check(sae(6, 6, Site.RES, 1), "google/gemma-2-9b", unknown));
  }

  @Test
  void warnsWherePretrainedMeetsInstructionTuned() {
    AttachedSae sae = sae(6, 6, Site.RES, 1);
    ModelShape tuned = new ModelShape("/models/gemma-2-2b-it", 6, 2, 4, 3);
    List<String> warnings = Compatibility.check(sae, "google/gemma-2-2b", tuned);
    assertEquals(1, warnings.size());
    assertTrue(warnings.get(0).contains("google/gemma-2-2b"), warnings.get(0));
    assertEquals(1, Compatibility.check(sae, "google/gemma-2-2b-it", MODEL).size());
    assertEquals(0, Compatibility.check(sae, "google/gemma-2-2b-it", tuned).size());
  }
}
