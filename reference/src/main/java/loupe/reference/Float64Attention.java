package loupe.reference;

/**
 * Scores, softmax and mix of {@link Float64}, over the keys that a {@link Span} admits, in order of
 * their position.
 */
final class Float64Attention {
  private Float64Attention() {}

  static DoubleTensor scores(DoubleTensor q, DoubleRows keys, Span span, double scale) {
    int heads = q.dim(1);
    int h = q.dim(2);
    int group = heads / keys.heads();
    int queries = span.queries();
    double[] out = new double[Shapes.size(new int[] {heads, queries, span.keys()})];
    for (int n = 0; n < heads; n++) {
      for (int r = 0; r < queries; r++) {
        int row = (n * queries + r) * span.keys();
        int query = (r * heads + n) * h;
        for (int j = span.firstKey(r); j <= span.position(r); j++) {
          int key = keys.offset(n / group, j);
          out[row + j] = dot(q.data(), query, keys.data(), key, h) * scale;
        }
      }
    }
    Finite.checkAttention(out, "a score");
    return new DoubleTensor(out, heads, queries, span.keys());
  }

  private static double dot(double[] a, int aFrom, double[] b, int bFrom, int count) {
    double sum = 0;
    for (int k = 0; k < count; k++) {
      sum += a[aFrom + k] * b[bFrom + k];
    }
    return sum;
  }

  static DoubleTensor softmax(DoubleTensor scores, Span span) {
    double[] a = scores.data();
    double[] out = new double[a.length];
    for (int row = 0; row < scores.dim(0) * span.queries(); row++) {
      int r = row % span.queries();
      int at = row * span.keys();
      softmaxRow(a, at + span.firstKey(r), at + span.position(r) + 1, out);
    }
    return new DoubleTensor(out, scores.shape());
  }

  /** {@code out[j] = exp(a[j] - max) / sum} over {@code [from, to)}; {@code out} is modified. */
  private static void softmaxRow(double[] a, int from, int to, double[] out) {
    double max = a[from];
    for (int j = from; j < to; j++) {
      max = Math.max(max, a[j]);
    }
    double sum = 0;
    for (int j = from; j < to; j++) {
      out[j] = StrictMath.exp(a[j] - max);
      sum += out[j];
    }
    for (int j = from; j < to; j++) {
      out[j] /= sum;
    }
  }

  static DoubleTensor mix(DoubleTensor pattern, DoubleRows values, Span span) {
    int heads = pattern.dim(0);
    int group = heads / values.heads();
    int h = values.headSize();
    int queries = span.queries();
    double[] out = new double[queries * heads * h];
    for (int n = 0; n < heads; n++) {
      for (int r = 0; r < queries; r++) {
        int row = (n * queries + r) * span.keys();
        int z = (r * heads + n) * h;
        for (int j = span.firstKey(r); j <= span.position(r); j++) {
          int value = values.offset(n / group, j);
          addMultiple(out, z, pattern.data()[row + j], values.data(), value, h);
        }
      }
    }
    Finite.checkAttention(out, "a mix of values");
    return new DoubleTensor(out, queries, heads, h);
  }

  /** {@code y[yFrom + i] += factor * v[vFrom + i]}; {@code y} is modified. */
  private static void addMultiple(
      double[] y, int yFrom, double factor, double[] v, int vFrom, int count) {
    for (int i = 0; i < count; i++) {
      y[yFrom + i] += factor * v[vFrom + i];
    }
  }
}
