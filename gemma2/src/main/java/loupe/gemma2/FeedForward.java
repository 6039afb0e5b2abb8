package loupe.gemma2;

import loupe.reference.Arithmetic;
import loupe.reference.Tensor;

/** GeGLU: {@code down(gelu(gate(x)) * up(x))} (gemma_pytorch, model.py: GemmaMLP). */
final class FeedForward {
  private final Gemma2Weights.Layer w;
  private final HookPoints.Layer names;

  FeedForward(Gemma2Weights.Layer weights, HookPoints.Layer names) {
    this.w = weights;
    this.names = names;
  }

  /** Normalised input {@code [pos, d_model]} to {@code [pos, d_model]}, before the post norm. */
  Tensor forward(Tensor x, Tap tap) {
    Arithmetic a = tap.arithmetic();
    Tensor gate = tap.at(names.pre(), a.project(x, w.gate()));
    Tensor up = tap.at(names.preLinear(), a.project(x, w.up()));
    Tensor post = tap.at(names.post(), a.geglu(gate, up));
    return tap.at(names.mlpOutRaw(), a.project(post, w.down()));
  }
}
