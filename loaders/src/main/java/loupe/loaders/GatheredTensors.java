package loupe.loaders;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/** Tensors of different kinds that belong together, by name and in their order. */
abstract class GatheredTensors implements TensorSource {
  private final String origin;
  private final Map<String, ? extends StoredTensor> tensors;

  /**
   * @param tensors in the order of the source; not copied
   */
  GatheredTensors(String origin, Map<String, ? extends StoredTensor> tensors) {
    this.origin = origin;
    this.tensors = tensors;
  }

  @Override
  public final Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public final StoredTensor tensor(String name) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new InputException(origin + ": no tensor " + Printable.of(name));
    }
    return tensor;
  }

  @Override
  public final String origin() {
    return origin;
  }
}
