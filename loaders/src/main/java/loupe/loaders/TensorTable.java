package loupe.loaders;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import loupe.reference.InputException;
import loupe.reference.TensorSource;

/** The tensors of a file, or of files that belong together, by name and in their order. */
abstract class TensorTable implements TensorSource {
  private final String origin;
  private final Map<String, FileTensor> tensors;

  /**
   * @param tensors in the order of the source; not copied
   */
  TensorTable(String origin, Map<String, FileTensor> tensors) {
    this.origin = origin;
    this.tensors = tensors;
  }

  @Override
  public final Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public final FileTensor tensor(String name) {
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

  @Override
  public final String origin() {
    return origin;
  }
}
