package loupe.reference;

/** A view of a stored tensor whose elements are squared. */
record SquaredTensor(StoredTensor base) implements StoredTensor {
  @Override
  public String name() {
    return base.name();
  }

  @Override
  public String origin() {
    return base.origin() + ", squared";
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
    square(target, targetOffset, count);
  }

  static void square(double[] values, int from, int count) {
    for (int i = from; i < from + count; i++) {
      values[i] *= values[i];
    }
  }
}
