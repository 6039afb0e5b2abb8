package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import loupe.reference.DType;

/** F32, I32 and U32. */
final class IntBlock implements Block {
  private final IntBuffer words;
  private final FloatBuffer floats;
  private final DType dtype;

  IntBlock(ByteBuffer bytes, DType dtype) {
    this.words = bytes.asIntBuffer();
    this.floats = bytes.asFloatBuffer();
    this.dtype = dtype;
  }

  @Override
  public int length() {
    return words.limit();
  }

  @Override
  public void toDoubles(int index, double[] target, int at, int count) {
    switch (dtype) {
      case F32 -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = floats.get(index + i);
        }
      }
      case I32 -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = words.get(index + i);
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = Integer.toUnsignedLong(words.get(index + i));
        }
      }
    }
  }

  @Override
  public void toFloats(int index, float[] target, int at, int count) {
    switch (dtype) {
      case F32 -> floats.get(index, target, at, count);
      case I32 -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = words.get(index + i);
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = Integer.toUnsignedLong(words.get(index + i));
        }
      }
    }
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
