package loupe.reference;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Suggestions for a name that is not known. */
public final class Spelling {
  private Spelling() {}

  /**
   * A phrase such as {@code did you mean a, b or c?} with the three nearest names by edit distance.
   */
  public static String suggest(String name, Collection<String> known) {
    List<String> nearest =
        known.stream()
            .sorted(Comparator.comparingInt(candidate -> distance(name, candidate)))
            .limit(3)
            .toList();
    return nearest.isEmpty()
        ? "there are none"
        : nearest.stream().collect(Collectors.joining(", ", "did you mean one of ", "?"));
  }

  /** Levenshtein distance. */
  static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, Math.min(row[j - 1], diagonal) + 1);
      }
    }
    return row[b.length()];
  }
}
