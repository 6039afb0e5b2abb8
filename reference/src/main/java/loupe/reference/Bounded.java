package loupe.reference;

/**
 * How far a correct port may be off: every operation in float64, and for each element a radius that
 * is proven for every program that keeps a {@link PortContract}, by running error analysis: the
 * roundings of each step are bounded with the actual values at hand, and what the inputs may
 * already be off is carried along. Inputs that a port gave are exact, so that the radius is that of
 * one step; where a port gave nothing, steps follow one another and the radius grows.
 *
 * <p>The value is that of {@link Float64}, up to its own roundings, which the radius includes. The
 * weights are rounded to the port's storage format first.
 *
 * <p>Sources: N. Higham, "Accuracy and Stability of Numerical Algorithms", chapters 2 to 4; C.
 * Jeannerod and S. Rump, "Improved error bounds for inner products in floating-point arithmetic"
 * (2013), for sums without higher-order terms.
 */
public final class Bounded implements Arithmetic {
  /** Roundings that an operation of another kind may come to, in units of roundoff. */
  private static final double OTHER_ROUNDINGS = 512;

  private final PortContract contract;
  private final BoundedProducts products;
  private final BoundedAttention attention;
  private final BoundedFunctions functions;
  private final BoundedGelu gelu;
  private final BoundedRotary rotary;
  private final boolean computes;

  /** Bounds for ports that keep this contract, computed on these threads. */
  public Bounded(PortContract contract, Workers workers) {
    this(contract, workers, false);
  }

  /**
   * The same for a pass some of whose operations are not these, but computed in float64 and then
   * given to {@link #tensor}: what that returns has the radius of two roundings to storage and of
   * some operations. No proof: good enough to see whether a dump may come from such a program.
   */
  public static Bounded withOtherOperations(PortContract contract, Workers workers) {
    return new Bounded(contract, workers, true);
  }

  private Bounded(PortContract contract, Workers workers, boolean computes) {
    this.computes = computes;
    this.contract = contract;
    this.products = new BoundedProducts(contract, workers);
    this.attention = new BoundedAttention(contract);
    this.functions = new BoundedFunctions(contract);
    this.gelu = new BoundedGelu(contract);
    this.rotary = new BoundedRotary(contract);
  }

  /** What the radii are proven under. */
  public PortContract contract() {
    return contract;
  }

  @Override
  public String name() {
    return "bounds-" + contract.name();
  }

  @Override
  public DType dtype() {
    return DType.F64;
  }

  @Override
  public Weight weight(StoredTensor stored) {
    RoundingPoint point = stored.shape().length == 1 ? RoundingPoint.VECTOR : RoundingPoint.WEIGHT;
    return new Float64Weight(RoundedTensor.of(stored, contract.ofWeight(point, stored.name())));
  }

  @Override
  public BoundedTensor tensor(double[] values, int... shape) {
    return computes
        ? BoundedTensor.near(values.clone(), OTHER_ROUNDINGS * contract.fine(), contract, shape)
        : BoundedTensor.exact(values.clone(), shape);
  }

  @Override
  public RowBuffer rowBuffer(int heads, int headSize) {
    FloatFormat format = contract.format(RoundingPoint.CACHE);
    FloatFormat held = format == contract.accumulation() ? FloatFormat.F64 : format;
    return new BoundedRows(heads, headSize, held);
  }

  @Override
  public BoundedTensor embed(Weight table, int[] ids) {
    int width = table.columns();
    double[] out = new double[ids.length * width];
    for (int r = 0; r < ids.length; r++) {
      table.stored().read((long) ids[r] * width, out, r * width, width);
    }
    Finite.check(out, table, null);
    return BoundedTensor.exact(out, ids.length, width);
  }

  @Override
  public Tensor embedScaled(Weight table, int[] ids, double factor) {
    BoundedTensor rows = embed(table, ids);
    return scaled(rows, factor, RoundingPoint.EMBED_FACTOR, RoundingPoint.EMBED_OUTPUT);
  }

  @Override
  public Tensor scale(Tensor x, double factor) {
    return scaled((BoundedTensor) x, factor, RoundingPoint.SAE, RoundingPoint.SAE);
  }

  private BoundedTensor scaled(
      BoundedTensor a, double exact, RoundingPoint ofFactor, RoundingPoint ofOutput) {
    BoundedElements out = new BoundedElements(a.size(), contract, ofOutput);
    double factor = contract.constant(ofFactor, exact);
    double constant = contract.constantError(ofFactor, exact);
    double rounding = contract.fine();
    double tiny = contract.fineTiny();
    double most = Math.abs(factor) + constant;
    for (int i = 0; i < a.size(); i++) {
      double magnitude = Math.abs(a.values()[i]) + a.radii()[i];
      double common = Math.abs(a.values()[i]) * constant + a.drifts()[i] * most + tiny;
      double own = (a.radii()[i] - a.drifts()[i]) * most + magnitude * most * rounding;
      out.set(i, a.values()[i] * factor, common, own);
    }
    return out.tensor(a.shape());
  }

  @Override
  public Tensor normalize(Tensor x, double eps) {
    return BoundedNorm.normalize(contract, (BoundedTensor) x, eps);
  }

  @Override
  public Tensor gain(Tensor xHat, Weight w) {
    Shapes.requireVector("gain", xHat, w);
    return BoundedNorm.gain(contract, (BoundedTensor) xHat, (Float64Weight) w);
  }

  @Override
  public Tensor project(Tensor x, Weight w) {
    return products.project((BoundedTensor) x, (Float64Weight) w);
  }

  @Override
  public Tensor combine(Tensor x, Weight w) {
    return products.combine((BoundedTensor) x, (Float64Weight) w);
  }

  @Override
  public Tensor rotate(Tensor x, int[] positions, double theta) {
    return rotary.rotate((BoundedTensor) x, positions, theta);
  }

  @Override
  public Tensor scores(Tensor q, RowBuffer keys, Span span, double scale) {
    return attention.scores((BoundedTensor) q, (BoundedRows) keys, span, scale);
  }

  @Override
  public Tensor softcap(Tensor x, double cap) {
    return functions.softcap((BoundedTensor) x, cap);
  }

  @Override
  public Tensor softmax(Tensor scores, Span span) {
    return BoundedSoftmax.softmax(contract, (BoundedTensor) scores, span);
  }

  @Override
  public Tensor mix(Tensor pattern, RowBuffer values, Span span) {
    return attention.mix((BoundedTensor) pattern, (BoundedRows) values, span);
  }

  @Override
  public Tensor add(Tensor x, Tensor y) {
    return sum("add", x, y, 1, RoundingPoint.RESIDUAL);
  }

  @Override
  public Tensor subtract(Tensor x, Tensor y) {
    return sum("subtract", x, y, -1, RoundingPoint.SAE);
  }

  private Tensor sum(String operation, Tensor x, Tensor y, int sign, RoundingPoint point) {
    Shapes.requireSame(operation, x, y);
    BoundedTensor a = (BoundedTensor) x;
    BoundedTensor b = (BoundedTensor) y;
    BoundedElements out = new BoundedElements(a.size(), contract, point);
    double rounding = contract.fine();
    double tiny = contract.fineTiny();
    for (int i = 0; i < a.size(); i++) {
      double value = a.values()[i] + sign * b.values()[i];
      double common = a.drifts()[i] + b.drifts()[i];
      double inherited = a.radii()[i] + b.radii()[i];
      double own = inherited - common + (Math.abs(value) + inherited) * rounding;
      out.set(i, value, common + tiny, own);
    }
    return out.tensor(a.shape());
  }

  @Override
  public Tensor multiply(Tensor x, Tensor y) {
    Shapes.requireSame("multiply", x, y);
    BoundedTensor a = (BoundedTensor) x;
    BoundedTensor b = (BoundedTensor) y;
    BoundedElements out = new BoundedElements(a.size(), contract, RoundingPoint.GATED);
    double rounding = contract.fine();
    double tiny = contract.fineTiny();
    for (int i = 0; i < a.size(); i++) {
      double value = a.values()[i] * b.values()[i];
      double p = Math.abs(a.values()[i]);
      double q = Math.abs(b.values()[i]);
      double inherited = p * b.radii()[i] + q * a.radii()[i] + a.radii()[i] * b.radii()[i];
      double common = p * b.drifts()[i] + q * a.drifts()[i] + a.drifts()[i] * b.drifts()[i];
      double own = inherited - common + (Math.abs(value) + inherited) * rounding;
      out.set(i, value, common + tiny, own);
    }
    return out.tensor(a.shape());
  }

  @Override
  public Tensor gelu(Tensor x) {
    return gelu.gelu((BoundedTensor) x);
  }

  @Override
  public Tensor addBias(Tensor x, Weight b) {
    Shapes.requireVector("addBias", x, b);
    BoundedTensor a = (BoundedTensor) x;
    double[] bias = ((Float64Weight) b).vector();
    BoundedElements out = new BoundedElements(a.size(), contract, RoundingPoint.SAE);
    double rounding = contract.fine();
    double tiny = contract.fineTiny();
    for (int i = 0; i < a.size(); i++) {
      double value = a.values()[i] + bias[i % bias.length];
      double radius = a.radii()[i];
      double own = radius - a.drifts()[i] + (Math.abs(value) + radius) * rounding;
      out.set(i, value, a.drifts()[i] + tiny, own);
    }
    return out.tensor(a.shape());
  }

  @Override
  public Tensor jumpRelu(Tensor u, Weight threshold) {
    Shapes.requireVector("jumpRelu", u, threshold);
    BoundedTensor a = (BoundedTensor) u;
    double[] theta = ((Float64Weight) threshold).vector();
    BoundedElements out = new BoundedElements(a.size());
    for (int i = 0; i < a.size(); i++) {
      double value = a.values()[i];
      double radius = a.radii()[i];
      double limit = theta[i % theta.length];
      if (value + radius <= limit) {
        continue; // 0, whatever the port's value within the radius.
      }
      if (value - radius > limit) {
        out.set(i, value, a.drifts()[i], radius - a.drifts()[i]);
      } else {
        out.setUndecided(i, value > limit ? value : 0, Math.abs(value) + radius);
      }
    }
    return out.tensor(a.shape());
  }
}
