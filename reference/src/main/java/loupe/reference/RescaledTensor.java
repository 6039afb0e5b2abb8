package loupe.reference;

/**
 * A view of a stored tensor whose element {@code [.., j, ..]} along one axis is multiplied by
 * {@code factors[j]}. Nothing is copied; elements are float64.
 */
public final class RescaledTensor implements StoredTensor {
  private final StoredTensor base;
  private final double[] factors;
  private final long stride;

  /**
   * @param axis of {@code base} along which the factors run
   * @param factors one for each index of that axis; shared, not copied
   */
  public RescaledTensor(StoredTensor base, int axis, double[] factors) {
    this.base = base;
    this.factors = factors;
    long below = 1;
    for (int i = axis + 1; i < base.shape().length; i++) {
      below *= base.shape()[i];
    }
    this.stride = below;
  }

  @Override
  public String name() {
    return base.name();
  }

  @Override
  public String origin() {
    return base.origin() + ", rescaled";
  }

  @Override
  public DType dtype() {
    return DType.F64;
  }

  @Override
  public long[] shape() {
    return base.shape();
  }

  @Override
  public void read(long elementOffset, double[] target, int targetOffset, int count) {
    base.read(elementOffset, target, targetOffset, count);
    for (int i = 0; i < count; i++) {
      target[targetOffset + i] *= factors[(int) ((elementOffset + i) / stride % factors.length)];
    }
  }
}
