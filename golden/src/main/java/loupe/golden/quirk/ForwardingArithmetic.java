package loupe.golden.quirk;

import java.util.function.DoubleUnaryOperator;
import loupe.reference.Arithmetic;
import loupe.reference.DType;
import loupe.reference.RowBuffer;
import loupe.reference.Span;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.Weight;

/**
 * An arithmetic that hands every operation on to another: a subclass replaces one. {@link #attend},
 * {@link #geglu} and {@link #affine} stay the compositions of their parts, so that a replaced part
 * takes effect.
 */
class ForwardingArithmetic implements Arithmetic {
  /** The arithmetic that does the work. */
  protected final Arithmetic base;

  ForwardingArithmetic(Arithmetic base) {
    this.base = base;
  }

  @Override
  public String name() {
    return base.name();
  }

  @Override
  public DType dtype() {
    return base.dtype();
  }

  @Override
  public Weight weight(StoredTensor stored) {
    return base.weight(stored);
  }

  @Override
  public Tensor tensor(double[] values, int... shape) {
    return base.tensor(values, shape);
  }

  @Override
  public RowBuffer rowBuffer(int heads, int headSize) {
    return base.rowBuffer(heads, headSize);
  }

  @Override
  public Tensor embed(Weight table, int[] ids) {
    return base.embed(table, ids);
  }

  @Override
  public Tensor embedScaled(Weight table, int[] ids, double factor) {
    return base.embedScaled(table, ids, factor);
  }

  @Override
  public Tensor scale(Tensor x, double factor) {
    return base.scale(x, factor);
  }

  @Override
  public Tensor normalize(Tensor x, double eps) {
    return base.normalize(x, eps);
  }

  @Override
  public Tensor gain(Tensor xHat, Weight w) {
    return base.gain(xHat, w);
  }

  @Override
  public Tensor project(Tensor x, Weight w) {
    return base.project(x, w);
  }

  @Override
  public Tensor combine(Tensor x, Weight w) {
    return base.combine(x, w);
  }

  @Override
  public Tensor rotate(Tensor x, int[] positions, double theta) {
    return base.rotate(x, positions, theta);
  }

  @Override
  public Tensor scores(Tensor q, RowBuffer keys, Span span, double scale) {
    return base.scores(q, keys, span, scale);
  }

  @Override
  public Tensor softcap(Tensor x, double cap) {
    return base.softcap(x, cap);
  }

  @Override
  public Tensor softmax(Tensor scores, Span span) {
    return base.softmax(scores, span);
  }

  @Override
  public Tensor mix(Tensor pattern, RowBuffer values, Span span) {
    return base.mix(pattern, values, span);
  }

  @Override
  public Tensor add(Tensor x, Tensor y) {
    return base.add(x, y);
  }

  @Override
  public Tensor subtract(Tensor x, Tensor y) {
    return base.subtract(x, y);
  }

  @Override
  public Tensor multiply(Tensor x, Tensor y) {
    return base.multiply(x, y);
  }

  @Override
  public Tensor gelu(Tensor x) {
    return base.gelu(x);
  }

  @Override
  public Tensor addBias(Tensor x, Weight b) {
    return base.addBias(x, b);
  }

  @Override
  public Tensor jumpRelu(Tensor u, Weight threshold) {
    return base.jumpRelu(u, threshold);
  }

  /** {@code function} of each element, on this arithmetic's grid. */
  protected final Tensor map(Tensor x, DoubleUnaryOperator function) {
    double[] values = x.toDoubles();
    for (int i = 0; i < values.length; i++) {
      values[i] = function.applyAsDouble(values[i]);
    }
    return base.tensor(values, x.shape());
  }

  /** All elements of a vector. */
  protected static double[] vector(Weight w) {
    double[] values = new double[Math.toIntExact(w.stored().elementCount())];
    w.stored().read(0, values, 0, values.length);
    return values;
  }
}
