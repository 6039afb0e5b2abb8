package loupe.golden.quirk;

import loupe.reference.Arithmetic;
import loupe.reference.RowBuffer;
import loupe.reference.Span;
import loupe.reference.Tensor;
import loupe.reference.Weight;

/** An arithmetic under a name that says more; its bits are the same. */
final class MarkedArithmetic extends ForwardingArithmetic {
  private final String mark;

  MarkedArithmetic(Arithmetic base, String mark) {
    super(base);
    this.mark = mark;
  }

  @Override
  public String name() {
    return base.name() + mark;
  }

  @Override
  public Tensor attend(
      Tensor q, RowBuffer keys, RowBuffer values, Span span, double scale, double cap) {
    return base.attend(q, keys, values, span, scale, cap);
  }

  @Override
  public Tensor affine(Tensor x, Weight w, Weight b) {
    return base.affine(x, w, b);
  }

  @Override
  public Tensor geglu(Tensor gate, Tensor up) {
    return base.geglu(gate, up);
  }
}
