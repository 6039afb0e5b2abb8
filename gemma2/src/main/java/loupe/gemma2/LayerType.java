package loupe.gemma2;

import java.util.Locale;

/** Which keys a layer's queries see; the constants spell {@code layer_types} of config.json. */
public enum LayerType {
  /** The last {@code sliding_window} keys, the query's own position included. */
  SLIDING_ATTENTION,
  /** All keys up to the query's own position. */
  FULL_ATTENTION;

  /** As {@code config.json} spells it: {@code sliding_attention}, {@code full_attention}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
