package loupe.loaders;

import java.nio.ByteBuffer;
import loupe.reference.DType;

/** All types of one byte: a table has the value of each of the 256 codes. */
final class ByteBlock implements Block {
  private final ByteBuffer codes;
  private final float[] values;

  ByteBlock(ByteBuffer codes, DType dtype) {
    this.codes = codes;
    this.values = SmallFloats.table(dtype);
  }

  @Override
  public int length() {
    return codes.limit();
  }

  @Override
  public void toDoubles(int index, double[] target, int at, int count) {
    for (int i = 0; i < count; i++) {
      target[at + i] = values[codes.get(index + i) & 0xff];
    }
  }

  @Override
  public void toFloats(int index, float[] target, int at, int count) {
    for (int i = 0; i < count; i++) {
      target[at + i] = values[codes.get(index + i) & 0xff];
    }
  }

  @Override
  public void toShorts(int index, short[] target, int at, int count) {
    throw new IllegalStateException("not a 16-bit type");
  }

  @Override
  public long bitsAt(int index) {
    return codes.get(index);
  }
}
