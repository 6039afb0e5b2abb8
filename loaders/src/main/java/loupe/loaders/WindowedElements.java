package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import loupe.reference.DType;
import loupe.reference.StoredTensor;

/**
 * Elements of 1, 2, 4 or 8 bytes, one after another from a byte offset on. Reading cuts a run of
 * elements where the windows of {@link Bytes} meet and leaves each part to a {@link Block}.
 */
final class WindowedElements implements Elements {
  private final Bytes bytes;
  private final long byteOffset;
  private final boolean littleEndian;
  private final int shift;
  private final int windowBits;
  private final int firstWindow;
  private final Block[] blocks;

  /**
   * @param byteOffset of element 0 in {@code bytes}; need not be aligned
   * @param elementCount number of elements, all inside {@code bytes}
   */
  WindowedElements(Bytes bytes, long byteOffset, DType dtype, long elementCount, ByteOrder order) {
    this.bytes = bytes;
    this.byteOffset = byteOffset;
    this.littleEndian = order == ByteOrder.LITTLE_ENDIAN || dtype.bits() == Byte.SIZE;
    this.shift = Integer.numberOfTrailingZeros(dtype.bits() / Byte.SIZE);
    this.windowBits = bytes.windowBits();
    this.firstWindow = (int) (byteOffset >>> windowBits);
    long end = byteOffset + (elementCount << shift);
    int lastWindow = (int) (end - 1 >>> windowBits);
    this.blocks = new Block[elementCount == 0 ? 0 : lastWindow - firstWindow + 1];
    // Windows begin at multiples of 8, so elements have the same phase in each.
    int phase = (int) (byteOffset & (1 << shift) - 1);
    for (int b = 0; b < blocks.length; b++) {
      ByteBuffer window = bytes.window(firstWindow + b);
      ByteBuffer slice = window.slice(phase, window.limit() - phase).order(order);
      blocks[b] = block(slice, dtype);
    }
  }

  private static Block block(ByteBuffer slice, DType dtype) {
    return switch (dtype.bits()) {
      case 8 -> new ByteBlock(slice, dtype);
      case 16 -> new ShortBlock(slice.asShortBuffer(), dtype);
      case 32 -> new IntBlock(slice, dtype);
      case 64 -> new LongBlock(slice, dtype);
      default -> throw new IllegalArgumentException(dtype + " is not of whole bytes");
    };
  }

  private Block blockOf(long position) {
    return blocks[(int) (position >>> windowBits) - firstWindow];
  }

  /** Index in its block of the element at a byte position. */
  private int indexOf(long position) {
    return (int) (position & (1L << windowBits) - 1) >>> shift;
  }

  @Override
  public void toDoubles(long first, double[] target, int at, int count) {
    bytes.requireWhole();
    int done = 0;
    while (done < count) {
      long position = byteOffset + (first + done << shift);
      Block block = blockOf(position);
      int index = indexOf(position);
      int length = Math.min(count - done, block.length() - index);
      block.toDoubles(index, target, at + done, length);
      done += length;
    }
  }

  @Override
  public void toFloats(long first, float[] target, int at, int count) {
    bytes.requireWhole();
    int done = 0;
    while (done < count) {
      long position = byteOffset + (first + done << shift);
      Block block = blockOf(position);
      int index = indexOf(position);
      int length = Math.min(count - done, block.length() - index);
      block.toFloats(index, target, at + done, length);
      done += length;
    }
  }

  @Override
  public void toShorts(long first, short[] target, int at, int count) {
    bytes.requireWhole();
    int done = 0;
    while (done < count) {
      long position = byteOffset + (first + done << shift);
      Block block = blockOf(position);
      int index = indexOf(position);
      int length = Math.min(count - done, block.length() - index);
      block.toShorts(index, target, at + done, length);
      done += length;
    }
  }

  @Override
  public StoredTensor.Run direct(long first, int count) {
    bytes.requireWhole();
    long position = byteOffset + (first << shift);
    long end = position + ((long) count << shift);
    boolean oneWindow = count > 0 && position >>> windowBits == end - 1 >>> windowBits;
    ByteBuffer window = oneWindow ? bytes.window((int) (position >>> windowBits)) : null;
    if (!littleEndian || window == null || !window.isDirect()) {
      return null;
    }
    return new StoredTensor.Run(window, (int) (position & (1L << windowBits) - 1));
  }

  @Override
  public long bitsAt(long index) {
    long position = byteOffset + (index << shift);
    return blockOf(position).bitsAt(indexOf(position));
  }

  @Override
  public void toBytes(long firstByte, byte[] target, int at, int count, int elementBytes) {
    if (littleEndian) {
      bytes.copy(byteOffset + firstByte, target, at, count);
    } else {
      Elements.super.toBytes(firstByte, target, at, count, elementBytes);
    }
  }
}
