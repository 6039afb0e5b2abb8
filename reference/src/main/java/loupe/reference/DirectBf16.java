package loupe.reference;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A BF16 tensor in memory outside of the heap, as a mapped file is. */
public final class DirectBf16 implements StoredTensor {
  private static final int BLOCK = 1 << 16;

  private final String name;
  private final long[] shape;
  private final ByteBuffer bits;

  private DirectBf16(String name, ByteBuffer bits, long[] shape) {
    this.name = name;
    this.bits = bits;
    this.shape = shape;
  }

  /** A copy of a BF16 tensor of less than 2<sup>30</sup> elements. */
  public static DirectBf16 of(StoredTensor stored) {
    int count = Math.toIntExact(stored.elementCount());
    ByteBuffer bits = ByteBuffer.allocateDirect(Math.multiplyExact(count, Short.BYTES));
    bits.order(ByteOrder.LITTLE_ENDIAN);
    short[] block = new short[BLOCK];
    for (int from = 0; from < count; from += BLOCK) {
      int some = Math.min(BLOCK, count - from);
      stored.readBits(from, block, 0, some);
      bits.asShortBuffer().put(from, block, 0, some);
    }
    return new DirectBf16(stored.name(), bits, stored.shape());
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
      short bit = bits.getShort(((int) elementOffset + i) * Short.BYTES);
      target[targetOffset + i] = Float.intBitsToFloat(bit << 16);
    }
  }

  @Override
  public void readBits(long elementOffset, short[] target, int targetOffset, int count) {
    ByteBuffer from = bits.slice((int) elementOffset * Short.BYTES, count * Short.BYTES);
    from.order(ByteOrder.LITTLE_ENDIAN).asShortBuffer().get(target, targetOffset, count);
  }

  @Override
  public Run direct(long elementOffset, int count) {
    return new Run(bits, (int) elementOffset * Short.BYTES);
  }
}
