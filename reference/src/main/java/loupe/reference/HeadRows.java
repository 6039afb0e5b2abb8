package loupe.reference;

/**
 * Rows in an array {@code [head][position][d_head]}: one head's rows lie one after another, since a
 * task of attention reads one head, and memory reads ahead only where reads go on. Every head has
 * the same capacity; rows are moved to its front, or to a larger array, when its end is reached.
 *
 * @param <A> the array type, {@code float[]} or {@code double[]}
 */
abstract sealed class HeadRows<A> implements RowBuffer permits FloatRows, DoubleRows {
  private static final int FEWEST = 16;

  /** Where rows begin in the array: on a cache line, see {@link Panels#FIRST}. */
  private static final int BASE = Panels.FIRST;

  private final int heads;
  private final int headSize;
  private A data;

  /** Rows of each head that the array has room for. */
  private int capacity;

  private int firstPosition;
  private int endPosition;

  /** Where a head's first position is. */
  private int firstRow;

  HeadRows(int heads, int headSize, int firstPosition) {
    this.heads = heads;
    this.headSize = headSize;
    this.firstPosition = firstPosition;
    this.endPosition = firstPosition;
    this.data = array(BASE);
  }

  /** A new array. */
  abstract A array(int length);

  /** The elements {@code [pos, head, d_head]} of a tensor, as this buffer holds them. */
  abstract A elements(Tensor rows);

  /**
   * The array that holds the rows; that of a head and a position starts at {@link #offset}, a
   * head's next position {@link #headSize} further on. Valid until the next append.
   */
  public A data() {
    return data;
  }

  /** Element offset of the row of a key head and a position. */
  public int offset(int head, int position) {
    return BASE + (head * capacity + firstRow + position - firstPosition) * headSize;
  }

  @Override
  public int firstPosition() {
    return firstPosition;
  }

  @Override
  public int endPosition() {
    return endPosition;
  }

  @Override
  public int heads() {
    return heads;
  }

  @Override
  public int headSize() {
    return headSize;
  }

  @Override
  public void append(Tensor rows) {
    int count = rows.dim(0);
    if (rows.rowSize() != width() && count != 0) {
      throw new IllegalArgumentException(
          "rows of " + rows.rowSize() + " in a buffer of width " + width());
    }
    makeRoom(count);
    A from = elements(rows);
    for (int i = 0; i < count; i++) {
      for (int head = 0; head < heads; head++) {
        copy(from, (i * heads + head) * headSize, data, offset(head, endPosition + i), 1);
      }
    }
    endPosition += count;
  }

  /**
   * Doubling keeps appending cheap; moving the rows to the front keeps a window's memory bounded.
   */
  private void makeRoom(int more) {
    int held = endPosition - firstPosition;
    int need = held + more;
    if (firstRow + need <= capacity) {
      return;
    }
    int rows = need <= capacity / 2 ? capacity : Math.max(2 * need, FEWEST);
    A target = rows == capacity ? data : array(Math.toIntExact(BASE + (long) rows * width()));
    for (int head = 0; head < heads; head++) {
      copy(data, offset(head, firstPosition), target, BASE + head * rows * headSize, held);
    }
    data = target;
    capacity = rows;
    firstRow = 0;
  }

  /** Copies {@code count} rows of one head that lie side by side. */
  private void copy(A from, int fromOffset, A to, int toOffset, int count) {
    System.arraycopy(from, fromOffset, to, toOffset, count * headSize);
  }

  @Override
  public void forgetBefore(int position) {
    int to = Math.max(firstPosition, Math.min(position, endPosition));
    firstRow += to - firstPosition;
    firstPosition = to;
  }

  @Override
  public void truncate(int position) {
    if (position < firstPosition || position > endPosition) {
      throw new IllegalArgumentException(
          "position %d is not among the rows %d to %d"
              .formatted(position, firstPosition, endPosition));
    }
    endPosition = position;
  }

  /** The elements of {@link #snapshot}. */
  A copyOfElements() {
    int held = endPosition - firstPosition;
    A out = array(held * width());
    for (int i = 0; i < held; i++) {
      for (int head = 0; head < heads; head++) {
        copy(data, offset(head, firstPosition + i), out, (i * heads + head) * headSize, 1);
      }
    }
    return out;
  }
}
