package loupe.sae;

import static loupe.sae.SmallSaes.FLOAT64;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import loupe.reference.DoubleTensor;
import loupe.reference.InputException;
import org.junit.jupiter.api.Test;

class SaeLensTest {
  private final SmallSaes.Source weights = SmallSaes.random(new Random(8), 4, 6, 4);

  /** The form of SAELens 6. */
  private static Map<String, Object> cfg(String architecture, String hook) {
    Map<String, Object> metadata = new HashMap<>();
    metadata.put("hook_name", hook);
    metadata.put("model_name", "gemma-2-2b");
    metadata.put("hook_head_index", null);
    Map<String, Object> cfg = new LinkedHashMap<>();
    cfg.put("architecture", architecture);
    cfg.put("d_in", 4);
    cfg.put("d_sae", 6L);
    cfg.put("dtype", "float32");
    cfg.put("apply_b_dec_to_input", false);
    cfg.put("normalize_activations", "none");
    cfg.put("reshape_activations", "none");
    cfg.put("metadata", metadata);
    return cfg;
  }

  private SaeLens load(Map<String, Object> cfg) {
    return SaeLens.load(weights, cfg, "cfg.json", FLOAT64);
  }

  private void refused(Map<String, Object> cfg, String... parts) {
    InputException e = assertThrows(InputException.class, () -> load(cfg));
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), "no '" + part + "' in: " + e.getMessage());
    }
    assertTrue(e.getMessage().startsWith("cfg.json: "), e.getMessage());
  }

  private static Map<String, Object> with(String key, Object value) {
    Map<String, Object> cfg = cfg("jumprelu", "blocks.3.hook_resid_post");
    cfg.put(key, value);
    return cfg;
  }

  private Optional<Attachment> site(String hook) {
    return load(cfg("jumprelu", hook)).at();
  }

  @Test
  void readsSiteLayerAndModel() {
    SaeLens loaded = load(cfg("jumprelu", "blocks.3.hook_resid_post"));
    assertEquals(Optional.of(Attachment.of(Site.RES, 3)), loaded.at());
    assertEquals("gemma-2-2b", loaded.model());
    assertEquals(Optional.of(Attachment.of(Site.ATT, 12)), site("blocks.12.attn.hook_z"));
    assertEquals(Optional.of(Attachment.of(Site.MLP, 0)), site("blocks.0.hook_mlp_out"));
    assertEquals(
        Optional.of(Attachment.of(Site.TRANSCODER, 5)),
        load(cfg("jumprelu_transcoder", "blocks.5.ln2.hook_normalized")).at());
  }

  @Test
  void theResidualBeforeALayerIsThatAfterTheOneBelow() {
    assertEquals(Optional.of(Attachment.of(Site.RES, 6)), site("blocks.7.hook_resid_pre"));
  }

  @Test
  void anEmbeddingSaeIsUsedOnTheHookAsTheFolderHasIt() {
    assertFalse(site("hook_embed").orElseThrow().onUnscaledRows());
  }

  @Test
  void readsTheOlderFormWithEverythingAtTheTop() {
    Map<String, Object> cfg = with("hook_point", "blocks.2.hook_mlp_out");
    cfg.remove("metadata");
    cfg.put("activation_fn_str", "relu");
    assertEquals(Optional.of(Attachment.of(Site.MLP, 2)), load(cfg).at());
  }

  @Test
  void aFolderThatNamesNoHookNeedsTheOptions() {
    Map<String, Object> cfg = with("metadata", null);
    assertEquals(Optional.empty(), load(cfg).at());
    assertEquals("", load(cfg).model());
  }

  @Test
  void subtractsBDecExactlyWhereTheFileSaysSo() {
    DoubleTensor a = SmallSaes.activations(new Random(2), 3, 4);
    JumpReluSae plain = load(with("apply_b_dec_to_input", false)).sae();
    JumpReluSae centred = load(with("apply_b_dec_to_input", true)).sae();
    double[] shifted = a.toDoubles();
    double[] bDec = weights.values("b_dec");
    for (int i = 0; i < shifted.length; i++) {
      shifted[i] -= bDec[i % 4];
    }
    assertArrayEquals(
        SmallSaes.sae(weights).encode(a).pre().toDoubles(), plain.encode(a).pre().toDoubles());
    assertArrayEquals(
        plain.encode(new DoubleTensor(shifted, 3, 4)).pre().toDoubles(),
        centred.encode(a).pre().toDoubles());
  }

  @Test
  void asksWhetherBDecIsSubtractedWhereTheFileDoesNotSay() {
    Map<String, Object> cfg = with("apply_b_dec_to_input", null);
    refused(cfg, "apply_b_dec_to_input", "missing");
    Map<String, Object> transcoder = cfg("jumprelu_transcoder", "blocks.5.ln2.hook_normalized");
    transcoder.remove("apply_b_dec_to_input");
    assertEquals(4, load(transcoder).sae().dIn());
    transcoder.put("apply_b_dec_to_input", true);
    refused(transcoder, "apply_b_dec_to_input", "expected false");
  }

  @Test
  void refusesOtherArchitecturesByName() {
    for (String other : new String[] {"standard", "topk", "gated", "jumprelu_skip_transcoder"}) {
      refused(with("architecture", other), "'" + other + "'");
    }
    refused(with("architecture", null), "'standard'");
    refused(with("architecture", 7), "architecture", "not a string");
  }

  @Test
  void refusesSettingsThatWouldChangeTheNumbers() {
    refused(with("normalize_activations", "layer_norm"), "normalize_activations", "layer_norm");
    refused(with("activation_fn", "tanh-relu"), "activation_fn", "tanh-relu");
    refused(with("finetuning_scaling_factor", true), "finetuning_scaling_factor");
    refused(with("hook_head_index", 2), "hook_head_index");
  }

  @Test
  void refusesSizesThatContradictTheWeights() {
    refused(with("d_in", 5), "d_in", "5", "4");
    refused(with("d_sae", 12), "d_sae", "12", "6");
    refused(with("d_out", 3), "d_out", "3", "4");
    refused(with("d_in", "4"), "d_in");
  }

  @Test
  void refusesHooksThatAreNoSite() {
    for (String hook :
        new String[] {
          "blocks.3.hook_resid_mid",
          "blocks.0.hook_resid_pre",
          "blocks.3.ln2.hook_normalized",
          "blocks.x.hook_resid_post",
          "hook_resid_post"
        }) {
      refused(cfg("jumprelu", hook), "hook_name", "'" + hook + "'");
    }
    refused(cfg("jumprelu_transcoder", "blocks.3.hook_mlp_out"), "transcoder");
    Map<String, Object> elsewhere = cfg("jumprelu_transcoder", "blocks.5.ln2.hook_normalized");
    elsewhere.put("hook_name_out", "blocks.5.mlp.hook_out");
    refused(elsewhere, "hook_name_out", "blocks.5.mlp.hook_out", "blocks.5.hook_mlp_out");
  }

  @Test
  void refusesMetadataThatIsNoObject() {
    refused(with("metadata", "none"), "metadata");
  }
}
