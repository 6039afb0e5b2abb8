package loupe.reference;

import java.util.Set;

/** Tensors by name, wherever they are stored. */
public interface TensorSource {
  /** All names, in the order of the source. */
  Set<String> names();

  /**
   * The tensor of this name.
   *
   * @throws InputException if there is none; the message names the source
   */
  StoredTensor tensor(String name);

  /** The file or folder, for messages. */
  String origin();
}
