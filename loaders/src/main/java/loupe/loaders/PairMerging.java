package loupe.loaders;

import it.unimi.dsi.fastutil.longs.LongHeapPriorityQueue;
import java.util.Arrays;

/**
 * The heart of byte pair encoding: of all neighbours that may be joined, the pair with the lowest
 * rank is joined first, the leftmost on ties, until none is left. n symbols cost at most 3 n
 * entries in the queue, so O(n log n).
 *
 * <p>Joining does not look for entries that it made stale. They are left in the queue, and what
 * becomes of them is decided by {@link Pairs#outcome} when they come up.
 */
final class PairMerging {
  private final Pairs pairs;
  private final int[] previous;
  private final int[] next;

  /** The rank of the pair that begins at each symbol, or -1. */
  private final int[] rank;

  private final LongHeapPriorityQueue queue;

  /** What may be joined; symbols are known by their number. */
  interface Pairs {
    /** The rank of two neighbours, not negative, or -1 if they are not joined. */
    int rank(int left, int right);

    /**
     * What a pair of this rank becomes. An entry whose pair has changed meanwhile still counts if
     * the pair that is there now becomes the same.
     */
    int outcome(int rank);

    /** The symbol {@code left} takes in {@code right} and becomes the outcome of this rank. */
    void join(int left, int right, int rank);
  }

  private PairMerging(int count, Pairs pairs) {
    this.pairs = pairs;
    previous = new int[count];
    next = new int[count];
    rank = new int[count];
    queue = new LongHeapPriorityQueue(Math.max(count, 1));
  }

  /**
   * Joins the symbols 0 to {@code count - 1}.
   *
   * @return {@code [count]}, for each symbol that is left the next one that is left, or -1 after
   *     the last; symbol 0 is always left
   */
  static int[] join(int count, Pairs pairs) {
    PairMerging merging = new PairMerging(count, pairs);
    merging.link();
    merging.run();
    return merging.next;
  }

  private void link() {
    int count = next.length;
    Arrays.fill(rank, -1);
    for (int i = 0; i < count; i++) {
      previous[i] = i - 1;
      next[i] = i + 1 < count ? i + 1 : -1;
    }
    for (int i = 0; i + 1 < count; i++) {
      offer(i, i + 1);
    }
  }

  private void run() {
    while (!queue.isEmpty()) {
      long entry = queue.dequeueLong();
      int entryRank = (int) (entry >>> 32);
      int left = (int) entry;
      if (rank[left] < 0 || pairs.outcome(rank[left]) != pairs.outcome(entryRank)) {
        continue;
      }
      int right = next[left];
      pairs.join(left, right, entryRank);
      rank[right] = -1;
      rank[left] = -1;
      next[left] = next[right];
      if (next[left] >= 0) {
        previous[next[left]] = left;
      }
      if (previous[left] >= 0) {
        offer(previous[left], left);
      }
      if (next[left] >= 0) {
        offer(left, next[left]);
      }
    }
  }

  private void offer(int left, int right) {
    rank[left] = pairs.rank(left, right);
    if (rank[left] >= 0) {
      queue.enqueue((long) rank[left] << 32 | left);
    }
  }
}
