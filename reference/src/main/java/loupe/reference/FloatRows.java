package loupe.reference;

import java.util.Arrays;

/** Rows of float32, contiguous, in an array that is moved to the front when its end is reached. */
public final class FloatRows implements RowBuffer {
  private final int width;
  private float[] data = new float[0];
  private int firstPosition;
  private int endPosition;
  private int firstRow;

  public FloatRows(int width) {
    this.width = width;
  }

  /**
   * The array that holds the rows; row of position p starts at {@link #offset}. Valid until the
   * next append.
   */
  public float[] data() {
    return data;
  }

  /** Element offset of the row of a position. */
  public int offset(int position) {
    return (firstRow + position - firstPosition) * width;
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
  public int width() {
    return width;
  }

  @Override
  public void append(Tensor rows) {
    float[] from = ((FloatTensor) rows).data();
    if (rows.rowSize() != width && rows.dim(0) != 0) {
      throw new IllegalArgumentException(
          "rows of " + rows.rowSize() + " in a buffer of width " + width);
    }
    makeRoom(from.length);
    System.arraycopy(from, 0, data, offset(endPosition), from.length);
    endPosition += rows.dim(0);
  }

  /**
   * Doubling keeps appending cheap; moving the rows to the front keeps a window's memory bounded.
   */
  private void makeRoom(int more) {
    int held = (endPosition - firstPosition) * width;
    int start = firstRow * width;
    if (start + held + more <= data.length) {
      return;
    }
    long need = (long) held + more;
    long capacity = need <= data.length / 2 ? data.length : Math.max(2 * need, 16L * width);
    float[] target = capacity == data.length ? data : new float[Math.toIntExact(capacity)];
    System.arraycopy(data, start, target, 0, held);
    data = target;
    firstRow = 0;
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

  @Override
  public FloatTensor snapshot() {
    int start = firstRow * width;
    int held = endPosition - firstPosition;
    return new FloatTensor(Arrays.copyOfRange(data, start, start + held * width), held, width);
  }
}
