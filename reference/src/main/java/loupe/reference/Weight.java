package loupe.reference;

/**
 * A stored tensor made ready for one arithmetic: possibly cached, packed or rounded there. Made by
 * {@link Arithmetic#weight}, and of use to that arithmetic only.
 */
public interface Weight {
  /** The tensor as it is stored. */
  StoredTensor stored();

  /** Length of the first axis, as stored. */
  default int rows() {
    return Math.toIntExact(stored().shape()[0]);
  }

  /** Length of the second axis of a matrix, as stored; 1 for a vector. */
  default int columns() {
    long[] shape = stored().shape();
    return shape.length < 2 ? 1 : Math.toIntExact(shape[1]);
  }
}
