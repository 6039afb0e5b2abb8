package loupe.reference;

/**
 * An engine's arithmetic: float64, rounded where its {@link RoundingPolicy} says that the engine
 * rounds. So it predicts what a correct program that rounds at these points gives: products and
 * sums are exact to float64 here, while the engine accumulates in float32 in some order of its own,
 * which shows only next to a rounding boundary.
 *
 * <p>Tensors are float64, and so are those between a norm and its gain, which engines never store.
 * Products whose rounded result overflows throw, as in every arithmetic.
 */
public final class Rounded implements Arithmetic {
  private final RoundingPolicy policy;
  private final Float64 exact;
  private final RoundedAttention attention;
  private final RoundedRotary rotary;
  private final RandomErrors errors;

  /** The arithmetic of a policy on these threads. */
  public Rounded(RoundingPolicy policy, Workers workers) {
    this(policy, workers, RandomErrors.NONE);
  }

  /** The same of a program whose sums and functions are off by so much. */
  public Rounded(RoundingPolicy policy, Workers workers, RandomErrors errors) {
    this.policy = policy;
    this.exact = new Float64(workers);
    this.attention = new RoundedAttention(policy, exact, errors);
    this.rotary = new RoundedRotary(policy, errors);
    this.errors = errors;
  }

  /** Where it rounds. */
  public RoundingPolicy policy() {
    return policy;
  }

  @Override
  public String name() {
    return policy.name();
  }

  @Override
  public DType dtype() {
    return policy.storage() == FloatFormat.F64 ? DType.F64 : DType.F32;
  }

  @Override
  public Weight weight(StoredTensor stored) {
    RoundingPoint point = stored.shape().length == 1 ? RoundingPoint.VECTOR : RoundingPoint.WEIGHT;
    return exact.weight(RoundedTensor.of(stored, policy.format(point, stored.name())));
  }

  /** Rounded to what activations are stored in. */
  @Override
  public Tensor tensor(double[] values, int... shape) {
    double[] out = new double[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = RoundingPolicy.round(policy.storage(), values[i]);
    }
    return new DoubleTensor(out, shape);
  }

  @Override
  public RowBuffer rowBuffer(int heads, int headSize) {
    return new DoubleRows(heads, headSize, policy.format(RoundingPoint.CACHE, ""));
  }

  @Override
  public Tensor embed(Weight table, int[] ids) {
    return exact.embed(table, ids);
  }

  @Override
  public Tensor embedScaled(Weight table, int[] ids, double factor) {
    double rounded = policy.round(RoundingPoint.EMBED_FACTOR, factor);
    return round(RoundingPoint.EMBED_OUTPUT, exact.scale(exact.embed(table, ids), rounded));
  }

  @Override
  public Tensor scale(Tensor x, double factor) {
    return round(RoundingPoint.SAE, exact.scale(x, policy.round(RoundingPoint.SAE, factor)));
  }

  @Override
  public Tensor normalize(Tensor x, double eps) {
    DoubleTensor normalized = RoundedNorm.normalize(policy, (DoubleTensor) x, eps);
    FloatFormat held = policy.format(RoundingPoint.NORM_OUTPUT, "");
    errors.ofFunctions(normalized.data(), x.rowSize(), held);
    return normalized;
  }

  @Override
  public Tensor gain(Tensor xHat, Weight w) {
    Shapes.requireVector("gain", xHat, w);
    double[] gained = RoundedNorm.gain(policy, (DoubleTensor) xHat, ((Float64Weight) w).vector());
    policy.roundAll(RoundingPoint.GAIN_OUTPUT, w.stored().name(), gained);
    return new DoubleTensor(gained, xHat.shape());
  }

  @Override
  public Tensor project(Tensor x, Weight w) {
    String name = w.stored().name();
    double[] in = data(x).clone();
    policy.roundAll(RoundingPoint.PROJECT_INPUT, name, in);
    DoubleTensor input = new DoubleTensor(in, x.shape());
    double[] out = data(errors.project(exact, input, w));
    policy.roundAll(RoundingPoint.PROJECT_OUTPUT, name, out);
    Finite.check(out, w, input);
    return new DoubleTensor(out, x.dim(0), w.rows());
  }

  @Override
  public Tensor combine(Tensor x, Weight w) {
    Tensor out = round(RoundingPoint.SAE, exact.combine(x, w));
    Finite.check(data(out), w, x);
    return out;
  }

  @Override
  public Tensor rotate(Tensor x, int[] positions, double theta) {
    DoubleTensor rotated = rotary.rotate((DoubleTensor) x, positions, theta);
    FloatFormat held = policy.format(RoundingPoint.ROTARY_TABLE, "");
    errors.ofFunctions(rotated.data(), 1, held);
    return rotated;
  }

  @Override
  public Tensor scores(Tensor q, RowBuffer keys, Span span, double scale) {
    return attention.scores((DoubleTensor) q, (DoubleRows) keys, span, scale);
  }

  @Override
  public Tensor softcap(Tensor x, double cap) {
    return attention.softcap((DoubleTensor) x, cap);
  }

  @Override
  public Tensor softmax(Tensor scores, Span span) {
    return attention.softmax((DoubleTensor) scores, span);
  }

  @Override
  public Tensor mix(Tensor pattern, RowBuffer values, Span span) {
    double[] in = policy.roundAll(RoundingPoint.MIX_PATTERN, data(pattern).clone());
    DoubleTensor rounded = new DoubleTensor(in, pattern.shape());
    Tensor out =
        policy.has(RoundingPoint.MIX_PARTIAL)
            ? attention.mix(rounded, (DoubleRows) values, span)
            : errors.mix(exact, rounded, (DoubleRows) values, span);
    policy.roundAll(RoundingPoint.MIX_OUTPUT, data(out));
    Finite.checkAttention(data(out), "a mix of values");
    return out;
  }

  @Override
  public Tensor add(Tensor x, Tensor y) {
    return round(RoundingPoint.RESIDUAL, exact.add(x, y));
  }

  @Override
  public Tensor subtract(Tensor x, Tensor y) {
    return round(RoundingPoint.SAE, exact.subtract(x, y));
  }

  @Override
  public Tensor multiply(Tensor x, Tensor y) {
    return round(RoundingPoint.GATED, exact.multiply(x, y));
  }

  @Override
  public Tensor gelu(Tensor x) {
    return RoundedGelu.of(policy, (DoubleTensor) x, exact, errors);
  }

  @Override
  public Tensor addBias(Tensor x, Weight b) {
    return round(RoundingPoint.SAE, exact.addBias(x, b));
  }

  @Override
  public Tensor jumpRelu(Tensor u, Weight threshold) {
    return exact.jumpRelu(u, threshold);
  }

  /** Rounds in place: for results that nobody else holds. */
  private Tensor round(RoundingPoint point, Tensor fresh) {
    policy.roundAll(point, data(fresh));
    return fresh;
  }

  private static double[] data(Tensor x) {
    return ((DoubleTensor) x).data();
  }
}
