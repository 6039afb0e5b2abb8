package loupe.reference;

/** Rows of float32. */
public final class FloatRows extends HeadRows<float[]> {
  public FloatRows(int heads, int headSize) {
    super(heads, headSize, 0);
  }

  @Override
  float[] array(int length) {
    return new float[length];
  }

  @Override
  float[] elements(Tensor rows) {
    return ((FloatTensor) rows).data();
  }

  @Override
  public FloatTensor snapshot() {
    return new FloatTensor(copyOfElements(), endPosition() - firstPosition(), width());
  }
}
