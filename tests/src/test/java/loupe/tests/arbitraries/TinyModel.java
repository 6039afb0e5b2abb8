package loupe.tests.arbitraries;

import java.util.LinkedHashMap;
import java.util.Map;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.Gemma2Weights;
import loupe.reference.Arithmetic;
import loupe.reference.DType;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/**
 * A model small enough for hundreds of passes a second: its configuration, and how its weights
 * follow from a seed (see {@link RandomTensor}).
 *
 * @param dtype element type of all weights
 * @param exponent binary exponent of the largest weights
 */
public record TinyModel(Gemma2Config config, DType dtype, int exponent, long seed) {
  /** All weights by name, in the order of a checkpoint; a new map, for the caller to change. */
  public Map<String, StoredTensor> tensors() {
    Map<String, StoredTensor> all = new LinkedHashMap<>();
    Gemma2Weights.shapes(config).forEach(shape -> put(all, shape.name(), shape.shape()));
    if (!config.tiedHead()) {
      put(all, "lm_head.weight", config.dVocab(), config.dModel());
    }
    return all;
  }

  private void put(Map<String, StoredTensor> all, String name, long... shape) {
    all.put(name, new RandomTensor(name, dtype, exponent, seed, shape));
  }

  /** The weights as a checkpoint. */
  public TensorSource checkpoint() {
    return new TensorMap(tensors());
  }

  /** The model in one arithmetic. */
  public Gemma2 on(Arithmetic arithmetic) {
    return new Gemma2(config, checkpoint(), arithmetic);
  }

  /** The model in one arithmetic, on the calling thread. */
  public Gemma2 in(Precision precision) {
    return on(precision.arithmetic());
  }
}
