package loupe.reference;

import java.util.function.DoubleUnaryOperator;

/**
 * GELU of {@link Rounded}: in one go, by a table of float16 values, or with each operation rounded.
 */
final class RoundedGelu {
  private static final double CUBIC = 0.044715;
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

  private RoundedGelu() {}

  static DoubleTensor of(
      RoundingPolicy policy, DoubleTensor x, Float64 exact, RandomErrors errors) {
    double[] out;
    if (policy.has(RoundingPoint.GELU_TABLE)) {
      out = map(x, v -> tabulated(policy, v, exact));
    } else if (policy.has(RoundingPoint.GELU_CUBIC)) {
      out = map(x, v -> cubic(policy, v));
    } else if (policy.has(RoundingPoint.GELU_FACTORED)) {
      out = map(x, v -> factored(policy, v));
    } else {
      out = ((DoubleTensor) exact.gelu(x)).data();
    }
    errors.ofGelu(out, x.data(), policy.format(RoundingPoint.GELU_OUTPUT, ""));
    policy.roundAll(RoundingPoint.GELU_OUTPUT, out);
    return new DoubleTensor(out, x.shape());
  }

  private static double[] map(DoubleTensor x, DoubleUnaryOperator function) {
    double[] a = x.data();
    double[] out = new double[a.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = function.applyAsDouble(a[i]);
    }
    return out;
  }

  private static double tabulated(RoundingPolicy policy, double x, Float64 exact) {
    if (x <= -10) {
      return 0;
    }
    if (x >= 10) {
      return x;
    }
    double in = policy.round(RoundingPoint.GELU_TABLE, x);
    double value = exact.gelu(new DoubleTensor(new double[] {in}, 1)).get(0);
    return policy.round(RoundingPoint.GELU_TABLE, value);
  }

  private static double cubic(RoundingPolicy policy, double x) {
    DoubleUnaryOperator r = v -> policy.round(RoundingPoint.GELU_CUBIC, v);
    double cube = r.applyAsDouble(r.applyAsDouble(x * x) * x);
    double term = r.applyAsDouble(r.applyAsDouble(CUBIC) * cube);
    double inner = r.applyAsDouble(r.applyAsDouble(SQRT_2_OVER_PI) * r.applyAsDouble(x + term));
    double sum = r.applyAsDouble(1 + r.applyAsDouble(StrictMath.tanh(inner)));
    return x * r.applyAsDouble(0.5 * sum);
  }

  private static double factored(RoundingPolicy policy, double x) {
    DoubleUnaryOperator r = v -> policy.round(RoundingPoint.GELU_FACTORED, v);
    double square = r.applyAsDouble(r.applyAsDouble(r.applyAsDouble(CUBIC) * x) * x);
    double outer = r.applyAsDouble(r.applyAsDouble(SQRT_2_OVER_PI) * x);
    double inner = r.applyAsDouble(outer * r.applyAsDouble(1 + square));
    double sum = r.applyAsDouble(1 + r.applyAsDouble(StrictMath.tanh(inner)));
    return r.applyAsDouble(r.applyAsDouble(0.5 * x) * sum);
  }
}
