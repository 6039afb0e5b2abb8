package loupe.golden.quirk;

import java.util.Map;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import loupe.reference.Arithmetic;
import loupe.reference.FloatFormat;
import loupe.reference.Tensor;

/** The feed-forward part, the post norms, and what is added to the residual stream. */
final class FeedForwardQuirks {
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

  private FeedForwardQuirks() {}

  static void addTo(Map<String, ModelChange> zoo) {
    addActivations(zoo);
    addWires(zoo);
    zoo.put("residual-f16", rounded("hook_resid_post", FloatFormat.F16));
    zoo.put("residual-bf16", rounded("hook_resid_post", FloatFormat.BF16));
  }

  private static ModelChange rounded(String kind, FloatFormat format) {
    return HookEdit.of(
        kind,
        Set.of(),
        (pass, value) -> new ForwardingArithmetic(pass.arithmetic()) {}.map(value, format::round));
  }

  private static void addActivations(Map<String, ModelChange> zoo) {
    zoo.put("gelu-erf", activation(u -> u / 2 * (1 + erf(u / Math.sqrt(2)))));
    zoo.put("gelu-quick", activation(u -> u / (1 + StrictMath.exp(-1.702 * u))));
    zoo.put("silu", activation(u -> u / (1 + StrictMath.exp(-u))));
    zoo.put("relu", activation(u -> Math.max(u, 0)));
    zoo.put("gelu-f16-table", activation(FeedForwardQuirks::tabulated));
    zoo.put(
        "gelu-of-the-product",
        ModelChange.arithmetic(
            (base, c) ->
                new ForwardingArithmetic(base) {
                  @Override
                  public Tensor geglu(Tensor gate, Tensor up) {
                    return base.gelu(base.multiply(gate, up));
                  }
                }));
    zoo.put(
        "gated-product-f16",
        ModelChange.arithmetic(
            (base, c) ->
                new ForwardingArithmetic(base) {
                  @Override
                  public Tensor geglu(Tensor gate, Tensor up) {
                    Tensor gelu = map(base.gelu(gate), FloatFormat.F16::round);
                    Tensor rounded = map(up, FloatFormat.F16::round);
                    return map(base.multiply(gelu, rounded), FloatFormat.F16::round);
                  }
                }));
  }

  private static ModelChange activation(DoubleUnaryOperator function) {
    return ModelChange.arithmetic(
        (base, c) ->
            new ForwardingArithmetic(base) {
              @Override
              public Tensor gelu(Tensor x) {
                return map(x, function);
              }
            });
  }

  private static double gelu(double u) {
    return u / 2 * (1 + StrictMath.tanh(SQRT_2_OVER_PI * (u + 0.044715 * u * u * u)));
  }

  private static double tabulated(double u) {
    if (Math.abs(u) >= 10) {
      return Math.max(u, 0);
    }
    return FloatFormat.F16.round(gelu(FloatFormat.F16.round(u)));
  }

  /** By its series around 0, which is enough below 6; beyond, it is ±1 to the last bit. */
  private static double erf(double x) {
    if (Math.abs(x) > 6) {
      return Math.signum(x);
    }
    // erf(x) = 2/sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (2n+1)!!: all terms have one sign.
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * StrictMath.exp(-x * x) * sum;
  }

  private static void addWires(Map<String, ModelChange> zoo) {
    zoo.put("post-attention-norm-missing", wire("hook_attn_out", "attn.hook_out"));
    zoo.put("post-mlp-norm-missing", wire("hook_mlp_out", "mlp.hook_out"));
    zoo.put("attention-added-to-the-norm", sum("hook_resid_mid", "attn.hook_in", "hook_attn_out"));
    zoo.put("mlp-added-to-resid-pre", sum("hook_resid_post", "hook_resid_pre", "hook_mlp_out"));
    zoo.put("mlp-added-to-the-norm", sum("hook_resid_post", "mlp.hook_in", "hook_mlp_out"));
    zoo.put("raw-attention-added", sum("hook_resid_mid", "hook_resid_pre", "attn.hook_out"));
    zoo.put(
        "parallel-mlp",
        HookEdit.of(
            "ln2.hook_normalized",
            Set.of("hook_resid_pre"),
            (pass, value) ->
                pass.arithmetic()
                    .normalize(pass.seen("hook_resid_pre"), pass.parts().config().rmsNormEps())));
    zoo.put(
        "norm-after-the-sum",
        ModelChange.arithmetic((base, c) -> new NormOfSum(base, c.rmsNormEps())));
  }

  private static ModelChange wire(String to, String from) {
    return HookEdit.of(to, Set.of(from), (pass, value) -> pass.seen(from));
  }

  private static ModelChange sum(String to, String x, String y) {
    return HookEdit.of(
        to, Set.of(x, y), (pass, value) -> pass.arithmetic().add(pass.seen(x), pass.seen(y)));
  }

  /** {@code x + y} over its root mean square: a norm after the sum, as in older transformers. */
  private static final class NormOfSum extends ForwardingArithmetic {
    private final double eps;

    NormOfSum(Arithmetic base, double eps) {
      super(base);
      this.eps = eps;
    }

    @Override
    public Tensor add(Tensor x, Tensor y) {
      return base.normalize(base.add(x, y), eps);
    }
  }
}
