package loupe.loaders;

/**
 * The blocks of ggml's quantised types, widened to float32 (ggml-quants.c: {@code
 * dequantize_row_*}; numbers below are bytes in a block, q is an element's integer).
 *
 * <p>d, m and the like are float16, and a product of one, a scale of at most 7 bits and q has at
 * most 24 bits: it is exact in float32, unless it underflows. So each element is rounded at most
 * once, where a minimum is added, and has the same bits whether a compiler fuses that or not.
 */
final class GgmlBlocks {
  private GgmlBlocks() {}

  private static float half(byte[] b, int at) {
    return SmallFloats.ofF16((short) (b[at] & 0xff | b[at + 1] << Byte.SIZE));
  }

  /** {@code d * (q - 8)}: d 2, q 16 (element j low, element j + 16 high). */
  static void q4Zero(byte[] b, int at, float[] out, int to) {
    float d = half(b, at);
    for (int j = 0; j < 16; j++) {
      int pair = b[at + 2 + j];
      out[to + j] = d * ((pair & 15) - 8);
      out[to + j + 16] = d * ((pair >> 4 & 15) - 8);
    }
  }

  /** {@code d * q + m}: d 2, m 2, q 16. */
  static void q4One(byte[] b, int at, float[] out, int to) {
    float d = half(b, at);
    float m = half(b, at + 2);
    for (int j = 0; j < 16; j++) {
      int pair = b[at + 4 + j];
      out[to + j] = d * (pair & 15) + m;
      out[to + j + 16] = d * (pair >> 4 & 15) + m;
    }
  }

  /** {@code d * (q - 16)}: d 2, fifth bits 4, low bits 16. */
  static void q5Zero(byte[] b, int at, float[] out, int to) {
    float d = half(b, at);
    for (int j = 0; j < 16; j++) {
      int pair = b[at + 6 + j];
      out[to + j] = d * ((pair & 15 | fifth(b, at + 2, j)) - 16);
      out[to + j + 16] = d * ((pair >> 4 & 15 | fifth(b, at + 2, j + 16)) - 16);
    }
  }

  /** {@code d * q + m}: d 2, m 2, fifth bits 4, low bits 16. */
  static void q5One(byte[] b, int at, float[] out, int to) {
    float d = half(b, at);
    float m = half(b, at + 2);
    for (int j = 0; j < 16; j++) {
      int pair = b[at + 8 + j];
      out[to + j] = d * (pair & 15 | fifth(b, at + 4, j)) + m;
      out[to + j + 16] = d * (pair >> 4 & 15 | fifth(b, at + 4, j + 16)) + m;
    }
  }

  /** Bit j of four bytes, as 16 or 0. */
  private static int fifth(byte[] b, int at, int j) {
    return (b[at + (j >> 3)] >> (j & 7) & 1) << 4;
  }

  /** {@code d * q}: d 2, q 32. */
  static void q8Zero(byte[] b, int at, float[] out, int to) {
    float d = half(b, at);
    for (int j = 0; j < 32; j++) {
      out[to + j] = d * b[at + 2 + j];
    }
  }

  /**
   * {@code d * scale * q - dmin * min}, 8 groups of 32: d 2, dmin 2, scales and mins 12, q 128
   * (groups 2i low and 2i + 1 high).
   */
  static void q4K(byte[] b, int at, float[] out, int to) {
    float d = half(b, at);
    float dMin = half(b, at + 2);
    for (int group = 0; group < 8; group++) {
      float scale = d * scaleOf(b, at + 4, group);
      float min = dMin * minOf(b, at + 4, group);
      int low = at + 16 + 32 * (group >> 1);
      int shift = 4 * (group & 1);
      for (int j = 0; j < 32; j++) {
        out[to + 32 * group + j] = scale * (b[low + j] >> shift & 15) - min;
      }
    }
  }

  /** As {@link #q4K} with 32 bytes of fifth bits (bit g of byte j: group g) before q. */
  static void q5K(byte[] b, int at, float[] out, int to) {
    float d = half(b, at);
    float dMin = half(b, at + 2);
    for (int group = 0; group < 8; group++) {
      float scale = d * scaleOf(b, at + 4, group);
      float min = dMin * minOf(b, at + 4, group);
      int high = at + 16;
      int low = at + 48 + 32 * (group >> 1);
      int shift = 4 * (group & 1);
      for (int j = 0; j < 32; j++) {
        int q = b[low + j] >> shift & 15 | (b[high + j] >> group & 1) << 4;
        out[to + 32 * group + j] = scale * q - min;
      }
    }
  }

  /** Six bits: groups 0 to 3 whole, of 4 to 7 the upper two beside those of 0 to 3. */
  private static int scaleOf(byte[] b, int at, int group) {
    return group < 4
        ? b[at + group] & 63
        : b[at + group + 4] & 15 | (b[at + group - 4] >> 6 & 3) << 4;
  }

  private static int minOf(byte[] b, int at, int group) {
    return group < 4
        ? b[at + group + 4] & 63
        : b[at + group + 4] >> 4 & 15 | (b[at + group] >> 6 & 3) << 4;
  }

  /**
   * {@code d * scale * (q - 32)}, 16 groups of 16 with signed scales: low bits 128, high bits 64,
   * scales 16, d 2. Element 128 h + 32 k + l has its low bits in half k / 2 of byte 64 h + 32 (k %
   * 2) + l, its high bits in pair k of byte 32 h + l.
   */
  static void q6K(byte[] b, int at, float[] out, int to) {
    float d = half(b, at + 208);
    for (int group = 0; group < 16; group++) {
      float scale = d * b[at + 192 + group];
      int half = group >> 3;
      int k = group >> 1 & 3;
      int first = 16 * (group & 1);
      int low = at + 64 * half + 32 * (k & 1) + first;
      int high = at + 128 + 32 * half + first;
      for (int j = 0; j < 16; j++) {
        int q = b[low + j] >> 4 * (k >> 1) & 15 | (b[high + j] >> 2 * k & 3) << 4;
        out[to + 16 * group + j] = scale * (q - 32);
      }
    }
  }
}
