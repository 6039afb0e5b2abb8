package loupe.gemma2;

import java.util.ArrayList;
import java.util.List;
import loupe.reference.Arithmetic;
import loupe.reference.RowBuffer;
import loupe.reference.Span;
import loupe.reference.Tensor;

/**
 * Grouped-query attention with a soft cap on the scores and, in local layers, a window. Order:
 * scale, cap, mask, softmax (gemma_pytorch, model.py: GemmaAttention.forward).
 */
final class Attention {
  private final Gemma2Config config;
  private final int layer;
  private final Gemma2Weights.Layer w;
  private final HookPoints.Layer names;

  Attention(Gemma2Config config, int layer, Gemma2Weights.Layer weights, HookPoints.Layer names) {
    this.config = config;
    this.layer = layer;
    this.w = weights;
    this.names = names;
  }

  /**
   * @param x normalised input {@code [pos, d_model]}, the rows of all sequences one after another
   * @return {@code [pos, d_model]}, before the post norm
   */
  Tensor forward(Tensor x, List<Sequence> batch, Tap tap) {
    Arithmetic a = tap.arithmetic();
    int pos = x.dim(0);
    int h = config.dHead();
    Tensor q = tap.at(names.q(), a.project(x, w.q()).reshape(pos, config.nHeads(), h));
    Tensor k = tap.at(names.k(), a.project(x, w.k()).reshape(pos, config.nKvHeads(), h));
    Tensor v = tap.at(names.v(), a.project(x, w.v()).reshape(pos, config.nKvHeads(), h));

    int[] positions = tap.rows().positions();
    Tensor rotQ = tap.at(names.rotQ(), a.rotate(q, positions, config.ropeTheta()));
    Tensor rotK = tap.at(names.rotK(), a.rotate(k, positions, config.ropeTheta()));

    List<Tensor> mixed = new ArrayList<>();
    int from = 0;
    for (Sequence sequence : batch) {
      int to = from + sequence.tokenIds().length;
      sequence.cache().append(layer, rows(rotK, from, to), rows(v, from, to));
      mixed.add(attend(rows(rotQ, from, to), sequence.cache(), tap.slice(from, to)));
      from = to;
    }
    Tensor z = tap.at(names.z(), Tensor.concat(mixed));
    return tap.at(names.attnOutRaw(), a.project(z.reshape(pos, config.nHeads() * h), w.o()));
  }

  /** One sequence: {@code [pos, head, d_head]} queries to mixed values of the same shape. */
  private Tensor attend(Tensor q, KvCache cache, Tap tap) {
    Arithmetic a = tap.arithmetic();
    RowBuffer keys = cache.keys(layer);
    RowBuffer values = cache.values(layer);
    int window = config.isLocal(layer) ? config.slidingWindow() : Span.UNLIMITED;
    Span span = new Span(cache.length(), q.dim(0), window);
    double scale = 1 / Math.sqrt(config.queryPreAttnScalar());
    double cap = config.attnSoftcap();

    if (!watchesScores(tap)) {
      return a.attend(q, keys, values, span, scale, cap);
    }
    Tensor raw = tap.at(names.scoresRaw(), a.scores(q, keys, span, scale));
    Tensor capped = tap.at(names.scoresCapped(), cap == 0 ? raw : a.softcap(raw, cap));
    Tensor pattern = tap.at(names.pattern(), a.softmax(capped, span));
    return a.mix(pattern, values, span);
  }

  private boolean watchesScores(Tap tap) {
    return tap.watches(names.scoresRaw())
        || tap.watches(names.scoresCapped())
        || tap.watches(names.pattern());
  }

  /** A sequence alone is passed on as it is; only a batch is cut up. */
  private static Tensor rows(Tensor x, int from, int to) {
    return from == 0 && to == x.dim(0) ? x : x.rows(from, to);
  }
}
