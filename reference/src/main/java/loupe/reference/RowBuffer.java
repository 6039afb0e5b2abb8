package loupe.reference;

/**
 * Rows that grow at the end and may be forgotten at the front: the keys or values of one layer. Row
 * {@code i} holds the absolute position {@code i}; positions are never renumbered.
 */
public sealed interface RowBuffer permits FloatRows, DoubleRows, BoundedRows {
  /** Position of the first row that is still held. */
  int firstPosition();

  /** Position after the last row. */
  int endPosition();

  /** Elements in a row. */
  int width();

  /** Adds the rows of {@code rows} {@code [pos, ...]} at the end. */
  void append(Tensor rows);

  /** Forgets all rows before {@code position}. */
  void forgetBefore(int position);

  /** Forgets all rows from {@code position} on, to go back to an earlier state of a sequence. */
  void truncate(int position);

  /** The rows still held, copied: {@code [pos, width]}, the first at {@link #firstPosition}. */
  Tensor snapshot();
}
