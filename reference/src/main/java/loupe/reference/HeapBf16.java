package loupe.reference;

/** A stored tensor in memory, of type BF16: weights to measure with. */
public final class HeapBf16 implements StoredTensor {
  private final String name;
  private final long[] shape;
  private final short[] bits;

  /**
   * A stored tensor.
   *
   * @param bits shared, not copied; as many as {@code shape} has elements
   */
  public HeapBf16(String name, short[] bits, long... shape) {
    this.name = name;
    this.shape = shape.clone();
    this.bits = bits;
    if (elementCount() != bits.length) {
      throw new IllegalArgumentException(name + ": " + bits.length + " elements do not fill it");
    }
  }

  /** A copy in memory of a BF16 tensor. */
  public static HeapBf16 of(StoredTensor stored) {
    short[] bits = new short[Math.toIntExact(stored.elementCount())];
    stored.readBits(0, bits, 0, bits.length);
    return new HeapBf16(stored.name(), bits, stored.shape());
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
    return DType.BF16;
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }

  @Override
  public void read(long elementOffset, double[] target, int targetOffset, int count) {
    for (int i = 0; i < count; i++) {
      target[targetOffset + i] = Float.intBitsToFloat(bits[(int) elementOffset + i] << 16);
    }
  }

  @Override
  public void readBits(long elementOffset, short[] target, int targetOffset, int count) {
    System.arraycopy(bits, (int) elementOffset, target, targetOffset, count);
  }
}
