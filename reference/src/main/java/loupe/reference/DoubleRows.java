package loupe.reference;

/** Rows of float64, rounded to a format as they come. */
public final class DoubleRows extends HeadRows<double[]> {
  private final FloatFormat format;

  public DoubleRows(int heads, int headSize) {
    this(heads, headSize, FloatFormat.F64);
  }

  /** A buffer that rounds what is appended. */
  DoubleRows(int heads, int headSize, FloatFormat format) {
    this(heads, headSize, format, 0);
  }

  private DoubleRows(int heads, int headSize, FloatFormat format, int firstPosition) {
    super(heads, headSize, firstPosition);
    this.format = format;
  }

  @Override
  double[] array(int length) {
    return new double[length];
  }

  @Override
  double[] elements(Tensor rows) {
    double[] from = ((DoubleTensor) rows).data();
    double[] held = new double[from.length];
    for (int i = 0; i < held.length; i++) {
      held[i] = RoundingPolicy.round(format, from[i]);
    }
    return held;
  }

  /** The same rows, each element squared. */
  DoubleRows squared() {
    DoubleTensor rows = snapshot();
    SquaredTensor.square(rows.data(), 0, rows.size());
    DoubleRows out = new DoubleRows(heads(), headSize(), FloatFormat.F64, firstPosition());
    out.append(rows);
    return out;
  }

  @Override
  public DoubleTensor snapshot() {
    return new DoubleTensor(copyOfElements(), endPosition() - firstPosition(), width());
  }
}
