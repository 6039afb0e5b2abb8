package loupe.tests.arbitraries;

import java.util.Map;
import java.util.Set;
import loupe.reference.MalformedFileException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/**
 * Tensors in memory.
 *
 * @param tensors by name, in order
 */
public record TensorMap(Map<String, StoredTensor> tensors) implements TensorSource {
  @Override
  public Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public StoredTensor tensor(String name) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new MalformedFileException(origin(), name, "is missing");
    }
    return tensor;
  }

  @Override
  public String origin() {
    return "weights in memory";
  }
}
