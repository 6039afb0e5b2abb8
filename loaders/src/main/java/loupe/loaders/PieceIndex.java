package loupe.loaders;

import it.unimi.dsi.fastutil.Hash;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Strings and their numbers, 0, 1, 2, ... in the order in which they came. A part of a text is
 * looked up where it stands.
 *
 * <p>The map holds 64-bit hashes, and of two strings with the same hash the second is kept under
 * the next one. The hash differs from run to run, so that no file can be made whose strings all
 * fall on one place (which is easy with {@link String#hashCode}) and whose loading then never ends.
 */
final class PieceIndex {
  private static final long SEED = ThreadLocalRandom.current().nextLong();
  private static final int NONE = -1;

  private final Long2IntOpenHashMap numbers;
  private String[] pieces;
  private int size;

  PieceIndex(int expected) {
    numbers = new Long2IntOpenHashMap(expected, Hash.FAST_LOAD_FACTOR);
    numbers.defaultReturnValue(NONE);
    pieces = new String[Math.max(16, expected)];
  }

  int size() {
    return size;
  }

  String piece(int number) {
    return pieces[number];
  }

  /** The number of a string, which is added where it is not there. */
  int add(String piece) {
    return add(piece, 0, piece.length());
  }

  /** As {@link #add(String)}, for the part {@code [from, to)} of a text. */
  int add(String text, int from, int to) {
    long hash = hash(SEED, text, from, to);
    int number;
    while ((number = numbers.putIfAbsent(hash, size)) != NONE) {
      if (isPart(pieces[number], text, from, to)) {
        return number;
      }
      hash++;
    }
    if (size == pieces.length) {
      pieces = Arrays.copyOf(pieces, 2 * size);
    }
    pieces[size] = text.substring(from, to);
    return size++;
  }

  /** The number of the part {@code [from, to)} of a text, or -1. */
  int find(String text, int from, int to) {
    long hash = hash(SEED, text, from, to);
    int number;
    while ((number = numbers.get(hash)) != NONE && !isPart(pieces[number], text, from, to)) {
      hash++;
    }
    return number;
  }

  /** The number of two strings put together, or -1. */
  int find(String left, String right) {
    long hash = hash(hash(SEED, left, 0, left.length()), right, 0, right.length());
    int number;
    while ((number = numbers.get(hash)) != NONE) {
      String piece = pieces[number];
      if (piece.length() == left.length() + right.length()
          && piece.startsWith(left)
          && piece.endsWith(right)) {
        return number;
      }
      hash++;
    }
    return NONE;
  }

  private static boolean isPart(String piece, String text, int from, int to) {
    return piece.length() == to - from && text.startsWith(piece, from);
  }

  /** The multiplier is that of SplittableRandom's increments; the shift feeds high bits back. */
  private static long hash(long seed, String text, int from, int to) {
    long hash = seed;
    for (int i = from; i < to; i++) {
      hash = (hash ^ text.charAt(i)) * 0x9e3779b97f4a7c15L;
      hash ^= hash >>> 32;
    }
    return hash;
  }
}
