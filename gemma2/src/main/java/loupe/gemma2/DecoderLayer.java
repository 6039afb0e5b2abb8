package loupe.gemma2;

import java.util.List;
import loupe.reference.Arithmetic;
import loupe.reference.Tensor;

/**
 * One decoder layer: attention and feed-forward, each between two norms, each added to the residual
 * stream (gemma_pytorch, model.py: Gemma2DecoderLayer).
 */
final class DecoderLayer {
  private final HookPoints.Layer names;
  private final RmsNorm preAttentionNorm;
  private final Attention attention;
  private final RmsNorm postAttentionNorm;
  private final RmsNorm preFeedForwardNorm;
  private final FeedForward feedForward;
  private final RmsNorm postFeedForwardNorm;

  DecoderLayer(Gemma2Config config, int layer, Gemma2Weights.Layer w) {
    this.names = HookPoints.Layer.of(layer);
    this.preAttentionNorm = new RmsNorm(w.preAttentionNorm(), config.rmsNormEps());
    this.attention = new Attention(config, layer, w, names);
    this.postAttentionNorm = new RmsNorm(w.postAttentionNorm(), config.rmsNormEps());
    this.preFeedForwardNorm = new RmsNorm(w.preFeedForwardNorm(), config.rmsNormEps());
    this.feedForward = new FeedForward(w, names);
    this.postFeedForwardNorm = new RmsNorm(w.postFeedForwardNorm(), config.rmsNormEps());
  }

  /** Residual stream {@code [pos, d_model]} in, residual stream out. */
  Tensor forward(Tensor residual, List<Sequence> batch, Tap tap) {
    Arithmetic a = tap.arithmetic();
    Tensor x = tap.at(names.residPre(), residual);

    Tensor xHat = tap.at(names.ln1Normalized(), preAttentionNorm.normalized(a, x));
    Tensor attnIn = tap.at(names.attnIn(), preAttentionNorm.gained(a, xHat));
    Tensor attnOut = postAttentionNorm.of(a, attention.forward(attnIn, batch, tap));
    x = tap.at(names.residMid(), a.add(x, tap.at(names.attnOut(), attnOut)));
    a.recycle(x); // Of what came before, only the residual stream goes on.

    xHat = tap.at(names.ln2Normalized(), preFeedForwardNorm.normalized(a, x));
    Tensor mlpIn = tap.at(names.mlpIn(), preFeedForwardNorm.gained(a, xHat));
    Tensor mlpOut = postFeedForwardNorm.of(a, feedForward.forward(mlpIn, tap));
    x = tap.at(names.residPost(), a.add(x, tap.at(names.mlpOut(), mlpOut)));
    a.recycle(x);
    return x;
  }
}
