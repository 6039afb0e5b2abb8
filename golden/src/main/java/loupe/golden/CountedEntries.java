package loupe.golden;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/**
 * Which elements of a tensor count in a comparison: all, but of scores {@code [head, pos, key]}
 * those alone whose key is not after the query, and whose pattern is not 0 in either file. A score
 * tensor with fewer rows than keys holds the last queries.
 */
final class CountedEntries {
  private static final Set<String> SCORES = Set.of("hook_scores_raw", "hook_scores_capped");

  private final long keys;
  private final long queries;
  private final List<StoredTensor> patterns;
  private double[] block = new double[0];

  private CountedEntries(long queries, long keys, List<StoredTensor> patterns) {
    this.queries = queries;
    this.keys = keys;
    this.patterns = patterns;
  }

  /** For the tensor {@code x} of {@code a}, compared with that of {@code b}. */
  static CountedEntries of(StoredTensor x, TensorSource a, TensorSource b) {
    String name = x.name();
    int dot = name.lastIndexOf('.') + 1;
    long[] shape = x.shape();
    if (!SCORES.contains(name.substring(dot)) || shape.length != 3) {
      return new CountedEntries(0, 0, List.of());
    }
    List<StoredTensor> patterns = new ArrayList<>();
    String pattern = name.substring(0, dot) + "hook_pattern";
    for (TensorSource source : List.of(a, b)) {
      if (source.names().contains(pattern)
          && Arrays.equals(source.tensor(pattern).shape(), shape)) {
        patterns.add(source.tensor(pattern));
      }
    }
    return new CountedEntries(shape[1], shape[2], patterns);
  }

  /** Sets {@code counts[i]} for element {@code from + i}, {@code i < count}. */
  void mark(long from, boolean[] counts, int count) {
    Arrays.fill(counts, 0, count, true);
    if (keys == 0) {
      return;
    }
    for (int i = 0; i < count; i++) {
      long key = (from + i) % keys;
      long query = (from + i) / keys % queries + (keys - queries);
      counts[i] = key <= query;
    }
    if (block.length < count) {
      block = new double[count];
    }
    for (StoredTensor pattern : patterns) {
      pattern.read(from, block, 0, count);
      for (int i = 0; i < count; i++) {
        counts[i] &= block[i] != 0;
      }
    }
  }
}
