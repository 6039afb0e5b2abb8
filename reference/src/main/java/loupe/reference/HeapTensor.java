package loupe.reference;

import java.util.Arrays;

/**
 * A stored tensor in memory, of type F64 or F32: for tests, edits, and weights that a program made.
 */
public final class HeapTensor implements StoredTensor {
  private final String name;
  private final long[] shape;
  private final Tensor values;

  /** A stored tensor with the values (shared, not copied) and shape of {@code values}. */
  public HeapTensor(String name, Tensor values) {
    this.name = name;
    this.values = values;
    this.shape = Arrays.stream(values.shape()).asLongStream().toArray();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String origin() {
    return name + " in memory";
  }

  @Override
  public DType dtype() {
    return values.dtype();
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }

  @Override
  public void read(long elementOffset, double[] target, int targetOffset, int count) {
    int from = Math.toIntExact(elementOffset);
    for (int i = 0; i < count; i++) {
      target[targetOffset + i] = values.get(from + i);
    }
  }

  @Override
  public void read(long elementOffset, float[] target, int targetOffset, int count) {
    int from = Math.toIntExact(elementOffset);
    if (values instanceof FloatTensor floats) {
      System.arraycopy(floats.data(), from, target, targetOffset, count);
    } else {
      StoredTensor.super.read(elementOffset, target, targetOffset, count);
    }
  }
}
