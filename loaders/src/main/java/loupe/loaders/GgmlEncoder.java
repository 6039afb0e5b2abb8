package loupe.loaders;

import java.nio.ByteBuffer;
import loupe.reference.InputException;

/** Float32 numbers as ggml's types hold them: rounded to nearest even, or Q8_0. */
final class GgmlEncoder {
  private static final float LARGEST_HALF = 65504;

  private GgmlEncoder() {}

  /**
   * Puts the bytes of {@code count} values, whole blocks, into {@code out}, little-endian.
   *
   * @param name of the tensor, for messages
   */
  static void encode(String name, GgmlType type, float[] values, int count, ByteBuffer out) {
    for (int i = 0; i < count; i++) {
      if (!Float.isFinite(values[i])) {
        throw new InputException(
            name + ": holds " + values[i] + "; weights must be finite, get the file again");
      }
    }
    switch (type) {
      case F32 -> {
        for (int i = 0; i < count; i++) {
          out.putFloat(values[i]);
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          out.putShort(half(name, values[i]));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          out.putShort(brainHalf(name, values[i]));
        }
      }
      case Q8_0 -> {
        for (int from = 0; from < count; from += type.blockElements()) {
          q8Zero(name, values, from, out);
        }
      }
      default -> throw new IllegalArgumentException(type + " cannot be written");
    }
  }

  /** {@code d = max|x| / 127}, {@code q = round(x / d)}, half away from 0 (ggml-quants.c). */
  private static void q8Zero(String name, float[] x, int from, ByteBuffer out) {
    float largest = 0;
    for (int i = 0; i < 32; i++) {
      largest = Math.max(largest, Math.abs(x[from + i]));
    }
    float d = largest / 127;
    float inverse = d == 0 ? 0 : 1 / d;
    out.putShort(half(name, d));
    for (int i = 0; i < 32; i++) {
      float q = x[from + i] * inverse;
      float magnitude = Math.abs(q);
      int whole = (int) magnitude;
      int rounded = magnitude - whole >= 0.5f ? whole + 1 : whole;
      out.put((byte) (q < 0 ? -rounded : rounded));
    }
  }

  /** The float16 nearest to a number, ties to even. */
  private static short half(String name, float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    float magnitude = Math.abs(value);
    if (magnitude >= LARGEST_HALF + 16) {
      throw tooLarge(name, value, GgmlType.F16);
    }
    if (magnitude < 0x1p-14f) {
      // Subnormal: a multiple of 2^-24. Adding 0.5 leaves no bits below, and rounds as wanted.
      int units = Float.floatToRawIntBits(magnitude + 0.5f) - Float.floatToRawIntBits(0.5f);
      return (short) (sign | units);
    }
    int rest = bits & 0x7fffffff;
    int rounded = rest + 0xfff + (rest >>> 13 & 1);
    return (short) (sign | (rounded >>> 13) - (127 - 15 << 10));
  }

  /** The bfloat16 nearest to a number, ties to even. */
  private static short brainHalf(String name, float value) {
    int bits = Float.floatToRawIntBits(value);
    int rounded = bits + 0x7fff + (bits >>> 16 & 1) >>> 16;
    if ((rounded & 0x7f80) == 0x7f80) {
      throw tooLarge(name, value, GgmlType.BF16);
    }
    return (short) rounded;
  }

  private static InputException tooLarge(String name, float value, GgmlType type) {
    return new InputException(
        name + ": holds " + value + ", which is beyond " + type + "; write F32 instead");
  }
}
