package loupe.reference;

import java.util.Collections;
import java.util.Map;
import java.util.Set;

/**
 * Tensors that a program holds by name.
 *
 * @param origin names them in messages
 * @param tensors in their order; not copied
 */
public record TensorMap(String origin, Map<String, ? extends StoredTensor> tensors)
    implements TensorSource {
  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public StoredTensor tensor(String name) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new InputException(origin + ": no tensor " + name);
    }
    return tensor;
  }
}
