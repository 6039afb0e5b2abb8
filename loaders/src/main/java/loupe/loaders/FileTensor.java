package loupe.loaders;

import java.util.function.Supplier;
import loupe.reference.DType;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;

/**
 * A tensor in a file: row-major whatever the file's own order and byte order. Nothing is read
 * before the first read, and no read allocates more than a few kilobytes (most allocate nothing).
 * Safe for several threads.
 */
public final class FileTensor implements StoredTensor {
  private final String file;
  private final String name;
  private final DType dtype;
  private final long[] shape;
  private final long elementCount;
  private final Supplier<Elements> opener;
  private volatile Elements opened;

  /**
   * @param file for messages
   * @param shape axis lengths, whose product times {@code dtype.bits()} does not overflow
   * @param opener finds the elements at the first read; may refuse them
   */
  FileTensor(String file, String name, DType dtype, long[] shape, Supplier<Elements> opener) {
    this.file = file;
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.elementCount = product(shape);
    this.opener = opener;
  }

  /**
   * Product of axis lengths, which must not be negative.
   *
   * @throws ArithmeticException beyond 2^63-1, even where a later axis is 0
   */
  static long product(long[] shape) {
    long count = 1;
    for (long axis : shape) {
      count = Math.multiplyExact(count, axis);
    }
    return count;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String origin() {
    return file + ": tensor " + Printable.of(name);
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
  public long elementCount() {
    return elementCount;
  }

  /** Size of {@link #readBytes}' sequence of bytes. */
  public long byteSize() {
    return elementCount * dtype.bits() / Byte.SIZE;
  }

  @Override
  public void read(long elementOffset, double[] target, int targetOffset, int count) {
    requireNumbers();
    requireRange(elementOffset, count, elementCount);
    try {
      elements().toDoubles(elementOffset, target, targetOffset, count);
    } catch (InternalError e) {
      throw unreadable(e);
    }
  }

  @Override
  public void read(long elementOffset, float[] target, int targetOffset, int count) {
    requireNumbers();
    requireRange(elementOffset, count, elementCount);
    try {
      elements().toFloats(elementOffset, target, targetOffset, count);
    } catch (InternalError e) {
      throw unreadable(e);
    }
  }

  @Override
  public void readBits(long elementOffset, short[] target, int targetOffset, int count) {
    if (dtype != DType.BF16 && dtype != DType.F16) {
      throw new IllegalStateException(origin() + " is " + dtype + ", neither BF16 nor F16");
    }
    requireRange(elementOffset, count, elementCount);
    try {
      elements().toShorts(elementOffset, target, targetOffset, count);
    } catch (InternalError e) {
      throw unreadable(e);
    }
  }

  @Override
  public Run direct(long elementOffset, int count) {
    requireRange(elementOffset, count, elementCount);
    try {
      return elements().direct(elementOffset, count);
    } catch (InternalError e) {
      throw unreadable(e);
    }
  }

  /**
   * Copies bytes as safetensors holds them, whatever the file: little-endian, row-major. Works for
   * every element type.
   *
   * @param byteOffset first byte, counted from the start of the tensor
   * @param target receives the bytes; modified
   */
  public void readBytes(long byteOffset, byte[] target, int targetOffset, int byteCount) {
    requireRange(byteOffset, byteCount, byteSize());
    try {
      int elementBytes = Math.max(1, dtype.bits() / Byte.SIZE);
      elements().toBytes(byteOffset, target, targetOffset, byteCount, elementBytes);
    } catch (InternalError e) {
      throw unreadable(e);
    }
  }

  private Elements elements() {
    Elements current = opened;
    return current == null ? open() : current;
  }

  private synchronized Elements open() {
    if (opened == null) {
      opened = opener.get();
    }
    return opened;
  }

  private void requireNumbers() {
    if (dtype == DType.C64) {
      throw new InputException(
          origin() + ": complex numbers (C64) cannot be read as real ones; store its two parts");
    }
  }

  private void requireRange(long offset, int count, long available) {
    if (offset < 0 || count < 0 || offset > available - count) {
      throw new IllegalArgumentException(
          "%s: %d from %d on are not within 0 to %d".formatted(origin(), count, offset, available));
    }
  }

  /** The JVM reports a page of a mapping that is gone (file cut short, disk error) in this way. */
  private InputException unreadable(InternalError e) {
    return new InputException(
        origin() + ": the file could not be read, or was cut short while it was being used", e);
  }
}
