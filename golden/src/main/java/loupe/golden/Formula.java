package loupe.golden;

import java.nio.charset.StandardCharsets;

/**
 * Numbers by formula: element {@code i} of tensor {@code name} under seed {@code s} is {@code mean
 * + scale * t} with {@code t = 2u - 1} and {@code u} the upper 24 bits of {@code splitmix64(base +
 * i)} over 2<sup>24</sup>, {@code base = fnv1a64(name) XOR splitmix64(s)}. Product and sum are each
 * one rounding in float64; then one to float32, and for bfloat16 one more. Written down, with test
 * vectors, in the resource {@code loupe/golden/FORMULA.md}.
 *
 * <p>Sources: FNV-1a of 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv); SplitMix64 (Steele, Lea,
 * Flood: "Fast splittable pseudorandom number generators", 2014).
 */
final class Formula {
  private Formula() {}

  /** Hash of the UTF-8 bytes of a name. */
  static long fnv1a64(String name) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return hash;
  }

  /** One step of SplitMix64 from state {@code z}. */
  static long splitMix64(long z) {
    long s = z + 0x9e3779b97f4a7c15L;
    s = (s ^ (s >>> 30)) * 0xbf58476d1ce4e5b9L;
    s = (s ^ (s >>> 27)) * 0x94d049bb133111ebL;
    return s ^ (s >>> 31);
  }

  /** What the element numbers of a tensor are added to. */
  static long base(String name, long seed) {
    return fnv1a64(name) ^ splitMix64(seed);
  }

  /** {@code u * 2^24}: a whole number in {@code [0, 2^24)}. */
  static int upper24(long base, long index) {
    return (int) (splitMix64(base + index) >>> 40);
  }

  /** An element, rounded to float32. */
  static float element(long base, long index, double mean, double scale) {
    double t = upper24(base, index) * 0x1p-23 - 1;
    return (float) (mean + scale * t);
  }

  /** The upper half of float32 {@code x} after rounding to bfloat16, ties to even; x is finite. */
  static short bfloat16(float x) {
    int bits = Float.floatToRawIntBits(x);
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
  }

  /** {@code count} token ids: {@code <bos>}, then {@code floor(u * dVocab)}. */
  static int[] tokenIds(long seed, int bosId, int dVocab, int count) {
    long base = base("input_ids", seed);
    int[] ids = new int[count];
    ids[0] = bosId;
    for (int i = 1; i < count; i++) {
      ids[i] = (int) ((long) upper24(base, i) * dVocab >>> 24);
    }
    return ids;
  }
}
