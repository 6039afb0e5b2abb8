package loupe.reference;

import java.util.Arrays;

/** Arithmetic on shapes, with messages that print them. */
final class Shapes {
  private Shapes() {}

  static int size(int[] shape) {
    long count = 1;
    for (int axis : shape) {
      if (axis < 0) {
        throw new IllegalArgumentException("negative axis in shape " + Arrays.toString(shape));
      }
      count *= axis;
      if (count > Integer.MAX_VALUE) {
        throw new InputException(
            "a tensor of shape "
                + Arrays.toString(shape)
                + " is beyond 2^31 elements; use fewer tokens or smaller chunks");
      }
    }
    return (int) count;
  }

  static void requireSize(int length, int[] shape) {
    if (size(shape) != length) {
      throw new IllegalArgumentException(
          length + " elements do not fill shape " + Arrays.toString(shape));
    }
  }

  /** {@code shape} with its first axis replaced. */
  static int[] withRows(int[] shape, int rows) {
    int[] out = shape.clone();
    out[0] = rows;
    return out;
  }

  /** Sum of the first axes; all other axes must be equal. */
  static int[] concat(Iterable<Tensor> parts) {
    int rows = 0;
    int[] shape = null;
    for (Tensor part : parts) {
      if (shape != null && !Arrays.equals(shape, withRows(part.shape(), shape[0]))) {
        throw new IllegalArgumentException(
            "cannot join shapes "
                + Arrays.toString(shape)
                + " and "
                + Arrays.toString(part.shape()));
      }
      shape = part.shape();
      rows += part.dim(0);
    }
    return withRows(shape, rows);
  }
}
