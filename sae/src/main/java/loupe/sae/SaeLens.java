package loupe.sae;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.reference.Arithmetic;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;
import loupe.reference.TensorSource;

/**
 * A folder that SAELens saved: {@code sae_weights.safetensors} and {@code cfg.json}. Understood are
 * the architectures {@code jumprelu} and {@code jumprelu_transcoder}, in the form of SAELens 6
 * ({@code hook_name} under {@code metadata}) and older ({@code hook_name} or {@code hook_point} at
 * the top). Whatever else the file asks for is refused, not ignored.
 *
 * <p>Source: jbloomAus/SAELens at 91ca16c, sae_lens/saes/sae.py, jumprelu_sae.py, transcoder.py,
 * and loading/pretrained_sae_loaders.py.
 *
 * @param sae the SAE
 * @param at where it meets the model, if the file names a site
 * @param model the model that it was trained on, as the file names it; empty if it does not
 */
public record SaeLens(JumpReluSae sae, Optional<Attachment> at, String model) {
  private static final Pattern LAYER_HOOK = Pattern.compile("blocks\\.(\\d{1,6})\\.(.+)");

  /**
   * Puts weights and configuration together.
   *
   * @param weights the tensors of {@code sae_weights.safetensors}
   * @param cfg the content of {@code cfg.json}
   * @param origin the path of {@code cfg.json}, for messages
   * @throws InputException if one of the two is not understood, or they contradict each other
   */
  public static SaeLens load(
      TensorSource weights, Map<String, Object> cfg, String origin, Arithmetic arithmetic) {
    String architecture = text(cfg, origin, "architecture").orElse("standard");
    boolean transcoder = architecture.equals("jumprelu_transcoder");
    if (!architecture.equals("jumprelu") && !transcoder) {
      throw wrong(
          origin,
          "architecture",
          "'" + architecture + "' is not supported; jumprelu and" + " jumprelu_transcoder are");
    }
    requireNothingElse(cfg, origin);
    boolean subtracts = subtractsBDec(cfg, origin, transcoder);
    SaeWeights loaded = SaeWeights.load(weights, arithmetic);
    requireSize(cfg, origin, "d_in", "W_enc [d_in, d_sae]", loaded.dIn());
    requireSize(cfg, origin, "d_sae", "W_enc [d_in, d_sae]", loaded.dSae());
    requireSize(cfg, origin, "d_out", "W_dec [d_sae, d_out]", loaded.dOut());
    if (!transcoder && loaded.dIn() != loaded.dOut()) {
      throw wrong(
          origin,
          "architecture",
          "jumprelu has d_out = d_in, but the weights have %d and %d"
              .formatted(loaded.dOut(), loaded.dIn()));
    }
    return new SaeLens(
        new JumpReluSae(arithmetic, loaded, subtracts),
        attachment(cfg, origin, transcoder),
        text(cfg, origin, "model_name").orElse(""));
  }

  private static boolean subtractsBDec(Map<String, Object> cfg, String origin, boolean transcoder) {
    Object value = cfg.get("apply_b_dec_to_input");
    if (value instanceof Boolean said && !(said && transcoder)) {
      return said;
    }
    if (value == null && transcoder) {
      return false;
    }
    throw wrong(
        origin,
        "apply_b_dec_to_input",
        value == null
            ? "is missing; say false (as for Gemma Scope) or true (which SAELens takes it for)"
            : "is " + value + "; expected " + (transcoder ? "false" : "true or false"));
  }

  /** Settings that change the numbers must be at the value that changes nothing. */
  private static void requireNothingElse(Map<String, Object> cfg, String origin) {
    requireOneOf(cfg, origin, "normalize_activations", "none", false);
    requireOneOf(cfg, origin, "activation_fn", "relu");
    requireOneOf(cfg, origin, "activation_fn_str", "relu");
    requireOneOf(cfg, origin, "finetuning_scaling_factor", false);
    requireOneOf(cfg, origin, "reshape_activations", "none", "hook_z");
    requireOneOf(cfg, origin, "rescale_acts_by_decoder_norm", false);
    for (String key : List.of("hook_head_index", "hook_point_head_index")) {
      if (value(cfg, origin, key).isPresent()) {
        throw wrong(origin, key, "SAEs of single heads are not supported");
      }
    }
  }

  private static void requireOneOf(
      Map<String, Object> cfg, String origin, String key, Object... allowed) {
    Object value = cfg.get(key);
    if (value != null && !List.of(allowed).contains(value)) {
      throw wrong(origin, key, "is " + value + ", and only " + allowed[0] + " is supported");
    }
  }

  private static void requireSize(
      Map<String, Object> cfg, String origin, String key, String tensor, int is) {
    Object said = cfg.get(key);
    if (said == null) {
      return;
    }
    if (!(said instanceof Number number) || number.doubleValue() != is) {
      throw wrong(origin, key, "says " + said + ", but " + tensor + " says " + is);
    }
  }

  private static Optional<Attachment> attachment(
      Map<String, Object> cfg, String origin, boolean transcoder) {
    Optional<String> in = text(cfg, origin, "hook_name").or(() -> text(cfg, origin, "hook_point"));
    if (in.isEmpty()) {
      return Optional.empty();
    }
    Attachment at = attachment(in.get(), transcoder);
    if (at == null) {
      throw wrong(
          origin,
          "hook_name",
          "there is no %s at '%s' among the sites of Gemma Scope"
              .formatted(transcoder ? "transcoder" : "SAE", in.get()));
    }
    Optional<String> out = text(cfg, origin, "hook_name_out");
    if (transcoder && out.isPresent() && !out.get().equals(at.output())) {
      throw wrong(
          origin,
          "hook_name_out",
          "a transcoder from %s to '%s' is not supported, only to %s"
              .formatted(in.get(), out.get(), at.output()));
    }
    return Optional.of(at);
  }

  /** The site of a hook's name; null if there is none. */
  private static Attachment attachment(String hook, boolean transcoder) {
    if (hook.equals("hook_embed") && !transcoder) {
      // The folder's weights are for hook_embed itself, not for the table's rows.
      return new Attachment(Site.EMBEDDING, Attachment.NO_LAYER, false);
    }
    Matcher m = LAYER_HOOK.matcher(hook);
    if (!m.matches()) {
      return null;
    }
    int layer = Integer.parseInt(m.group(1));
    if (m.group(2).equals("hook_resid_pre") && layer > 0 && !transcoder) {
      return Attachment.of(Site.RES, layer - 1); // the same tensor
    }
    for (Site site : Site.values()) {
      if (site.hasLayer()
          && site.isTranscoder() == transcoder
          && site.input(layer).equals("blocks." + layer + "." + m.group(2))) {
        return Attachment.of(site, layer);
      }
    }
    return null;
  }

  private static Optional<String> text(Map<String, Object> cfg, String origin, String key) {
    Optional<Object> value = value(cfg, origin, key);
    if (value.isPresent() && !(value.get() instanceof String)) {
      throw wrong(origin, key, "is " + value.get() + ", not a string");
    }
    return value.map(Object::toString);
  }

  /** A value at the top, or, as since SAELens 6, under {@code metadata}. */
  private static Optional<Object> value(Map<String, Object> cfg, String origin, String key) {
    Object metadata = cfg.get("metadata");
    if (metadata != null && !(metadata instanceof Map)) {
      throw wrong(origin, "metadata", "is no object");
    }
    Object inner = metadata == null ? null : ((Map<?, ?>) metadata).get(key);
    return Optional.ofNullable(cfg.get(key) == null ? inner : cfg.get(key));
  }

  private static MalformedFileException wrong(String origin, String key, String reason) {
    return new MalformedFileException(origin, key, reason);
  }
}
