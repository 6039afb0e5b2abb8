package loupe.reference;

import java.util.Arrays;
import java.util.List;

/**
 * What the rows of an activation are: for each row its token id, its position in its sequence
 * (0-based, BOS included) and the number of that sequence in the batch.
 *
 * @param tokenIds token id of each row
 * @param positions absolute position of each row
 * @param sequences sequence of each row, 0-based
 */
public record Rows(int[] tokenIds, int[] positions, int[] sequences) {
  public Rows {
    if (tokenIds.length != positions.length || tokenIds.length != sequences.length) {
      throw new IllegalArgumentException(
          "rows: %d ids, %d positions, %d sequences"
              .formatted(tokenIds.length, positions.length, sequences.length));
    }
  }

  /** Rows of one sequence, at positions {@code firstPosition}, {@code firstPosition + 1}, ... */
  public static Rows of(int[] tokenIds, int firstPosition, int sequence) {
    int[] positions = new int[tokenIds.length];
    int[] sequences = new int[tokenIds.length];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = firstPosition + i;
    }
    Arrays.fill(sequences, sequence);
    return new Rows(tokenIds, positions, sequences);
  }

  /** Number of rows. */
  public int count() {
    return tokenIds.length;
  }

  /** Rows {@code [from, to)}. */
  public Rows slice(int from, int to) {
    return new Rows(
        Arrays.copyOfRange(tokenIds, from, to),
        Arrays.copyOfRange(positions, from, to),
        Arrays.copyOfRange(sequences, from, to));
  }

  /** The rows of several parts, one after another. */
  public static Rows concat(List<Rows> parts) {
    if (parts.size() == 1) {
      return parts.get(0);
    }
    return new Rows(
        parts.stream().flatMapToInt(part -> Arrays.stream(part.tokenIds)).toArray(),
        parts.stream().flatMapToInt(part -> Arrays.stream(part.positions)).toArray(),
        parts.stream().flatMapToInt(part -> Arrays.stream(part.sequences)).toArray());
  }
}
