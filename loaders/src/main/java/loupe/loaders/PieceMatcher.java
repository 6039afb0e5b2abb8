package loupe.loaders;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;

/**
 * Pieces that are cut out of a text before anything is merged: a tree of their characters, in which
 * the longest piece that begins at a place is found in as many steps as it has characters.
 */
final class PieceMatcher {
  /** {@code node << 16 | character} to the next node; node 0 is the root. */
  private final Long2IntOpenHashMap children = new Long2IntOpenHashMap();

  /** The entry that ends at each node, or -1. */
  private final IntArrayList entryAt = IntArrayList.of(-1);

  private final IntArrayList ids = new IntArrayList();
  private final IntArrayList lengths = new IntArrayList();
  private final IntArrayList parsedOnRequest = new IntArrayList();

  private final int maxNested;

  /**
   * @param maxNested of the pieces that begin at a place, how many are looked at, shortest first
   */
  PieceMatcher(int maxNested) {
    this.maxNested = maxNested;
    children.defaultReturnValue(-1);
  }

  /**
   * Adds a piece.
   *
   * @param text the characters to find, not empty
   * @param control whether it is only looked for where the caller asks for control pieces
   * @return whether it was new; where not, nothing is changed
   */
  boolean add(String text, int id, boolean control) {
    int node = 0;
    for (int i = 0; i < text.length(); i++) {
      long key = (long) node << 16 | text.charAt(i);
      int child = children.get(key);
      if (child < 0) {
        child = entryAt.size();
        children.put(key, child);
        entryAt.add(-1);
      }
      node = child;
    }
    if (entryAt.getInt(node) >= 0) {
      return false;
    }
    entryAt.set(node, ids.size());
    ids.add(id);
    lengths.add(text.length());
    parsedOnRequest.add(control ? 1 : 0);
    return true;
  }

  /**
   * The entry of the longest piece that begins at {@code from}, or -1.
   *
   * @param control whether control pieces are looked for too
   */
  int longest(String text, int from, boolean control) {
    int best = -1;
    int node = 0;
    int found = 0;
    for (int i = from; i < text.length() && found < maxNested; i++) {
      node = children.get((long) node << 16 | text.charAt(i));
      if (node < 0) {
        break;
      }
      int entry = entryAt.getInt(node);
      if (entry >= 0 && (control || parsedOnRequest.getInt(entry) == 0)) {
        best = entry;
        found++;
      }
    }
    return best;
  }

  /** The id of an entry. */
  int id(int entry) {
    return ids.getInt(entry);
  }

  /** The length of an entry in UTF-16 units. */
  int length(int entry) {
    return lengths.getInt(entry);
  }
}
