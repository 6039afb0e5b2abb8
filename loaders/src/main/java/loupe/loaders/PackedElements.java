package loupe.loaders;

import loupe.reference.DType;

/**
 * Elements of 4 or 6 bits, packed without gaps, the first in the lowest bits of the first byte.
 * That is PyTorch's layout of {@code float4_e2m1fn_x2} (torch/headeronly/util/Float4_e2m1fn_x2.h);
 * for 6 bits no layout is published, and this one is the same rule.
 */
final class PackedElements implements Elements {
  private final Bytes bytes;
  private final long byteOffset;
  private final int bits;
  private final long lastByte;
  private final float[] values;

  PackedElements(Bytes bytes, long byteOffset, DType dtype, long elementCount) {
    this.bytes = bytes;
    this.byteOffset = byteOffset;
    this.bits = dtype.bits();
    this.lastByte = byteOffset + (elementCount * bits + Byte.SIZE - 1) / Byte.SIZE - 1;
    this.values = SmallFloats.table(dtype);
  }

  @Override
  public void toDoubles(long first, double[] target, int at, int count) {
    for (int i = 0; i < count; i++) {
      target[at + i] = values[(int) bitsAt(first + i)];
    }
  }

  @Override
  public void toFloats(long first, float[] target, int at, int count) {
    for (int i = 0; i < count; i++) {
      target[at + i] = values[(int) bitsAt(first + i)];
    }
  }

  @Override
  public long bitsAt(long index) {
    long bit = index * bits;
    long position = byteOffset + (bit >>> 3);
    int pair = bytes.byteAt(position) & 0xff;
    if (position < lastByte) {
      pair |= (bytes.byteAt(position + 1) & 0xff) << Byte.SIZE;
    }
    return pair >>> (bit & 7) & (1 << bits) - 1;
  }

  @Override
  public void toBytes(long firstByte, byte[] target, int at, int count, int elementBytes) {
    bytes.copy(byteOffset + firstByte, target, at, count);
  }
}
