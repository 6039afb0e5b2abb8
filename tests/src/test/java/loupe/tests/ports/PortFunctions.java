package loupe.tests.ports;

import loupe.reference.DoubleTensor;
import loupe.reference.RoundingPoint;

/** Rotary embedding, soft cap and GELU of a {@link HonestPort}, each in several formulas. */
final class PortFunctions {
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

  private final PortNumbers n;

  PortFunctions(PortNumbers numbers) {
    this.n = numbers;
  }

  DoubleTensor rotate(DoubleTensor x, int[] positions, double theta) {
    int heads = x.dim(1);
    int h = x.dim(2);
    int half = h / 2;
    double[] frequencies = frequencies(h, theta);
    double[] a = x.data();
    double[] out = new double[a.length];
    boolean fused = n.coin();
    for (int r = 0; r < positions.length; r++) {
      for (int p = 0; p < half; p++) {
        double angle = n.fine(positions[r] * frequencies[p]);
        double cos = n.keep(RoundingPoint.ROTARY_TABLE, n.function(StrictMath.cos(angle)));
        double sin = n.keep(RoundingPoint.ROTARY_TABLE, n.function(StrictMath.sin(angle)));
        for (int head = 0; head < heads; head++) {
          int at = (r * heads + head) * h + p;
          out[at] = turned(a[at], cos, -a[at + half], sin, fused);
          out[at + half] = turned(a[at + half], cos, a[at], sin, fused);
        }
      }
    }
    return new DoubleTensor(out, x.shape());
  }

  private double turned(double x, double cos, double y, double sin, boolean fused) {
    double first = n.keep(RoundingPoint.ROTARY_PRODUCT, x * cos);
    double sum =
        fused
            ? n.multiplyAdd(y, sin, first, true)
            : first + n.keep(RoundingPoint.ROTARY_PRODUCT, y * sin);
    return n.keep(RoundingPoint.ROTARY_OUTPUT, sum);
  }

  /** {@code theta^(-2p/h)}: by pow, by exp, or step by step. */
  private double[] frequencies(int h, double theta) {
    double[] out = new double[h / 2];
    int method = n.choice(4);
    double logarithm = n.fine(StrictMath.log(theta)); // a constant
    double step = n.function(StrictMath.pow(theta, n.fine(-2 / (double) h)));
    double power = 1;
    for (int p = 0; p < out.length; p++) {
      double exponent = n.fine(2 * p / (double) h);
      out[p] =
          switch (method) {
            case 0 -> n.fine(1 / n.function(StrictMath.pow(theta, exponent)));
            case 1 -> p == 0 ? 1 : n.function(StrictMath.pow(theta, -exponent));
            case 2 -> n.function(StrictMath.exp(n.fine(-exponent * logarithm)));
            default -> power;
          };
      power = n.fine(power * step);
    }
    return out;
  }

  DoubleTensor softcap(DoubleTensor x, double cap) {
    double constant = n.constant(RoundingPoint.CAP_FACTOR, cap);
    double reciprocal = n.fine(1 / constant);
    boolean divides = n.coin();
    double[] out = new double[x.size()];
    for (int i = 0; i < out.length; i++) {
      double a = x.data()[i];
      double y = n.keep(RoundingPoint.CAP_QUOTIENT, divides ? a / constant : a * reciprocal);
      double t = n.keep(RoundingPoint.CAP_TANH, n.function(StrictMath.tanh(y)));
      out[i] = n.keep(RoundingPoint.CAP_OUTPUT, t * constant);
    }
    return new DoubleTensor(out, x.shape());
  }

  DoubleTensor gelu(DoubleTensor x) {
    int method = n.choice(3);
    double[] out = new double[x.size()];
    for (int i = 0; i < out.length; i++) {
      double v = x.data()[i];
      double inner = method == 0 ? innerOfCube(v) : innerOfSquare(v);
      out[i] = method == 2 ? bySigmoid(v, inner) : byTanh(v, inner);
    }
    return new DoubleTensor(out, x.shape());
  }

  private double step(double x) {
    return n.keep(RoundingPoint.GELU_CUBIC, x);
  }

  private double innerOfCube(double v) {
    double cube = step(step(v * v) * v);
    double constant = n.constant(RoundingPoint.GELU_CUBIC, 0.044715);
    double sum = step(v + step(constant * cube));
    return step(n.constant(RoundingPoint.GELU_CUBIC, SQRT_2_OVER_PI) * sum);
  }

  private double innerOfSquare(double v) {
    double constant = n.constant(RoundingPoint.GELU_CUBIC, 0.044715);
    double sum = step(1 + step(constant * step(v * v)));
    double factor = n.constant(RoundingPoint.GELU_CUBIC, SQRT_2_OVER_PI);
    return step(step(factor * v) * sum);
  }

  private double byTanh(double v, double inner) {
    double t = n.keep(RoundingPoint.GELU_CUBIC, n.function(StrictMath.tanh(inner)));
    double sum = n.keep(RoundingPoint.GELU_CUBIC, 1 + t);
    return n.keep(RoundingPoint.GELU_OUTPUT, n.keep(RoundingPoint.GELU_CUBIC, 0.5 * sum) * v);
  }

  private double bySigmoid(double v, double inner) {
    double e = n.function(StrictMath.exp(-2 * inner));
    return n.keep(RoundingPoint.GELU_OUTPUT, v / n.fine(1 + e));
  }
}
