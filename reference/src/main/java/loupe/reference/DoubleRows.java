package loupe.reference;

import java.util.Arrays;

/** Rows of float64, contiguous, in an array that is moved to the front when its end is reached. */
public final class DoubleRows implements RowBuffer {
  private final int width;
  private final FloatFormat format;
  private double[] data = new double[0];
  private int firstPosition;
  private int endPosition;
  private int firstRow;

  public DoubleRows(int width) {
    this(width, FloatFormat.F64);
  }

  /** A buffer that rounds what is appended. */
  DoubleRows(int width, FloatFormat format) {
    this.width = width;
    this.format = format;
  }

  /**
   * The array that holds the rows; row of position p starts at {@link #offset}. Valid until the
   * next append.
   */
  public double[] data() {
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
    double[] from = ((DoubleTensor) rows).data();
    if (rows.rowSize() != width && rows.dim(0) != 0) {
      throw new IllegalArgumentException(
          "rows of " + rows.rowSize() + " in a buffer of width " + width);
    }
    makeRoom(from.length);
    int at = offset(endPosition);
    for (int i = 0; i < from.length; i++) {
      data[at + i] = RoundingPolicy.round(format, from[i]);
    }
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
    double[] target = capacity == data.length ? data : new double[Math.toIntExact(capacity)];
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

  /** The same rows, each element squared. */
  DoubleRows squared() {
    DoubleRows out = new DoubleRows(width);
    out.data = data.clone();
    SquaredTensor.square(out.data, 0, out.data.length);
    out.firstPosition = firstPosition;
    out.endPosition = endPosition;
    out.firstRow = firstRow;
    return out;
  }

  @Override
  public DoubleTensor snapshot() {
    int start = firstRow * width;
    int held = endPosition - firstPosition;
    return new DoubleTensor(Arrays.copyOfRange(data, start, start + held * width), held, width);
  }
}
