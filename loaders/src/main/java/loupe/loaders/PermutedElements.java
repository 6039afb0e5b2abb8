package loupe.loaders;

/**
 * Row-major order over elements that lie in column-major ("Fortran") order: element {@code [i0, i1,
 * ...]} is number {@code i0 + shape[0] * (i1 + shape[1] * ...)} of the file. Elements are fetched
 * one by one, so nothing is copied and any size works.
 */
final class PermutedElements implements Elements {
  private final Elements stored;
  private final long[] shape;
  private final long[] strides;

  PermutedElements(Elements stored, long[] shape) {
    this.stored = stored;
    this.shape = shape;
    this.strides = new long[shape.length];
    long stride = 1;
    for (int axis = 0; axis < shape.length; axis++) {
      strides[axis] = stride;
      stride *= shape[axis];
    }
  }

  /** Where the element of a row-major index lies. */
  private long position(long index) {
    long left = index;
    long position = 0;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      position += left % shape[axis] * strides[axis];
      left /= shape[axis];
    }
    return position;
  }

  /** Elements from {@code index} to the end of its run along the last axis. */
  private int runLength(long index, int count) {
    long last = shape[shape.length - 1];
    return (int) Math.min(count, last - index % last);
  }

  private long lastStride() {
    return strides[strides.length - 1];
  }

  @Override
  public void toDoubles(long first, double[] target, int at, int count) {
    int done = 0;
    while (done < count) {
      int run = runLength(first + done, count - done);
      long position = position(first + done);
      for (int i = 0; i < run; i++) {
        stored.toDoubles(position + i * lastStride(), target, at + done + i, 1);
      }
      done += run;
    }
  }

  @Override
  public void toFloats(long first, float[] target, int at, int count) {
    int done = 0;
    while (done < count) {
      int run = runLength(first + done, count - done);
      long position = position(first + done);
      for (int i = 0; i < run; i++) {
        stored.toFloats(position + i * lastStride(), target, at + done + i, 1);
      }
      done += run;
    }
  }

  @Override
  public long bitsAt(long index) {
    return stored.bitsAt(position(index));
  }
}
