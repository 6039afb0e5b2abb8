package loupe.reference;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A BF16, F16 or F32 tensor in memory outside of the heap, as a mapped file is. */
public final class DirectTensor implements StoredTensor {
  private static final int BLOCK = 1 << 16;

  private final String name;
  private final DType dtype;
  private final long[] shape;
  private final int elementBytes;
  private final ByteBuffer memory;

  private DirectTensor(StoredTensor like) {
    this.name = like.name();
    this.dtype = like.dtype();
    this.shape = like.shape();
    this.elementBytes = dtype.bits() / Byte.SIZE;
    int bytes = Math.toIntExact(Math.multiplyExact(like.elementCount(), elementBytes));
    this.memory = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A copy of a BF16, F16 or F32 tensor of less than 2 GiB. */
  public static DirectTensor of(StoredTensor stored) {
    DirectTensor copy = new DirectTensor(stored);
    int count = Math.toIntExact(stored.elementCount());
    boolean halves = copy.elementBytes == Short.BYTES;
    short[] bits = new short[halves ? BLOCK : 0];
    float[] values = new float[halves ? 0 : BLOCK];
    for (int from = 0; from < count; from += BLOCK) {
      int some = Math.min(BLOCK, count - from);
      if (halves) {
        stored.readBits(from, bits, 0, some);
        copy.slice(from, some).asShortBuffer().put(bits, 0, some);
      } else {
        stored.read(from, values, 0, some);
        copy.slice(from, some).asFloatBuffer().put(values, 0, some);
      }
    }
    return copy;
  }

  private ByteBuffer slice(long first, int count) {
    return memory
        .slice(Math.toIntExact(first * elementBytes), count * elementBytes)
        .order(ByteOrder.LITTLE_ENDIAN);
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
    return dtype;
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }

  @Override
  public void read(long elementOffset, double[] target, int targetOffset, int count) {
    float[] values = new float[count];
    read(elementOffset, values, 0, count);
    for (int i = 0; i < count; i++) {
      target[targetOffset + i] = values[i];
    }
  }

  @Override
  public void read(long elementOffset, float[] target, int targetOffset, int count) {
    if (dtype == DType.F32) {
      slice(elementOffset, count).asFloatBuffer().get(target, targetOffset, count);
      return;
    }
    short[] bits = new short[count];
    readBits(elementOffset, bits, 0, count);
    new ScalarKernels().widen(dtype, bits, 0, target, targetOffset, count);
  }

  @Override
  public void readBits(long elementOffset, short[] target, int targetOffset, int count) {
    slice(elementOffset, count).asShortBuffer().get(target, targetOffset, count);
  }

  @Override
  public Run direct(long elementOffset, int count) {
    return new Run(memory, Math.toIntExact(elementOffset * elementBytes));
  }
}
