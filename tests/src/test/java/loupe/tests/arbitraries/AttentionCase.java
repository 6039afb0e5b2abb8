package loupe.tests.arbitraries;

import loupe.reference.Arithmetic;
import loupe.reference.DType;
import loupe.reference.RowBuffer;
import loupe.reference.Span;
import loupe.reference.Tensor;

/**
 * Queries, keys and values of one attention call. The buffers have forgotten what no query may see.
 *
 * @param group query heads that share a key head
 * @param dHead width of a head; even
 * @param span the queries' positions and their window
 * @param exponent binary exponent of the largest elements
 */
public record AttentionCase(
    int nKvHeads, int group, int dHead, Span span, int exponent, long seed) {
  public int nHeads() {
    return nKvHeads * group;
  }

  /** {@code [pos, head, d_head]}. */
  public Tensor queries(Arithmetic a) {
    return random(a, "q", span.queries(), nHeads(), dHead);
  }

  /** Rows {@code [head_kv, d_head]} for every position up to the last query. */
  public RowBuffer keys(Arithmetic a) {
    return buffer(a, "k");
  }

  /** Rows {@code [head_kv, d_head]} for every position up to the last query. */
  public RowBuffer values(Arithmetic a) {
    return buffer(a, "v");
  }

  /** All keys as one tensor, before any rotation: {@code [pos, head_kv, d_head]}. */
  public Tensor newKeys(Arithmetic a) {
    return random(a, "k", span.keys(), nKvHeads, dHead);
  }

  private RowBuffer buffer(Arithmetic a, String name) {
    RowBuffer rows = a.rowBuffer(nKvHeads, dHead);
    rows.append(random(a, name, span.keys(), nKvHeads, dHead));
    rows.forgetBefore(span.firstKey(0));
    return rows;
  }

  /** Random numbers on the grid of float32, so that every arithmetic takes them as they are. */
  private Tensor random(Arithmetic a, String name, int rows, int heads, int width) {
    double[] values = new double[rows * heads * width];
    RandomTensor source =
        new RandomTensor(name, DType.F32, exponent, seed, rows, (long) heads * width);
    source.read(0, values, 0, values.length);
    return a.tensor(values, rows, heads, width);
  }
}
