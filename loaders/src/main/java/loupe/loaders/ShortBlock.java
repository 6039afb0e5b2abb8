package loupe.loaders;

import java.nio.ShortBuffer;
import loupe.reference.DType;

/** I16, U16, F16 and BF16. */
final class ShortBlock implements Block {
  private final ShortBuffer words;
  private final DType dtype;

  ShortBlock(ShortBuffer words, DType dtype) {
    this.words = words;
    this.dtype = dtype;
  }

  @Override
  public int length() {
    return words.limit();
  }

  @Override
  public void toDoubles(int index, double[] target, int at, int count) {
    switch (dtype) {
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = Float.intBitsToFloat(words.get(index + i) << 16);
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = SmallFloats.ofF16(words.get(index + i));
        }
      }
      case I16 -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = words.get(index + i);
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = Short.toUnsignedInt(words.get(index + i));
        }
      }
    }
  }

  @Override
  public void toFloats(int index, float[] target, int at, int count) {
    switch (dtype) {
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = Float.intBitsToFloat(words.get(index + i) << 16);
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = SmallFloats.ofF16(words.get(index + i));
        }
      }
      case I16 -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = words.get(index + i);
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = Short.toUnsignedInt(words.get(index + i));
        }
      }
    }
  }

  @Override
  public void toShorts(int index, short[] target, int at, int count) {
    words.get(index, target, at, count);
  }

  @Override
  public long bitsAt(int index) {
    return words.get(index);
  }
}
