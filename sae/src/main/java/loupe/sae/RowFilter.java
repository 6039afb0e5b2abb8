package loupe.sae;

/**
 * Which rows of an activation a hook works on. The default everywhere is {@link #allButBos}: at
 * {@code <bos>} thousands of features fire, and replacing its activation ruins the model.
 */
public interface RowFilter {
  /** Every row. */
  RowFilter ALL = (tokenId, position, sequence) -> true;

  /**
   * Every row but that of Gemma's {@code <bos>} (id 2) at position 0: what hooks take where they
   * are not told.
   */
  RowFilter DEFAULT = allButBos(2);

  /** Whether to work on the row of this token. Positions and sequences count from 0. */
  boolean accepts(int tokenId, int position, int sequence);

  /** Every row but that at position 0, if its token is {@code <bos>}. */
  static RowFilter allButBos(int bosId) {
    return (tokenId, position, sequence) -> position != 0 || tokenId != bosId;
  }
}
