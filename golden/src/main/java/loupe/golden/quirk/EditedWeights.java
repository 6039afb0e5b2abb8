package loupe.golden.quirk;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import loupe.gemma2.Gemma2Config;
import loupe.reference.DoubleTensor;
import loupe.reference.HeapTensor;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/** A checkpoint in which some tensors are others, as a loader with a bug would fill them. */
final class EditedWeights implements TensorSource {
  private final TensorSource base;
  private final Gemma2Config config;
  private final Map<String, Function<String, StoredTensor>> byKind = new LinkedHashMap<>();
  private final Set<String> added = new LinkedHashSet<>();

  EditedWeights(TensorSource base, Gemma2Config config) {
    this.base = base;
    this.config = config;
  }

  Gemma2Config config() {
    return config;
  }

  TensorSource base() {
    return base;
  }

  /** Two kinds, such as {@code mlp.gate_proj}, stand for each other. */
  EditedWeights swap(String a, String b) {
    byKind.put(a, name -> base.tensor(name.replace(a, b)));
    byKind.put(b, name -> base.tensor(name.replace(b, a)));
    return this;
  }

  /** The values of a kind of tensor are replaced; {@code values} may modify its argument. */
  EditedWeights map(String kind, Function<double[], double[]> values) {
    byKind.put(kind, name -> edited(name, base.tensor(name), values));
    return this;
  }

  /** A tensor that the checkpoint has not. */
  EditedWeights add(String name, String from, Function<double[], double[]> values) {
    added.add(name);
    byKind.put(name, n -> edited(name, base.tensor(from), values));
    return this;
  }

  private static StoredTensor edited(
      String name, StoredTensor tensor, Function<double[], double[]> change) {
    double[] values = new double[Math.toIntExact(tensor.elementCount())];
    tensor.read(0, values, 0, values.length);
    int[] shape = new int[tensor.shape().length];
    for (int axis = 0; axis < shape.length; axis++) {
      shape[axis] = Math.toIntExact(tensor.shape()[axis]);
    }
    return new HeapTensor(name, new DoubleTensor(change.apply(values), shape));
  }

  @Override
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>(base.names());
    names.addAll(added);
    return names;
  }

  @Override
  public StoredTensor tensor(String name) {
    for (Map.Entry<String, Function<String, StoredTensor>> entry : byKind.entrySet()) {
      if (name.endsWith(entry.getKey() + ".weight") || name.equals(entry.getKey())) {
        return entry.getValue().apply(name);
      }
    }
    return base.tensor(name);
  }

  @Override
  public String origin() {
    return base.origin();
  }
}
