package loupe.reference;

/**
 * The reference: every operation in float64, in plain loops. A sum runs in order of its index, each
 * product rounded and then each sum (no fused multiply-add), whatever the shape or the number of
 * threads. Elementary functions are those of {@link StrictMath}, so the bits are the same on every
 * JDK and machine. Weights stay as stored and are widened block by block.
 */
public final class Float64 implements Arithmetic {
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

  private final Workers workers;
  private final RotaryTables rotary = new RotaryTables();

  /** Float64 on these threads. */
  public Float64(Workers workers) {
    this.workers = workers;
  }

  @Override
  public String name() {
    return "float64";
  }

  @Override
  public DType dtype() {
    return DType.F64;
  }

  @Override
  public Weight weight(StoredTensor stored) {
    return new Float64Weight(stored);
  }

  @Override
  public Tensor tensor(double[] values, int... shape) {
    return new DoubleTensor(values.clone(), shape);
  }

  @Override
  public RowBuffer rowBuffer(int heads, int headSize) {
    return new DoubleRows(heads, headSize);
  }

  @Override
  public Tensor embed(Weight table, int[] ids) {
    int width = table.columns();
    double[] out = new double[ids.length * width];
    for (int r = 0; r < ids.length; r++) {
      table.stored().read((long) ids[r] * width, out, r * width, width);
    }
    Finite.check(out, table, null);
    return new DoubleTensor(out, ids.length, width);
  }

  @Override
  public Tensor scale(Tensor x, double factor) {
    double[] a = data(x);
    double[] out = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      out[i] = a[i] * factor;
    }
    return new DoubleTensor(out, x.shape());
  }

  @Override
  public Tensor normalize(Tensor x, double eps) {
    double[] a = data(x);
    int width = x.rowSize();
    double[] out = new double[a.length];
    for (int from = 0; from < a.length; from += width) {
      double sum = 0;
      for (int i = from; i < from + width; i++) {
        sum += a[i] * a[i];
      }
      if (!Double.isFinite(sum)) {
        throw new NonFiniteException(
            "RMSNorm: the mean square of row " + from / width + " is not finite");
      }
      double root = Math.sqrt(sum / width + eps);
      for (int i = from; i < from + width; i++) {
        out[i] = a[i] / root;
      }
    }
    return new DoubleTensor(out, x.shape());
  }

  @Override
  public Tensor gain(Tensor xHat, Weight w) {
    double[] a = data(xHat);
    double[] gain = vectorFor("gain", xHat, w);
    double[] out = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      out[i] = a[i] * (1 + gain[i % gain.length]);
    }
    return new DoubleTensor(out, xHat.shape());
  }

  @Override
  public Tensor project(Tensor x, Weight w) {
    return Float64Products.project(workers, (DoubleTensor) x, (Float64Weight) w);
  }

  @Override
  public Tensor combine(Tensor x, Weight w) {
    return Float64Products.combine(workers, (DoubleTensor) x, w);
  }

  @Override
  public Tensor rotate(Tensor x, int[] positions, double theta) {
    int heads = x.dim(1);
    int h = x.dim(2);
    int half = h / 2;
    RotaryTable.Angles angles = rotary.of(h, theta, positions);
    double[] a = data(x);
    double[] out = new double[a.length];
    for (int r = 0; r < positions.length; r++) {
      for (int n = 0; n < heads; n++) {
        int at = (r * heads + n) * h;
        for (int p = 0; p < half; p++) {
          double cos = angles.cos()[positions[r] * half + p];
          double sin = angles.sin()[positions[r] * half + p];
          out[at + p] = a[at + p] * cos - a[at + p + half] * sin;
          out[at + p + half] = a[at + p + half] * cos + a[at + p] * sin;
        }
      }
    }
    return new DoubleTensor(out, x.shape());
  }

  @Override
  public Tensor scores(Tensor q, RowBuffer keys, Span span, double scale) {
    return Float64Attention.scores((DoubleTensor) q, (DoubleRows) keys, span, scale);
  }

  @Override
  public Tensor softcap(Tensor x, double cap) {
    double[] a = data(x);
    double[] out = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      out[i] = cap * StrictMath.tanh(a[i] / cap);
    }
    return new DoubleTensor(out, x.shape());
  }

  @Override
  public Tensor softmax(Tensor scores, Span span) {
    return Float64Attention.softmax((DoubleTensor) scores, span);
  }

  @Override
  public Tensor mix(Tensor pattern, RowBuffer values, Span span) {
    return Float64Attention.mix((DoubleTensor) pattern, (DoubleRows) values, span);
  }

  @Override
  public Tensor add(Tensor x, Tensor y) {
    double[] a = data(x);
    double[] b = sameShape("add", x, y);
    double[] out = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      out[i] = a[i] + b[i];
    }
    return new DoubleTensor(out, x.shape());
  }

  @Override
  public Tensor subtract(Tensor x, Tensor y) {
    double[] a = data(x);
    double[] b = sameShape("subtract", x, y);
    double[] out = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      out[i] = a[i] - b[i];
    }
    return new DoubleTensor(out, x.shape());
  }

  @Override
  public Tensor multiply(Tensor x, Tensor y) {
    double[] a = data(x);
    double[] b = sameShape("multiply", x, y);
    double[] out = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      out[i] = a[i] * b[i];
    }
    return new DoubleTensor(out, x.shape());
  }

  @Override
  public Tensor gelu(Tensor x) {
    double[] a = data(x);
    double[] out = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      double v = a[i];
      out[i] = 0.5 * v * (1 + StrictMath.tanh(SQRT_2_OVER_PI * (v + 0.044715 * (v * v * v))));
    }
    return new DoubleTensor(out, x.shape());
  }

  @Override
  public Tensor addBias(Tensor x, Weight b) {
    double[] a = data(x);
    double[] bias = vectorFor("addBias", x, b);
    double[] out = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      out[i] = a[i] + bias[i % bias.length];
    }
    return new DoubleTensor(out, x.shape());
  }

  @Override
  public Tensor jumpRelu(Tensor u, Weight threshold) {
    double[] a = data(u);
    double[] theta = vectorFor("jumpRelu", u, threshold);
    double[] out = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      out[i] = a[i] > theta[i % theta.length] ? a[i] : 0;
    }
    return new DoubleTensor(out, u.shape());
  }

  private static double[] data(Tensor x) {
    return ((DoubleTensor) x).data();
  }

  private static double[] sameShape(String operation, Tensor x, Tensor y) {
    Shapes.requireSame(operation, x, y);
    return data(y);
  }

  private static double[] vectorFor(String operation, Tensor x, Weight w) {
    Shapes.requireVector(operation, x, w);
    return ((Float64Weight) w).vector();
  }
}
