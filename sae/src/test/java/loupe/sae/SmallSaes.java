package loupe.sae;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import loupe.reference.Arithmetic;
import loupe.reference.DoubleTensor;
import loupe.reference.Float64;
import loupe.reference.FloatTensor;
import loupe.reference.HeapTensor;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;

/** SAEs that fit on a screen, and the loops that say what they must compute. */
final class SmallSaes {
  static final Arithmetic FLOAT64 = new Float64(Workers.of(1));

  private SmallSaes() {}

  /** Tensors in memory; entries can be replaced before they are read. */
  static final class Source implements TensorSource {
    final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

    Source put(String name, Tensor values) {
      tensors.put(name, new HeapTensor(name, values));
      return this;
    }

    Source put(String name, double[] values, int... shape) {
      return put(name, new DoubleTensor(values, shape));
    }

    double[] values(String name) {
      StoredTensor tensor = tensors.get(name);
      double[] values = new double[(int) tensor.elementCount()];
      tensor.read(0, values, 0, values.length);
      return values;
    }

    @Override
    public Set<String> names() {
      return tensors.keySet();
    }

    @Override
    public StoredTensor tensor(String name) {
      if (!tensors.containsKey(name)) {
        throw new InputException("no tensor " + name);
      }
      return tensors.get(name);
    }

    @Override
    public String origin() {
      return "params.npz";
    }
  }

  /** Float32 parameters like those of a trained SAE: about a third of the features fire. */
  static Source random(Random random, int dIn, int dSae, int dOut) {
    return new Source()
        .put("W_enc", floats(random, dIn * dSae, 1, 0, dIn, dSae))
        .put("W_dec", floats(random, dSae * dOut, 1, 0, dSae, dOut))
        .put("b_enc", floats(random, dSae, 0.3, 0, dSae))
        .put("b_dec", floats(random, dOut, 0.5, 0.1, dOut))
        .put("threshold", floats(random, dSae, 0.2, 0.7, dSae));
  }

  private static FloatTensor floats(
      Random random, int count, double scale, double shift, int... shape) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (shift + scale * (2 * random.nextDouble() - 1));
    }
    return new FloatTensor(values, shape);
  }

  static DoubleTensor activations(Random random, int... shape) {
    int size = 1;
    for (int axis : shape) {
      size *= axis;
    }
    double[] values = new double[size];
    for (int i = 0; i < size; i++) {
      values[i] = random.nextGaussian();
    }
    return new DoubleTensor(values, shape);
  }

  static JumpReluSae sae(TensorSource source) {
    return new JumpReluSae(FLOAT64, SaeWeights.load(source, FLOAT64));
  }

  static AttachedSae attached(TensorSource source, Site site, int layer) {
    return new AttachedSae("small", sae(source), Attachment.of(site, layer));
  }

  /** Features of one row, by the formula. */
  static double[] features(Source p, double[] a) {
    double[] theta = p.values("threshold");
    double[] u = times(a, p.values("W_enc"), p.values("b_enc"));
    for (int k = 0; k < u.length; k++) {
      u[k] = u[k] > theta[k] ? u[k] : 0;
    }
    return u;
  }

  /** Reconstruction of one row from features, by the formula. */
  static double[] reconstruction(Source p, double[] features) {
    return times(features, p.values("W_dec"), p.values("b_dec"));
  }

  private static double[] times(double[] x, double[] w, double[] bias) {
    double[] out = new double[bias.length];
    for (int o = 0; o < out.length; o++) {
      for (int k = 0; k < x.length; k++) {
        out[o] += x[k] * w[k * out.length + o];
      }
      out[o] += bias[o];
    }
    return out;
  }

  /** Row r of a tensor. */
  static double[] row(Tensor t, int r) {
    return t.rows(r, r + 1).toDoubles();
  }
}
