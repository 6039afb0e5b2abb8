package loupe.sae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import loupe.reference.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SaeNameTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71/params.npz",
        "sets/att/gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71/params.npz",
        "hub/models--google--gemma-scope-2b-pt-res/snapshots/fd571b4/layer_20/width_16k/average_l0_71",
        "D:\\saes\\gemma-scope-2b-pt-res\\layer_20\\width_16k\\average_l0_71\\params.npz",
        "gemma-scope-9b-it-att/layer_3/gemma-scope-2b-pt-res/layer_20/width_16384/average_l0_71"
      })
  void readsSiteLayerWidthAndL0OffAPath(String path) {
    SaeName name = SaeName.ofPath(path);
    assertEquals(Optional.of("gemma-scope-2b-pt-res"), name.release());
    assertEquals(Optional.of(Site.RES), name.site());
    assertEquals(OptionalInt.of(20), name.layer());
    assertEquals(OptionalInt.of(16384), name.width());
    assertEquals(OptionalInt.of(71), name.l0());
  }

  @Test
  void aBareSiteCountsOnlyRightBeforeALayerOrAWidth() {
    assertEquals(
        Optional.of(Site.MLP), SaeName.ofPath("x/mlp/layer_3/width_512/params.npz").site());
    assertEquals(
        Optional.of(Site.EMBEDDING),
        SaeName.ofPath("gemma-scope-2b-pt-res/embedding/width_4k/average_l0_6").site());
    assertEquals(Optional.empty(), SaeName.ofPath("/res/att/x/layer_3/params.npz").site());
  }

  @Test
  void aPathThatSaysNothingIsNoError() {
    SaeName name = SaeName.ofPath("/tmp/hot-res/params.npz");
    assertEquals(Optional.empty(), name.release());
    assertEquals(Optional.empty(), name.site());
    assertEquals(OptionalInt.empty(), name.layer());
    assertEquals(OptionalInt.empty(), name.width());
    assertEquals(OptionalInt.empty(), name.l0());
  }

  @Test
  void widthsOfGemmaScopeArePowersOfTwo() {
    int[] expected = {4096, 16384, 32768, 65536, 131072, 262144, 524288, 1048576};
    String[] labels = {"4k", "16k", "32k", "65k", "131k", "262k", "524k", "1m"};
    for (int i = 0; i < labels.length; i++) {
      assertEquals(expected[i], SaeName.width(labels[i]), labels[i]);
    }
    assertEquals(512, SaeName.width("512"));
    assertEquals(1000, SaeName.width("1000"));
  }

  @Test
  void anIdMustBeUnderstoodAsAWhole() {
    for (String id : new String[] {"res/layr_3", "res/layer_x", "layer_3/foo", "nowhere.npz"}) {
      InputException e = assertThrows(InputException.class, () -> SaeName.ofId(id, Set.of("tiny")));
      assertTrue(e.getMessage().contains("'" + id + "'"), e.getMessage());
      assertTrue(e.getMessage().contains("tiny/res/layer_3"), e.getMessage());
    }
  }

  @Test
  void anIdThatSaysNothingIsRefused() {
    for (String id : new String[] {"", "/", "canonical", "params.npz", "google", "average_l0_3"}) {
      assertThrows(InputException.class, () -> SaeName.ofId(id, Set.of()), id);
    }
  }

  @Test
  void anIdThatContradictsItselfIsRefused() {
    InputException e =
        assertThrows(InputException.class, () -> SaeName.ofId("res/layer_3/att/layer_3", Set.of()));
    assertTrue(e.getMessage().contains("says both"), e.getMessage());
    assertThrows(
        InputException.class, () -> SaeName.ofId("gemma-scope-2b-pt-res/att/layer_3", Set.of()));
  }

  @Test
  void hugeNumbersAreNotUnderstood() {
    assertThrows(InputException.class, () -> SaeName.ofId("res/layer_99999999999", Set.of()));
    assertEquals(OptionalInt.empty(), SaeName.ofPath("res/layer_99999999999/x").layer());
    assertEquals(Integer.MAX_VALUE, SaeName.width("999999999m"));
  }

  @Test
  void knowsWhichModelAReleaseWasTrainedOn() {
    for (SaeEntry entry : Catalogue.gemmaScope().entries()) {
      assertEquals(Optional.of(entry.model()), SaeName.ofPath(entry.file()).trainedOn());
    }
    assertEquals(Optional.empty(), SaeName.ofPath("tiny/res/layer_3/params.npz").trainedOn());
  }
}
