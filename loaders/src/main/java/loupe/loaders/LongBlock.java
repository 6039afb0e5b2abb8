package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.LongBuffer;
import loupe.reference.DType;

/** F64, I64, U64; and C64, as bits only. */
final class LongBlock implements Block {
  private final LongBuffer words;
  private final DoubleBuffer doubles;
  private final DType dtype;

  LongBlock(ByteBuffer bytes, DType dtype) {
    this.words = bytes.asLongBuffer();
    this.doubles = bytes.asDoubleBuffer();
    this.dtype = dtype;
  }

  @Override
  public int length() {
    return words.limit();
  }

  @Override
  public void toDoubles(int index, double[] target, int at, int count) {
    switch (dtype) {
      case F64 -> doubles.get(index, target, at, count);
      case I64 -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = words.get(index + i);
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          long bits = words.get(index + i);
          target[at + i] = bits >= 0 ? bits : 2 * (double) halved(bits);
        }
      }
    }
  }

  @Override
  public void toFloats(int index, float[] target, int at, int count) {
    switch (dtype) {
      case F64 -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = (float) doubles.get(index + i);
        }
      }
      case I64 -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = words.get(index + i);
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          long bits = words.get(index + i);
          target[at + i] = bits >= 0 ? bits : 2 * (float) halved(bits);
        }
      }
    }
  }

  /** Half of an unsigned number; the lost bit is kept sticky, so that rounding sees it. */
  private static long halved(long bits) {
    return bits >>> 1 | bits & 1;
  }

  @Override
  public void toShorts(int index, short[] target, int at, int count) {
    throw new IllegalStateException(dtype + " is not a 16-bit type");
  }

  @Override
  public long bitsAt(int index) {
    return words.get(index);
  }
}
