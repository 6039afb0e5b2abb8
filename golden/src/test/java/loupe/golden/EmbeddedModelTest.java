package loupe.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import loupe.gemma2.Gemma2;
import loupe.loaders.JsonObject;
import loupe.reference.Float64;
import loupe.reference.InputException;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import loupe.sae.Catalogue;
import loupe.sae.SaeEntry;
import loupe.sae.SaeWeights;
import org.junit.jupiter.api.Test;

class EmbeddedModelTest {
  private static final Float64 FLOAT64 = new Float64(Workers.of(1));

  @Test
  void isAModelWithEverySettingSaid() {
    assertEquals(List.of(), EmbeddedModel.config().defaults());
    assertEquals(6, EmbeddedModel.config().config().nLayers());
    Gemma2 model = new Gemma2(EmbeddedModel.config().config(), EmbeddedModel.weights(), FLOAT64);
    assertEquals(
        Resources.json("tiny/training.json").longInteger("parameters"),
        model.config().parameterCount());
  }

  @Test
  void hasTheSaesThatTheGoldensKnow() {
    List<String> expected = new ArrayList<>();
    for (Object sae : Resources.json("tiny/goldens/saes.json").list("saes")) {
      JsonObject entry = new JsonObject("saes.json", "$", java.util.Map.of("s", sae)).object("s");
      expected.add(
          "%s %s %s %d %d"
              .formatted(
                  entry.string("id"),
                  entry.string("site_in"),
                  entry.string("site_out"),
                  entry.integer("d_in"),
                  entry.integer("width")));
    }
    List<String> actual = new ArrayList<>();
    for (SaeEntry entry : EmbeddedModel.saes()) {
      actual.add(
          "%s %s %s %d %d"
              .formatted(
                  entry.path(),
                  entry.at().input(),
                  entry.at().output(),
                  entry.size().dIn(),
                  entry.size().width()));
      SaeWeights weights = SaeWeights.load(EmbeddedModel.saeParameters(entry), FLOAT64);
      assertEquals(entry.size().dIn(), weights.dIn(), entry.id());
      assertEquals(entry.size().width(), weights.dSae(), entry.id());
    }
    actual.sort(null);
    expected.sort(null);
    assertEquals(expected, actual);
  }

  @Test
  void meansTheDefaultSaeByAShortId() {
    Catalogue catalogue = Catalogue.gemmaScopeAnd(EmbeddedModel.saes());
    assertEquals(EmbeddedModel.defaultSae(), catalogue.resolve("tiny/res/layer_3"));
    assertEquals("tiny/res/layer_3/width_1024/average_l0_20", EmbeddedModel.defaultSae().id());
    assertEquals(
        "tiny/res/layer_3/width_1024/average_l0_73",
        catalogue.resolve("tiny/res/layer_3/average_l0_73").id());
  }

  @Test
  void refusesTheParametersOfAnotherModelsSae() {
    SaeEntry other =
        Catalogue.gemmaScope().resolve("gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71");
    assertEquals(
        other.id() + " is no SAE of the embedded model",
        assertThrows(InputException.class, () -> EmbeddedModel.saeParameters(other)).getMessage());
  }

  @Test
  void hasItsTokenizerInBothForms() {
    assertTrue(EmbeddedModel.tokenizerModel().length > 10_000);
    assertEquals('{', EmbeddedModel.tokenizerJson()[0]);
  }

  @Test
  void refusesAGoldenThatIsNotThere() {
    assertTrue(
        assertThrows(InputException.class, () -> GoldenCase.of("../mild"))
            .getMessage()
            .contains("big27"));
    assertTrue(
        assertThrows(InputException.class, () -> GoldenSae.of("hot"))
            .getMessage()
            .contains("hot-att"));
  }

  @Test
  void namesTheEmbeddedFileInMessages() {
    TensorSource weights = EmbeddedModel.weights();
    assertEquals("embedded tiny/model.safetensors", weights.origin());
    assertTrue(
        assertThrows(InputException.class, () -> weights.tensor("lm_head.weight"))
            .getMessage()
            .contains("embedded tiny/model.safetensors"));
    assertArrayEquals(new long[] {4096, 132}, weights.tensor("model.embed_tokens.weight").shape());
  }
}
