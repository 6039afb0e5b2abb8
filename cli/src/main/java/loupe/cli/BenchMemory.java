package loupe.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.Gemma2Weights;
import loupe.golden.FormulaWeights;
import loupe.golden.Knobs;
import loupe.reference.DType;
import loupe.reference.DirectTensor;
import loupe.reference.FloatTensor;
import loupe.reference.StoredTensor;
import loupe.reference.TensorMap;
import loupe.reference.TensorSource;

/** Numbers by formula in memory, to measure with: no disk and no page cache has a say. */
final class BenchMemory {
  private static final long SEED = 1;
  private static final Knobs.Knob ABOUT_ZERO = new Knobs.Knob(0, 0.02);

  private BenchMemory() {}

  /** A BF16 tensor. */
  static StoredTensor bf16(String name, long... shape) {
    return DirectTensor.of(FormulaWeights.tensor(name, DType.BF16, shape, SEED, ABOUT_ZERO));
  }

  /** An F32 tensor. */
  static StoredTensor f32(String name, long... shape) {
    return DirectTensor.of(FormulaWeights.tensor(name, DType.F32, shape, SEED, ABOUT_ZERO));
  }

  /** Numbers as activations are, about 0. */
  static FloatTensor activations(int... shape) {
    long[] axes = new long[shape.length];
    for (int i = 0; i < axes.length; i++) {
      axes[i] = shape[i];
    }
    StoredTensor formula = FormulaWeights.tensor("x", DType.F32, axes, SEED, ABOUT_ZERO);
    float[] values = new float[Math.toIntExact(formula.elementCount())];
    formula.read(0, values, 0, values.length);
    return new FloatTensor(values, shape);
  }

  /** The weights of a model, BF16. */
  static TensorSource model(Gemma2Config config) {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (Gemma2Weights.NamedShape tensor : Gemma2Weights.shapes(config)) {
      tensors.put(tensor.name(), bf16(tensor.name(), tensor.shape()));
    }
    return new TensorMap("weights in memory", tensors);
  }
}
