package loupe.tests.arbitraries;

import loupe.reference.DType;
import loupe.reference.StoredTensor;

/** Rows of another matrix, in another order or repeated: row r is row {@code rows[r]} of it. */
public final class RowGather implements StoredTensor {
  private final StoredTensor base;
  private final int[] rows;
  private final int width;

  /** {@code base} is {@code [any, width]}. */
  public RowGather(StoredTensor base, int[] rows) {
    this.base = base;
    this.rows = rows;
    this.width = Math.toIntExact(base.shape()[1]);
  }

  private long place(long index) {
    return (long) rows[(int) (index / width)] * width + index % width;
  }

  @Override
  public String name() {
    return base.name();
  }

  @Override
  public String origin() {
    return base.origin() + ", rows gathered";
  }

  @Override
  public DType dtype() {
    return base.dtype();
  }

  @Override
  public long[] shape() {
    return new long[] {rows.length, width};
  }

  @Override
  public void read(long elementOffset, double[] target, int targetOffset, int count) {
    for (int i = 0; i < count; i++) {
      base.read(place(elementOffset + i), target, targetOffset + i, 1);
    }
  }

  @Override
  public void read(long elementOffset, float[] target, int targetOffset, int count) {
    for (int i = 0; i < count; i++) {
      base.read(place(elementOffset + i), target, targetOffset + i, 1);
    }
  }

  @Override
  public void readBits(long elementOffset, short[] target, int targetOffset, int count) {
    for (int i = 0; i < count; i++) {
      base.readBits(place(elementOffset + i), target, targetOffset + i, 1);
    }
  }
}
