package loupe.golden.quirk;

import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import loupe.reference.Arithmetic;
import loupe.reference.FloatFormat;
import loupe.reference.Tensor;
import loupe.reference.Weight;

/** The embedding's factor, RMSNorm and its gain. */
final class NormQuirks {
  private static final String FINAL_NORM = "model.norm.weight";

  private NormQuirks() {}

  static void addTo(Map<String, ModelChange> zoo) {
    addEmbedding(zoo);
    addNorms(zoo);
    addGains(zoo);
  }

  private static void addEmbedding(Map<String, ModelChange> zoo) {
    zoo.put("embed-scale-missing", embedding(f -> 1, x -> x));
    zoo.put("embed-scale-twice", embedding(f -> f * f, x -> x));
    zoo.put("embed-scale-bf16", embedding(FloatFormat.BF16::round, x -> x));
    zoo.put("embed-scale-f16", embedding(FloatFormat.F16::round, x -> x));
    zoo.put("embed-product-bf16", embedding(f -> f, FloatFormat.BF16::round));
    zoo.put(
        "embed-scale-from-head-dim",
        ModelChange.arithmetic(
            (base, c) -> new Embedding(base, f -> Math.sqrt(c.dHead()), x -> x)));
  }

  /** In bfloat16 the factor is rounded. */
  static void addVariantsTo(Map<String, ModelChange> variants) {
    variants.put(
        "embed-scale-twice",
        embedding(f -> FloatFormat.BF16.round(f) * FloatFormat.BF16.round(f), x -> x));
  }

  private static ModelChange embedding(DoubleUnaryOperator factor, DoubleUnaryOperator product) {
    return ModelChange.arithmetic((base, c) -> new Embedding(base, factor, product));
  }

  private static final class Embedding extends ForwardingArithmetic {
    private final DoubleUnaryOperator factor;
    private final DoubleUnaryOperator product;

    Embedding(Arithmetic base, DoubleUnaryOperator factor, DoubleUnaryOperator product) {
      super(base);
      this.factor = factor;
      this.product = product;
    }

    @Override
    public Tensor embedScaled(Weight table, int[] ids, double exact) {
      return map(base.embedScaled(table, ids, factor.applyAsDouble(exact)), product);
    }
  }

  private static void addNorms(Map<String, ModelChange> zoo) {
    zoo.put("eps-missing", norm((square, eps) -> Math.sqrt(square)));
    zoo.put("eps-outside-root", norm((square, eps) -> Math.sqrt(square) + eps));
    zoo.put(
        "variance-bf16", norm((square, eps) -> Math.sqrt(FloatFormat.BF16.round(square) + eps)));
    zoo.put(
        "norm-subtracts-the-mean",
        ModelChange.arithmetic(
            (base, c) ->
                new ForwardingArithmetic(base) {
                  @Override
                  public Tensor normalize(Tensor x, double eps) {
                    return base.normalize(base.tensor(centred(x), x.shape()), eps);
                  }
                }));
  }

  private static double[] centred(Tensor x) {
    double[] values = x.toDoubles();
    int width = x.rowSize();
    for (int from = 0; from < values.length; from += width) {
      double mean = 0;
      for (int i = from; i < from + width; i++) {
        mean += values[i] / width;
      }
      for (int i = from; i < from + width; i++) {
        values[i] -= mean;
      }
    }
    return values;
  }

  /** What a row is divided by, from its mean square and eps. */
  private static ModelChange norm(DoubleBinaryOperator divisor) {
    return ModelChange.arithmetic(
        (base, c) ->
            new ForwardingArithmetic(base) {
              @Override
              public Tensor normalize(Tensor x, double eps) {
                double[] values = x.toDoubles();
                int width = x.rowSize();
                for (int from = 0; from < values.length; from += width) {
                  double square = 0;
                  for (int i = from; i < from + width; i++) {
                    square += values[i] * values[i] / width;
                  }
                  double by = divisor.applyAsDouble(square, eps);
                  for (int i = from; i < from + width; i++) {
                    values[i] /= by;
                  }
                }
                return base.tensor(values, x.shape());
              }
            });
  }

  private static void addGains(Map<String, ModelChange> zoo) {
    zoo.put("gain-without-one", gain("", (x, w) -> x * w));
    zoo.put("gain-one-twice", gain("", (x, w) -> x * (2 + w)));
    zoo.put("final-gain-without-one", gain(FINAL_NORM, (x, w) -> x * w));
    zoo.put("final-gain-missing", gain(FINAL_NORM, (x, w) -> x));
    zoo.put("norm-rounded-before-gain", gain("", (x, w) -> FloatFormat.BF16.round(x) * (1 + w)));
    zoo.put("one-plus-w-bf16", gain("", (x, w) -> x * FloatFormat.BF16.round(1 + w)));
  }

  /** Another gain: for the weights of this name, or for all where it is empty. */
  private static ModelChange gain(String name, DoubleBinaryOperator product) {
    Function<Weight, Boolean> concerns = w -> name.isEmpty() || w.stored().name().equals(name);
    return ModelChange.arithmetic(
        (base, c) ->
            new ForwardingArithmetic(base) {
              @Override
              public Tensor gain(Tensor xHat, Weight w) {
                if (!concerns.apply(w)) {
                  return base.gain(xHat, w);
                }
                double[] values = xHat.toDoubles();
                double[] gain = vector(w);
                for (int i = 0; i < values.length; i++) {
                  values[i] = product.applyAsDouble(values[i], gain[i % gain.length]);
                }
                return base.tensor(values, xHat.shape());
              }
            });
  }
}
