package loupe.reference;

/**
 * The fast arithmetic: float32 with bits that are defined to the last one, by FLOAT32.md in this
 * module. They are the same with {@link ScalarKernels} and {@link VectorKernels}, at every vector
 * width, number of threads, block size and batch.
 */
public final class Float32 implements Arithmetic {
  private final FloatKernels kernels;
  private final Workers workers;
  private final Float32Products products;
  private final Float32Attention attention;
  private final Float32Rotary rotary;
  private final Float32Elements elements;
  private final Float32Norm norm;
  private final RotaryTables tables;
  private final Results results;

  /** Float32 on these threads, with the kernels that {@link KernelProvider} chooses. */
  public Float32(Workers workers) {
    this(workers, KernelProvider.choose());
  }

  /** Float32 on these threads, with these kernels. */
  public Float32(Workers workers, KernelProvider provider) {
    this(workers, provider.kernels());
  }

  Float32(Workers workers, FloatKernels kernels) {
    this(workers, kernels, new RotaryTables(), Results.ofNewArrays());
  }

  private Float32(Workers workers, FloatKernels kernels, RotaryTables tables, Results results) {
    this.kernels = kernels;
    this.workers = workers;
    this.tables = tables;
    this.results = results;
    this.products = new Float32Products(kernels, workers, results);
    this.attention = new Float32Attention(kernels, products, results);
    this.rotary = new Float32Rotary(products, tables, results);
    this.elements = new Float32Elements(products, results);
    this.norm = new Float32Norm(kernels, products, results);
  }

  @Override
  public Float32 forPass() {
    return new Float32(workers, kernels, tables, results.forPass());
  }

  @Override
  public void keep(Tensor result) {
    results.keep(result);
  }

  @Override
  public void recycle(Tensor current) {
    results.recycle(current);
  }

  @Override
  public void endPass(Tensor result) {
    results.endPass(result);
  }

  @Override
  public String name() {
    return "float32";
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public Weight weight(StoredTensor stored) {
    return new Float32Weight(stored, kernels);
  }

  @Override
  public Tensor tensor(double[] values, int... shape) {
    float[] out = new float[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) values[i];
    }
    return new FloatTensor(out, shape);
  }

  @Override
  public RowBuffer rowBuffer(int heads, int headSize) {
    return new FloatRows(heads, headSize);
  }

  @Override
  public Tensor embed(Weight table, int[] ids) {
    int width = table.columns();
    float[] out = results.array(Shapes.size(new int[] {ids.length, width}));
    products.run(
        ids.length,
        out.length,
        r -> ((Float32Weight) table).read((long) ids[r] * width, out, r * width, width));
    Finite.check(out, table, null);
    return new FloatTensor(out, ids.length, width);
  }

  @Override
  public Tensor scale(Tensor x, double factor) {
    float[] a = data(x);
    float by = (float) factor;
    return elements.each(
        x,
        1,
        (out, from, to) -> {
          for (int i = from; i < to; i++) {
            out[i] = a[i] * by;
          }
        });
  }

  @Override
  public Tensor normalize(Tensor x, double eps) {
    return norm.normalize((FloatTensor) x, (float) eps);
  }

  @Override
  public Tensor gain(Tensor xHat, Weight w) {
    float[] a = data(xHat);
    Shapes.requireVector("gain", xHat, w);
    float[] gain = ((Float32Weight) w).gains();
    return elements.rows(
        xHat,
        gain.length,
        (out, at, width) -> {
          for (int i = 0; i < width; i++) {
            out[at + i] = a[at + i] * gain[i];
          }
        });
  }

  @Override
  public Tensor project(Tensor x, Weight w) {
    return products.project((FloatTensor) x, (Float32Weight) w);
  }

  @Override
  public Tensor combine(Tensor x, Weight w) {
    return products.combine((FloatTensor) x, (Float32Weight) w);
  }

  @Override
  public Tensor affine(Tensor x, Weight w, Weight b) {
    if (w.columns() == b.rows()) {
      float[] bias = ((Float32Weight) b).vector();
      FloatTensor sum = products.affine((FloatTensor) x, (Float32Weight) w, bias);
      if (sum != null) {
        return sum;
      }
    }
    // In steps, to say what is not finite.
    return Arithmetic.super.affine(x, w, b);
  }

  @Override
  public Tensor rotate(Tensor x, int[] positions, double theta) {
    return rotary.rotate((FloatTensor) x, positions, theta);
  }

  @Override
  public Tensor scores(Tensor q, RowBuffer keys, Span span, double scale) {
    return attention.scores((FloatTensor) q, (FloatRows) keys, span, scale);
  }

  @Override
  public Tensor softcap(Tensor x, double cap) {
    float[] a = data(x);
    return elements.each(
        x,
        Float32Elements.FUNCTION,
        (out, from, to) -> kernels.softcap(a, from, out, from, to - from, (float) cap));
  }

  @Override
  public Tensor softmax(Tensor scores, Span span) {
    return attention.softmax((FloatTensor) scores, span);
  }

  @Override
  public Tensor mix(Tensor pattern, RowBuffer values, Span span) {
    return attention.mix((FloatTensor) pattern, (FloatRows) values, span);
  }

  @Override
  public Tensor attend(
      Tensor q, RowBuffer keys, RowBuffer values, Span span, double scale, double cap) {
    return attention.attend(
        (FloatTensor) q, (FloatRows) keys, (FloatRows) values, span, scale, cap);
  }

  @Override
  public Tensor add(Tensor x, Tensor y) {
    float[] a = data(x);
    float[] b = sameShape("add", x, y);
    return elements.each(
        x,
        1,
        (out, from, to) -> {
          for (int i = from; i < to; i++) {
            out[i] = a[i] + b[i];
          }
        });
  }

  @Override
  public Tensor subtract(Tensor x, Tensor y) {
    float[] a = data(x);
    float[] b = sameShape("subtract", x, y);
    return elements.each(
        x,
        1,
        (out, from, to) -> {
          for (int i = from; i < to; i++) {
            out[i] = a[i] - b[i];
          }
        });
  }

  @Override
  public Tensor multiply(Tensor x, Tensor y) {
    float[] a = data(x);
    float[] b = sameShape("multiply", x, y);
    return elements.each(
        x,
        1,
        (out, from, to) -> {
          for (int i = from; i < to; i++) {
            out[i] = a[i] * b[i];
          }
        });
  }

  @Override
  public Tensor gelu(Tensor x) {
    float[] a = data(x);
    return elements.each(
        x,
        Float32Elements.FUNCTION,
        (out, from, to) -> kernels.gelu(a, from, out, from, to - from));
  }

  @Override
  public Tensor geglu(Tensor gate, Tensor up) {
    float[] a = data(gate);
    float[] b = sameShape("geglu", gate, up);
    return elements.each(
        gate,
        Float32Elements.FUNCTION,
        (out, from, to) -> {
          kernels.gelu(a, from, out, from, to - from);
          for (int i = from; i < to; i++) {
            out[i] *= b[i];
          }
        });
  }

  @Override
  public Tensor addBias(Tensor x, Weight b) {
    float[] a = data(x);
    float[] bias = vectorFor("addBias", x, b);
    return elements.rows(
        x,
        bias.length,
        (out, at, width) -> {
          for (int i = 0; i < width; i++) {
            out[at + i] = a[at + i] + bias[i];
          }
        });
  }

  @Override
  public Tensor jumpRelu(Tensor u, Weight threshold) {
    float[] a = data(u);
    float[] theta = vectorFor("jumpRelu", u, threshold);
    return elements.rows(
        u, theta.length, (out, at, width) -> kernels.jumpRelu(a, at, theta, out, width));
  }

  private static float[] data(Tensor x) {
    return ((FloatTensor) x).data();
  }

  private static float[] sameShape(String operation, Tensor x, Tensor y) {
    Shapes.requireSame(operation, x, y);
    return data(y);
  }

  private static float[] vectorFor(String operation, Tensor x, Weight w) {
    Shapes.requireVector(operation, x, w);
    return ((Float32Weight) w).vector();
  }
}
