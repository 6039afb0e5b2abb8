package loupe.golden.quirk;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import loupe.reference.Arithmetic;
import loupe.reference.BoundedTensor;
import loupe.reference.DoubleTensor;
import loupe.reference.FloatFormat;
import loupe.reference.HeapTensor;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;
import loupe.reference.Weight;

/** JumpReLU, the parameters of an SAE, and what it does to its input. */
final class SaeQuirks {
  private static final String W_ENC = "W_enc";
  private static final String W_DEC = "W_dec";

  private SaeQuirks() {}

  static void addTo(Map<String, UnaryOperator<SaeParts>> zoo) {
    addThresholds(zoo);
    addParameters(zoo);
    addInputs(zoo);
    zoo.put("sae-b-dec-subtracted", s -> new SaeParts(s.parameters(), s.arithmetic(), true));
  }

  /** What becomes of a pre-activation. */
  private interface Activation {
    double of(double u, double threshold);
  }

  private static void addThresholds(Map<String, UnaryOperator<SaeParts>> zoo) {
    zoo.put("sae-relu", activation((u, t) -> Math.max(u, 0)));
    zoo.put("sae-at-or-above-threshold", activation((u, t) -> u >= t ? u : 0));
    zoo.put("sae-threshold-subtracted", activation((u, t) -> Math.max(u - t, 0)));
    zoo.put("sae-threshold-on-absolute-value", activation((u, t) -> Math.abs(u) > t ? u : 0));
    zoo.put("sae-binary-features", activation((u, t) -> u > t ? 1 : 0));
    zoo.put("sae-one-threshold-for-all", parameter("threshold", SaeQuirks::meanOfAll));
    zoo.put("sae-top-five-features", s -> s.withArithmetic(new TopFive(s.arithmetic())));
  }

  private static UnaryOperator<SaeParts> activation(Activation activation) {
    return s ->
        s.withArithmetic(
            new ForwardingArithmetic(s.arithmetic()) {
              @Override
              public Tensor jumpRelu(Tensor u, Weight threshold) {
                double[] t = vector(threshold);
                return gated(
                    base,
                    u,
                    values -> {
                      for (int i = 0; i < values.length; i++) {
                        values[i] = activation.of(values[i], t[i % t.length]);
                      }
                      return values;
                    });
              }
            });
  }

  /**
   * Features from pre-activations. Where these are known within a radius only, what follows from
   * both ends is within the radius of the features.
   *
   * @param gate may modify its argument
   */
  private static Tensor gated(Arithmetic base, Tensor u, UnaryOperator<double[]> gate) {
    double[] values = gate.apply(u.toDoubles());
    Tensor features = base.tensor(values, u.shape());
    if (!(u instanceof BoundedTensor bounded) || !(features instanceof BoundedTensor near)) {
      return features;
    }
    double[] low = u.toDoubles();
    double[] high = u.toDoubles();
    for (int i = 0; i < low.length; i++) {
      low[i] -= bounded.radii()[i];
      high[i] += bounded.radii()[i];
    }
    gate.apply(low);
    gate.apply(high);
    double[] radius = new double[values.length];
    for (int i = 0; i < radius.length; i++) {
      radius[i] = Math.max(Math.abs(low[i] - values[i]), Math.abs(high[i] - values[i]));
    }
    return near.atLeastAsWideAs(new BoundedTensor(values, radius, radius, u.shape()), 1);
  }

  private static double[] meanOfAll(double[] values) {
    Arrays.fill(values, Arrays.stream(values).average().orElse(0));
    return values;
  }

  private static final class TopFive extends ForwardingArithmetic {
    TopFive(Arithmetic base) {
      super(base);
    }

    @Override
    public Tensor jumpRelu(Tensor u, Weight threshold) {
      double[] t = vector(threshold);
      return gated(base, u, values -> strongest(values, t));
    }

    private static double[] strongest(double[] f, double[] threshold) {
      int width = threshold.length;
      for (int i = 0; i < f.length; i++) {
        f[i] = f[i] > threshold[i % width] ? f[i] : 0;
      }
      for (int from = 0; from < f.length; from += width) {
        double[] sorted = Arrays.copyOfRange(f, from, from + width);
        Arrays.sort(sorted);
        double fifth = sorted[Math.max(0, width - 5)];
        for (int i = from; i < from + width; i++) {
          f[i] = f[i] >= fifth ? f[i] : 0;
        }
      }
      return f;
    }
  }

  private static void addParameters(Map<String, UnaryOperator<SaeParts>> zoo) {
    zoo.put("sae-b-enc-missing", parameter("b_enc", values -> new double[values.length]));
    zoo.put("sae-b-dec-missing", parameter("b_dec", values -> new double[values.length]));
    zoo.put(
        "sae-encoder-is-decoder",
        s ->
            s.withParameters(
                new OneParameter(
                    s.parameters(),
                    W_ENC,
                    base -> transposed(base.tensor(W_DEC), base.tensor(W_ENC)))));
    zoo.put(
        "sae-encoder-read-transposed",
        s ->
            s.withParameters(
                new OneParameter(
                    s.parameters(),
                    W_ENC,
                    base -> transposed(base.tensor(W_ENC), base.tensor(W_ENC)))));
    zoo.put(
        "sae-decoder-rows-normalised",
        s -> {
          int width = (int) s.parameters().tensor(W_DEC).shape()[1];
          return parameter(W_DEC, values -> unitRows(values, width)).apply(s);
        });
    zoo.put(
        "sae-parameters-bf16",
        parameter(W_ENC, SaeQuirks::rounded).andThen(parameter("b_enc", SaeQuirks::rounded))
            ::apply);
  }

  private static double[] rounded(double[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = FloatFormat.BF16.round(values[i]);
    }
    return values;
  }

  private static double[] unitRows(double[] values, int width) {
    for (int from = 0; from < values.length; from += width) {
      double square = 0;
      for (int i = from; i < from + width; i++) {
        square += values[i] * values[i];
      }
      for (int i = from; i < from + width; i++) {
        values[i] /= Math.sqrt(square);
      }
    }
    return values;
  }

  private static UnaryOperator<SaeParts> parameter(String name, UnaryOperator<double[]> change) {
    return s ->
        s.withParameters(
            new OneParameter(
                s.parameters(),
                name,
                base -> {
                  StoredTensor stored = base.tensor(name);
                  return tensor(stored, change.apply(read(stored)));
                }));
  }

  private static double[] read(StoredTensor stored) {
    double[] values = new double[Math.toIntExact(stored.elementCount())];
    stored.read(0, values, 0, values.length);
    return values;
  }

  /** Values in the shape and under the name of a tensor. */
  private static StoredTensor tensor(StoredTensor like, double[] values) {
    int[] shape = Arrays.stream(like.shape()).mapToInt(Math::toIntExact).toArray();
    return new HeapTensor(like.name(), new DoubleTensor(values, shape));
  }

  /** The elements of a matrix, column by column, in the shape of another. */
  private static StoredTensor transposed(StoredTensor matrix, StoredTensor like) {
    if (matrix.elementCount() != like.elementCount()) {
      throw new InputException(matrix.name() + " does not fit as " + like.name());
    }
    double[] values = read(matrix);
    int columns = (int) matrix.shape()[1];
    int rows = values.length / columns;
    double[] out = new double[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = values[i % rows * columns + i / rows];
    }
    return tensor(like, out);
  }

  /** Parameters of which one is another. */
  private record OneParameter(TensorSource base, String changed, Maker maker)
      implements TensorSource {
    /** Makes the changed tensor. */
    interface Maker {
      StoredTensor of(TensorSource base);
    }

    @Override
    public Set<String> names() {
      return base.names();
    }

    @Override
    public StoredTensor tensor(String name) {
      return name.equals(changed) ? maker.of(base) : base.tensor(name);
    }

    @Override
    public String origin() {
      return base.origin();
    }
  }

  private static void addInputs(Map<String, UnaryOperator<SaeParts>> zoo) {
    zoo.put("sae-input-of-unit-norm", input((row, square, mean) -> 1 / Math.sqrt(square)));
    zoo.put(
        "sae-input-of-unit-mean-square", input((row, square, mean) -> 1 / Math.sqrt(square / row)));
    zoo.put("sae-input-centred", s -> s.withArithmetic(new Encoder(s.arithmetic(), null)));
  }

  /** What a row is multiplied by, from its length, its sum of squares and its mean. */
  private interface Factor {
    double of(int width, double square, double mean);
  }

  private static UnaryOperator<SaeParts> input(Factor factor) {
    return s -> s.withArithmetic(new Encoder(s.arithmetic(), factor));
  }

  /** Changes what the encoder reads: scaled by a factor, or centred where there is none. */
  private static final class Encoder extends ForwardingArithmetic {
    private final Factor factor;

    Encoder(Arithmetic base, Factor factor) {
      super(base);
      this.factor = factor;
    }

    @Override
    public Tensor combine(Tensor x, Weight w) {
      return w.stored().name().equals(W_ENC) ? base.combine(changed(x), w) : base.combine(x, w);
    }

    private Tensor changed(Tensor x) {
      double[] a = x.toDoubles();
      int width = x.rowSize();
      for (int from = 0; from < a.length; from += width) {
        double square = 0;
        double mean = 0;
        for (int i = from; i < from + width; i++) {
          square += a[i] * a[i];
          mean += a[i] / width;
        }
        double by = factor == null ? 1 : factor.of(width, square, mean);
        for (int i = from; i < from + width; i++) {
          a[i] = factor == null ? a[i] - mean : a[i] * by;
        }
      }
      return base.tensor(a, x.shape());
    }
  }
}
