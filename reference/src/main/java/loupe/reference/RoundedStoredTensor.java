package loupe.reference;

/** A stored tensor as a program holds it that rounds weights to a narrower format on load. */
final class RoundedStoredTensor implements StoredTensor {
  private final StoredTensor stored;
  private final FloatFormat format;

  private RoundedStoredTensor(StoredTensor stored, FloatFormat format) {
    this.stored = stored;
    this.format = format;
  }

  /** {@code stored} itself where its type holds no number that {@code format} has not. */
  static StoredTensor of(StoredTensor stored, FloatFormat format) {
    DType dtype = stored.dtype();
    boolean onGrid =
        !dtype.isWeight()
            || dtype == format.dtype()
            || format == FloatFormat.F64
            || format == FloatFormat.F32 && dtype != DType.F64;
    return onGrid ? stored : new RoundedStoredTensor(stored, format);
  }

  @Override
  public String name() {
    return stored.name();
  }

  @Override
  public String origin() {
    return stored.origin();
  }

  /** F32: it holds every number of the formats narrower than F64. */
  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public long[] shape() {
    return stored.shape();
  }

  @Override
  public void read(long elementOffset, double[] target, int targetOffset, int count) {
    stored.read(elementOffset, target, targetOffset, count);
    for (int i = targetOffset; i < targetOffset + count; i++) {
      target[i] = format.round(target[i]);
    }
  }

  @Override
  public void read(long elementOffset, float[] target, int targetOffset, int count) {
    double[] block = new double[count];
    read(elementOffset, block, 0, count);
    for (int i = 0; i < count; i++) {
      target[targetOffset + i] = (float) block[i];
    }
  }

  @Override
  public void readBits(long elementOffset, short[] target, int targetOffset, int count) {
    throw new IllegalStateException(name() + " is rounded on reading, it has no bits of its own");
  }
}
