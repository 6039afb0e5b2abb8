package loupe.reference;

/** Elementwise operations of {@link Float32} on all threads. */
final class Float32Elements {
  /** Elements of one task. */
  private static final int CHUNK = 1 << 14;

  /** What an elementary function costs, in multiplications. */
  static final int FUNCTION = 16;

  private final Float32Products products;
  private final Results results;

  Float32Elements(Float32Products products, Results results) {
    this.products = products;
    this.results = results;
  }

  /** Elements {@code [from, to)} of an operation's result, {@code out}, modified. */
  interface Part {
    void fill(float[] out, int from, int to);
  }

  /** On all threads; one element costs as much as {@code cost} multiplications. */
  Tensor each(Tensor x, int cost, Part part) {
    float[] out = results.array(x.size());
    products.run(
        (out.length + CHUNK - 1) / CHUNK,
        (long) cost * out.length,
        chunk -> part.fill(out, chunk * CHUNK, Math.min(out.length, (chunk + 1) * CHUNK)));
    return new FloatTensor(out, x.shape());
  }

  /** The {@code width} elements of a result, {@code out}, modified, from {@code at} on. */
  interface Row {
    void fill(float[] out, int at, int width);
  }

  /** As {@link #each}, with a vector that meets every row. */
  Tensor rows(Tensor x, int width, Row row) {
    float[] out = results.array(x.size());
    int rows = width == 0 ? 0 : out.length / width;
    products.run(rows, out.length, r -> row.fill(out, r * width, width));
    return new FloatTensor(out, x.shape());
  }
}
