package loupe.loaders;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import loupe.reference.InputException;

/** The tensors of a source by name, in its order. */
final class TensorTable {
  private final String origin;
  private final Map<String, FileTensor> tensors;

  /**
   * @param tensors in the order of the source; not copied
   */
  TensorTable(String origin, Map<String, FileTensor> tensors) {
    this.origin = origin;
    this.tensors = tensors;
  }

  Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  FileTensor tensor(String name) {
    FileTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new InputException(
          "%s: no tensor %s; it holds %s"
              .formatted(
                  origin,
                  Printable.of(name),
                  tensors.isEmpty() ? "none at all" : Printable.list(tensors.keySet())));
    }
    return tensor;
  }
}
