package loupe.sae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import loupe.reference.InputException;
import loupe.reference.Tensor;
import org.junit.jupiter.api.Test;

class SiteTest {
  @Test
  void readsAndWritesTheTensorsOfGemmaScope() {
    assertEquals("blocks.7.hook_resid_post", Site.RES.input(7));
    assertEquals("blocks.7.attn.hook_z", Site.ATT.output(7));
    assertEquals("blocks.7.hook_mlp_out", Site.MLP.input(7));
    assertEquals("blocks.7.ln2.hook_normalized", Site.TRANSCODER.input(7));
    assertEquals("blocks.7.hook_mlp_out", Site.TRANSCODER.output(7));
    assertEquals("hook_embed", Site.EMBEDDING.input(Attachment.NO_LAYER));
  }

  @Test
  void knowsItsLabels() {
    for (Site site : Site.values()) {
      assertEquals(site, Site.parse(site.label()));
    }
    assertEquals(Site.TRANSCODER, Site.parse("transcoders"));
    InputException e = assertThrows(InputException.class, () -> Site.parse("resid"));
    assertTrue(e.getMessage().contains("res, att, mlp, transcoder and embedding"), e.getMessage());
  }

  @Test
  void optionsCompleteAPath() {
    SaeName bare = SaeName.ofPath("/data/hot/params.npz");
    assertEquals(
        Attachment.of(Site.MLP, 4),
        Attachment.of("f", bare, Optional.of(Site.MLP), OptionalInt.of(4)));
    SaeName layer = SaeName.ofPath("layer_20/width_16k/average_l0_71/params.npz");
    assertEquals(
        Attachment.of(Site.RES, 20),
        Attachment.of("f", layer, Optional.of(Site.RES), OptionalInt.empty()));
    assertEquals(
        new Attachment(Site.EMBEDDING, Attachment.NO_LAYER, true),
        Attachment.of("f", bare, Optional.of(Site.EMBEDDING), OptionalInt.empty()));
  }

  @Test
  void asksForWhatThePathDoesNotSay() {
    SaeName bare = SaeName.ofPath("/data/hot/params.npz");
    InputException site =
        assertThrows(
            InputException.class,
            () -> Attachment.of("f", bare, Optional.empty(), OptionalInt.of(1)));
    assertTrue(site.getMessage().contains("--site"), site.getMessage());
    InputException layer =
        assertThrows(
            InputException.class,
            () -> Attachment.of("f", bare, Optional.of(Site.RES), OptionalInt.empty()));
    assertTrue(layer.getMessage().contains("--layer"), layer.getMessage());
    assertThrows(
        InputException.class,
        () -> Attachment.of("f", bare, Optional.of(Site.RES), OptionalInt.of(-3)));
  }

  @Test
  void refusesOptionsThatContradictThePath() {
    SaeName name = SaeName.ofPath("gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71");
    InputException layer =
        assertThrows(
            InputException.class,
            () -> Attachment.of("f", name, Optional.empty(), OptionalInt.of(3)));
    assertTrue(layer.getMessage().contains("the path says layer 20"), layer.getMessage());
    InputException site =
        assertThrows(
            InputException.class,
            () -> Attachment.of("f", name, Optional.of(Site.ATT), OptionalInt.empty()));
    assertTrue(site.getMessage().contains("the path says site res"), site.getMessage());
  }

  @Test
  void embeddingSaesWorkOnRowsOfTheTable() {
    Random random = new Random(11);
    SmallSaes.Source source = SmallSaes.random(random, 4, 7, 4);
    AttachedSae attached = SmallSaes.attached(source, Site.EMBEDDING, 0);
    Tensor rows = SmallSaes.activations(random, 3, 4);
    Tensor hook = SmallSaes.FLOAT64.scale(rows, 2); // sqrt(d_model) = 2, exactly
    Tensor features = attached.sae().encode(rows).features();
    assertArrayEquals(features.toDoubles(), attached.features(hook).toDoubles());
    Tensor reconstruction = attached.sae().decode(features);
    assertArrayEquals(
        SmallSaes.FLOAT64.scale(reconstruction, 2).toDoubles(),
        attached.decode(features).toDoubles());
    assertArrayEquals(
        SmallSaes.FLOAT64.scale(attached.sae().directions(5), 2).toDoubles(),
        attached.directions(5).toDoubles());
  }

  @Test
  void aTranscoderIsRefusedAtASiteOfAnSae() {
    SmallSaes.Source source = SmallSaes.random(new Random(1), 4, 6, 5);
    InputException e =
        assertThrows(InputException.class, () -> SmallSaes.attached(source, Site.RES, 0));
    assertTrue(e.getMessage().contains("d_in 4 and d_out 5"), e.getMessage());
  }
}
