package loupe.golden.quirk;

import loupe.reference.Arithmetic;
import loupe.reference.RowBuffer;
import loupe.reference.Span;
import loupe.reference.Tensor;

/**
 * Attention over any pairs of query and key, for bugs in mask, window and grouping: a subclass says
 * which keys a query sees, and which key head a query head uses. In float64 loops, rounded to the
 * grid of the arithmetic below.
 *
 * <p>A key that the cache has forgotten cannot be seen; where a bug sees further than Gemma 2, its
 * configuration gets a larger window, and {@link #sees} says what is seen of it.
 */
class AttentionByHand extends ForwardingArithmetic {
  AttentionByHand(Arithmetic base) {
    super(base);
  }

  /**
   * Whether a query sees a key.
   *
   * @param span the queries of this call; its window is unlimited in global layers
   */
  boolean sees(int query, int key, Span span) {
    return key <= query && query - key < span.window();
  }

  /** Key head of a query head. */
  int keyHead(int head, int heads, int keyHeads) {
    return head / (heads / keyHeads);
  }

  /** Whether the layer of this call is a local one. */
  static boolean isLocal(Span span) {
    return span.window() != Span.UNLIMITED;
  }

  /** The score of a pair from the product of query and key. */
  double score(double dot, double scale) {
    return dot * scale;
  }

  /** An element of a key or value, as the cache gives it back. */
  double held(double element) {
    return element;
  }

  /** Visits the pairs of one call whose key is held. */
  private interface Pair {
    void at(int head, int row, int key, int index);
  }

  private static void forEach(int heads, Span span, int firstKey, Pair pair) {
    for (int n = 0; n < heads; n++) {
      for (int r = 0; r < span.queries(); r++) {
        for (int j = firstKey; j < span.keys(); j++) {
          pair.at(n, r, j, (n * span.queries() + r) * span.keys() + j);
        }
      }
    }
  }

  @Override
  public Tensor scores(Tensor q, RowBuffer keys, Span span, double scale) {
    int heads = q.dim(1);
    int h = q.dim(2);
    int keyHeads = keys.heads();
    double[] query = q.toDoubles();
    double[] key = keys.snapshot().toDoubles();
    double[] out = new double[heads * span.queries() * span.keys()];
    forEach(
        heads,
        span,
        keys.firstPosition(),
        (n, r, j, i) -> {
          int from = (j - keys.firstPosition()) * keys.width() + keyHead(n, heads, keyHeads) * h;
          double dot = 0;
          for (int p = 0; p < h; p++) {
            dot += query[(r * heads + n) * h + p] * held(key[from + p]);
          }
          out[i] = score(dot, scale);
        });
    return base.tensor(out, heads, span.queries(), span.keys());
  }

  @Override
  public Tensor softmax(Tensor scores, Span span) {
    double[] s = scores.toDoubles();
    double[] out = new double[s.length];
    for (int row = 0; row < s.length / span.keys(); row++) {
      softmaxRow(s, row * span.keys(), span.position(row % span.queries()), span, out);
    }
    return base.tensor(out, scores.shape());
  }

  private void softmaxRow(double[] s, int at, int query, Span span, double[] out) {
    double max = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < span.keys(); j++) {
      max = sees(query, j, span) ? Math.max(max, s[at + j]) : max;
    }
    double sum = 0;
    for (int j = 0; j < span.keys(); j++) {
      out[at + j] = sees(query, j, span) ? StrictMath.exp(s[at + j] - max) : 0;
      sum += out[at + j];
    }
    for (int j = 0; j < span.keys(); j++) {
      out[at + j] /= sum;
    }
  }

  @Override
  public Tensor mix(Tensor pattern, RowBuffer values, Span span) {
    int heads = pattern.dim(0);
    int keyHeads = values.heads();
    int h = values.headSize();
    double[] p = pattern.toDoubles();
    double[] v = values.snapshot().toDoubles();
    double[] out = new double[span.queries() * heads * h];
    forEach(
        heads,
        span,
        values.firstPosition(),
        (n, r, j, i) -> {
          int from =
              (j - values.firstPosition()) * values.width() + keyHead(n, heads, keyHeads) * h;
          for (int d = 0; d < h; d++) {
            out[(r * heads + n) * h + d] += p[i] * held(v[from + d]);
          }
        });
    return base.tensor(out, span.queries(), heads, h);
  }
}
