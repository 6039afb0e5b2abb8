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
  private final Arithmetic a;

  DecoderLayer(Gemma2Config config, int layer, Gemma2Weights.Layer w, Arithmetic arithmetic) {
    this.names = HookPoints.Layer.of(layer);
    this.a = arithmetic;
    this.preAttentionNorm = new RmsNorm(a, w.preAttentionNorm(), config.rmsNormEps());
    this.attention = new Attention(config, layer, w, names, a);
    this.postAttentionNorm = new RmsNorm(a, w.postAttentionNorm(), config.rmsNormEps());
    this.preFeedForwardNorm = new RmsNorm(a, w.preFeedForwardNorm(), config.rmsNormEps());
    this.feedForward = new FeedForward(w, names, a);
    this.postFeedForwardNorm = new RmsNorm(a, w.postFeedForwardNorm(), config.rmsNormEps());
  }

  /** Residual stream {@code [pos, d_model]} in, residual stream out. */
  Tensor forward(Tensor residual, List<Sequence> batch, Tap tap) {
    Tensor x = tap.at(names.residPre(), residual);

    Tensor xHat = tap.at(names.ln1Normalized(), preAttentionNorm.normalized(x));
    Tensor attnIn = tap.at(names.attnIn(), preAttentionNorm.gained(xHat));
    Tensor attnOut = postAttentionNorm.of(attention.forward(attnIn, batch, tap));
    x = tap.at(names.residMid(), a.add(x, tap.at(names.attnOut(), attnOut)));

    xHat = tap.at(names.ln2Normalized(), preFeedForwardNorm.normalized(x));
    Tensor mlpIn = tap.at(names.mlpIn(), preFeedForwardNorm.gained(xHat));
    Tensor mlpOut = postFeedForwardNorm.of(feedForward.forward(mlpIn, tap));
    return tap.at(names.residPost(), a.add(x, tap.at(names.mlpOut(), mlpOut)));
  }
}
