package loupe.reference;

/** Rotary position embedding of {@link Float32}. */
final class Float32Rotary {
  private final Float32Products products;
  private final RotaryTables tables;
  private final Results results;

  Float32Rotary(Float32Products products, RotaryTables tables, Results results) {
    this.products = products;
    this.tables = tables;
    this.results = results;
  }

  /** cos and sin are rounded to float32; two products and their difference or sum follow. */
  FloatTensor rotate(FloatTensor x, int[] positions, double theta) {
    int heads = x.dim(1);
    int headSize = x.dim(2);
    int half = headSize / 2;
    RotaryTable.Angles angles = tables.of(headSize, theta, positions);
    float[] a = x.data();
    float[] out = results.array(a.length);
    products.run(
        positions.length,
        a.length,
        row -> {
          int angle = positions[row] * half;
          for (int p = 0; p < half; p++) {
            float cos = (float) angles.cos()[angle + p];
            float sin = (float) angles.sin()[angle + p];
            for (int head = 0; head < heads; head++) {
              int at = (row * heads + head) * headSize + p;
              out[at] = a[at] * cos - a[at + half] * sin;
              out[at + half] = a[at + half] * cos + a[at] * sin;
            }
          }
        });
    return new FloatTensor(out, x.shape());
  }
}
