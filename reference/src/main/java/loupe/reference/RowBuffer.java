package loupe.reference;

/**
 * Rows that grow at the end and may be forgotten at the front: the keys or values of one layer. Row
 * {@code i} holds the absolute position {@code i}; positions are never renumbered.
 */
public sealed interface RowBuffer permits HeadRows, BoundedRows {
  /** Position of the first row that is still held. */
  int firstPosition();

  /** Position after the last row. */
  int endPosition();

  /** Key heads of a row. */
  int heads();

  /** Elements of a head. */
  int headSize();

  /** Elements in a row: {@code head_kv * d_head}. */
  default int width() {
    return heads() * headSize();
  }

  /**
   * Adds the rows of {@code rows} {@code [pos, head_kv, d_head]} at the end, or {@code [pos,
   * width]}.
   */
  void append(Tensor rows);

  /** Forgets all rows before {@code position}. */
  void forgetBefore(int position);

  /** Forgets all rows from {@code position} on, to go back to an earlier state of a sequence. */
  void truncate(int position);

  /** The rows still held, copied: {@code [pos, width]}, the first at {@link #firstPosition}. */
  Tensor snapshot();
}
