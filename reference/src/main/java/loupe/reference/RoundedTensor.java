package loupe.reference;

/** A stored tensor whose elements are rounded as they are read: weights as an engine loads them. */
final class RoundedTensor implements StoredTensor {
  private final StoredTensor base;
  private final FloatFormat format;

  private RoundedTensor(StoredTensor base, FloatFormat format) {
    this.base = base;
    this.format = format;
  }

  /** {@code base} itself where rounding would change nothing. */
  static StoredTensor of(StoredTensor base, FloatFormat format) {
    boolean same = base.dtype() == format.dtype() || format == FloatFormat.F64;
    return same ? base : new RoundedTensor(base, format);
  }

  @Override
  public String name() {
    return base.name();
  }

  @Override
  public String origin() {
    return base.origin();
  }

  @Override
  public DType dtype() {
    return base.dtype();
  }

  @Override
  public long[] shape() {
    return base.shape();
  }

  @Override
  public void read(long elementOffset, double[] target, int targetOffset, int count) {
    base.read(elementOffset, target, targetOffset, count);
    for (int i = targetOffset; i < targetOffset + count; i++) {
      target[i] = RoundingPolicy.round(format, target[i]);
    }
  }

  @Override
  public void read(long elementOffset, float[] target, int targetOffset, int count) {
    base.read(elementOffset, target, targetOffset, count);
    for (int i = targetOffset; i < targetOffset + count; i++) {
      target[i] = (float) format.round(target[i]);
    }
  }

  @Override
  public void readBits(long elementOffset, short[] target, int targetOffset, int count) {
    throw new IllegalStateException(
        name() + " is rounded to " + format.label() + ": it has no bits");
  }
}
