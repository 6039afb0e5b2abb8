package loupe.reference;

/** Scores, softmax and mix of {@link Float32}, apart and in one go. */
final class Float32Attention {
  private final FloatKernels kernels;
  private final Float32Products products;
  private final Results results;

  Float32Attention(FloatKernels kernels, Float32Products products, Results results) {
    this.kernels = kernels;
    this.products = products;
    this.results = results;
  }

  private AttentionBlocks blocks(Span span, int heads, RowBuffer rows) {
    return new AttentionBlocks(kernels, products, span, heads, rows.headSize(), rows.heads());
  }

  FloatTensor scores(FloatTensor q, FloatRows keys, Span span, double scale) {
    int heads = q.dim(1);
    float[] out = new float[Shapes.size(new int[] {heads, span.queries(), span.keys()})];
    AttentionBlocks blocks = blocks(span, heads, keys);
    blocks.useKeys(q.data(), keys);
    blocks.forEach(
        block -> {
          block.score((float) scale);
          for (int row = 0; row < block.rows(); row++) {
            int to = rowOffset(block, row, span);
            System.arraycopy(block.scores, block.at(row), out, to, block.keysOf(row));
          }
        });
    return new FloatTensor(out, heads, span.queries(), span.keys());
  }

  /** Element offset of a row's first admitted key in {@code [head, pos, key]}. */
  private static int rowOffset(AttentionBlock block, int row, Span span) {
    return (block.head(row) * span.queries() + block.query(row)) * span.keys()
        + block.firstKeyOf(row);
  }

  FloatTensor softmax(FloatTensor scores, Span span) {
    float[] out = new float[scores.size()];
    products.run(
        scores.dim(0) * span.queries(),
        16L * out.length,
        row -> {
          int query = row % span.queries();
          int first = span.firstKey(query);
          int count = span.position(query) + 1 - first;
          int at = row * span.keys() + first;
          System.arraycopy(scores.data(), at, out, at, count);
          softmaxRow(kernels, out, at, count, first);
        });
    return new FloatTensor(out, scores.shape());
  }

  /** In place; the first of {@code count} elements belongs to key {@code firstKey}. */
  static void softmaxRow(FloatKernels kernels, float[] row, int offset, int count, int firstKey) {
    float max = kernels.max(row, offset, count);
    kernels.expDifference(row, offset, count, max);
    float sum = kernels.sum(row, offset, count, firstKey % FloatKernels.RESIDUES);
    for (int i = offset; i < offset + count; i++) {
      row[i] /= sum;
    }
  }

  FloatTensor mix(FloatTensor pattern, FloatRows values, Span span) {
    int heads = pattern.dim(0);
    int headSize = values.headSize();
    float[] out = results.array(Shapes.size(new int[] {span.queries(), heads, headSize}));
    AttentionBlocks blocks = blocks(span, heads, values);
    blocks.useValues(values);
    blocks.forEach(
        block -> {
          for (int row = 0; row < block.rows(); row++) {
            int from = rowOffset(block, row, span);
            System.arraycopy(pattern.data(), from, block.scores, block.at(row), block.keysOf(row));
          }
          block.mix(out);
        });
    return mixed(out, span, heads, headSize);
  }

  private static FloatTensor mixed(float[] out, Span span, int heads, int headSize) {
    Finite.checkAttention(out, "a mix of values");
    return new FloatTensor(out, span.queries(), heads, headSize);
  }

  FloatTensor attend(
      FloatTensor q, FloatRows keys, FloatRows values, Span span, double scale, double cap) {
    int heads = q.dim(1);
    int headSize = q.dim(2);
    float[] out = results.array(q.size());
    AttentionBlocks blocks = blocks(span, heads, keys);
    blocks.useKeys(q.data(), keys);
    blocks.useValues(values);
    blocks.forEach(
        block -> {
          block.attend((float) scale, (float) cap);
          block.mix(out);
        });
    return mixed(out, span, heads, headSize);
  }
}
