package loupe.gemma2;

/** Which keys the queries of a decoder layer may see. */
public enum LayerType {
  /** The last {@code sliding_window} positions, the query's own included. */
  SLIDING_ATTENTION,
  /** All positions up to the query's own. */
  FULL_ATTENTION
}
