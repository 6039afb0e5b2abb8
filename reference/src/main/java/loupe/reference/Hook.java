package loupe.reference;

/**
 * Where the forward pass can be watched and changed: every intermediate passes through here under
 * its public name. Reading is returning {@code value} itself; replacing is returning another tensor
 * of the same shape.
 */
public interface Hook {
  /** Watches nothing. */
  Hook NONE =
      new Hook() {
        @Override
        public boolean watches(String name) {
          return false;
        }

        @Override
        public Tensor at(String name, Tensor value, Rows rows) {
          return value;
        }
      };

  /**
   * Whether this hook wants to see the tensor of this name. What nobody watches may never exist:
   * attention scores, for one, are only made where a hook watches them.
   */
  boolean watches(String name);

  /**
   * Called once for each watched tensor, in the order of computation.
   *
   * @param name the tensor's public name
   * @param value its value; first axis {@code pos} (second axis for scores and patterns {@code
   *     [head, pos, key]})
   * @param rows what the rows along {@code pos} are. Activations of a batch come as one tensor, the
   *     rows of its sequences one after another; scores and patterns come once for each sequence,
   *     with the rows of that sequence
   * @return the value to go on with
   */
  Tensor at(String name, Tensor value, Rows rows);
}
