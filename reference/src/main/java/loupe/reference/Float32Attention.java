package loupe.reference;

import java.util.Arrays;

/**
 * Attention of {@link Float32}. All scores of a model are never held at once: a task takes a block
 * of queries of the heads that share a key head through scores, cap, softmax and mix. Few queries
 * (decode) go row by row, without packing keys and values first.
 */
final class Float32Attention {
  private static final int FEW_QUERIES = 3;
  private static final int QUERY_BLOCK = 16;

  private final FloatKernels kernels;
  private final Float32Products products;

  Float32Attention(FloatKernels kernels, Float32Products products) {
    this.kernels = kernels;
    this.products = products;
  }

  FloatTensor scores(FloatTensor q, FloatRows keys, Span span, double scale) {
    AttentionCall call = AttentionCall.of(q, keys.width(), span);
    float[] out = new float[Shapes.size(new int[] {call.heads(), span.queries(), span.keys()})];
    NonFiniteScore bad = new NonFiniteScore(call, q, keys);
    float factor = (float) scale;
    if (span.queries() <= FEW_QUERIES) {
      products.run(
          call.heads() * span.queries(),
          call.work(),
          task -> {
            int head = task / span.queries();
            int query = task % span.queries();
            int at = task * span.keys() + span.firstKey(query);
            scoreRow(call, q.data(), keys, head, query, factor, out, at, bad);
          });
    } else {
      AttentionBlocks blocks = new AttentionBlocks(kernels, products, call, QUERY_BLOCK);
      blocks.packKeys(keys);
      products.run(
          blocks.count(),
          call.work(),
          task -> {
            AttentionBlocks.Block block = blocks.block(task);
            block.scores(q.data());
            for (int row = 0; row < block.rows(); row++) {
              checkedScale(block.scores, block.at(row), block.head(row), block.query(row), call, factor, bad);
              int to = (block.head(row) * span.queries() + block.query(row)) * span.keys();
              System.arraycopy(
                  block.scores, block.at(row), out, to + span.firstKey(block.query(row)), call.keysOf(block.query(row)));
            }
          });
    }
    bad.throwIfFound();
    return new FloatTensor(out, call.heads(), span.queries(), span.keys());
  }

  /** Raw scores of one query by one head, {@code <q, k> * factor}, into {@code to}, modified. */
  private void scoreRow(
      AttentionCall call,
      float[] q,
      FloatRows keys,
      int head,
      int query,
      float factor,
      float[] to,
      int toOffset,
      NonFiniteScore bad) {
    int width = call.headSize();
    int count = call.keysOf(query);
    int keyAt = keys.offset(call.span().firstKey(query)) + head / call.group() * width;
    int queryAt = (query * call.heads() + head) * width;
    for (int i = 0; i < count; i++) {
      to[toOffset + i] = kernels.dot(q, queryAt, keys.data(), keyAt + i * keys.width(), width);
    }
    checkedScale(to, toOffset, head, query, call, factor, bad);
  }

  private void checkedScale(
      float[] row, int offset, int head, int query, AttentionCall call, float factor, NonFiniteScore bad) {
    int count = call.keysOf(query);
    if (Float.isNaN(kernels.scale(row, offset, count, factor))) {
      bad.found(head, query, NonFinite.firstIn(row, offset, count, 1));
    }
  }

  FloatTensor softmax(FloatTensor scores, Span span) {
    int heads = scores.dim(0);
    float[] out = new float[scores.size()];
    products.run(
        heads * span.queries(),
        (long) scores.size() * 16,
        task -> {
          int query = task % span.queries();
          int first = span.firstKey(query);
          int count = span.position(query) + 1 - first;
          int at = task * span.keys() + first;
          System.arraycopy(scores.data(), at, out, at, count);
          softmaxRow(out, at, count, first);
        });
    return new FloatTensor(out, scores.shape());
  }

  /** In place; the first element belongs to key {@code firstKey}. */
  private void softmaxRow(float[] row, int offset, int count, int firstKey) {
    float max = kernels.max(row, offset, count);
    kernels.expDifference(row, offset, count, max);
    float sum = kernels.sum(row, offset, count, firstKey % FloatKernels.RESIDUES);
    for (int i = offset; i < offset + count; i++) {
      row[i] /= sum;
    }
  }

  FloatTensor mix(FloatTensor pattern, FloatRows values, Span span, int group) {
    AttentionCall call =
        new AttentionCall(span, pattern.dim(0), values.width() * group / pattern.dim(0), group);
    float[] out = new float[Shapes.size(new int[] {span.queries(), call.heads(), call.headSize()})];
    NonFiniteMix bad = new NonFiniteMix(call, pattern.data(), values, out);
    if (span.queries() <= FEW_QUERIES) {
      products.run(
          call.heads() * span.queries(),
          call.work(),
          task -> {
            int query = task % span.queries();
            int at = task * span.keys() + span.firstKey(query);
            mixRow(call, pattern.data(), at, values, task / span.queries(), query, out);
          });
    } else {
      AttentionBlocks blocks = new AttentionBlocks(kernels, products, call, QUERY_BLOCK);
      blocks.packValues(values);
      products.run(
          blocks.count(),
          call.work(),
          task -> {
            AttentionBlocks.Block block = blocks.block(task);
            for (int row = 0; row < block.rows(); row++) {
              int from = (block.head(row) * span.queries() + block.query(row)) * span.keys();
              System.arraycopy(
                  pattern.data(), from + span.firstKey(block.query(row)), block.scores, block.at(row), call.keysOf(block.query(row)));
            }
            block.mix(out);
          });
    }
    NonFinite.inMix(call, pattern.data(), values, out);
    return new FloatTensor(out, span.queries(), call.heads(), call.headSize());
  }

  FloatTensor attend(
      FloatTensor q, FloatRows keys, FloatRows values, Span span, double scale, double cap) {
    return null;
  }
}
