package loupe.reference;

/**
 * Which keys the queries of one attention call may see. Query row {@code r} stands at position
 * {@code firstQuery + r} and sees key {@code j} exactly if {@code j <= i} and {@code i - j <
 * window}: {@code window} keys, itself included.
 *
 * @param firstQuery absolute position of the first query row
 * @param queries number of query rows
 * @param window number of keys that a query may see; {@link #UNLIMITED} for global attention
 */
public record Span(int firstQuery, int queries, int window) {
  /** The window of a layer with global attention. */
  public static final int UNLIMITED = Integer.MAX_VALUE;

  public Span {
    if (firstQuery < 0 || queries < 0 || window < 1) {
      throw new IllegalArgumentException(
          "span: first query %d, queries %d, window %d".formatted(firstQuery, queries, window));
    }
  }

  /** Position of query row {@code r}. */
  public int position(int r) {
    return firstQuery + r;
  }

  /** First key that query row {@code r} may see. */
  public int firstKey(int r) {
    int position = firstQuery + r;
    return position < window ? 0 : position - window + 1;
  }

  /**
   * Number of keys up to the last query: the length of the {@code key} axis of scores and patterns.
   */
  public int keys() {
    return firstQuery + queries;
  }

  /** Query rows {@code [from, to)}. */
  public Span slice(int from, int to) {
    return new Span(firstQuery + from, to - from, window);
  }
}
