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

  static void requireSame(String operation, Tensor x, Tensor y) {
    if (!Arrays.equals(x.shape(), y.shape())) {
      throw new IllegalArgumentException(
          operation
              + ": shapes "
              + Arrays.toString(x.shape())
              + " and "
              + Arrays.toString(y.shape()));
    }
  }

  /** A weight that is a vector as long as the last axis of {@code x}. */
  static void requireVector(String operation, Tensor x, Weight w) {
    long[] shape = w.stored().shape();
    if (shape.length != 1 || shape[0] != x.dim(x.rank() - 1)) {
      throw new IllegalArgumentException(
          "%s: %s %s does not fit the last axis of %s"
              .formatted(
                  operation,
                  w.stored().name(),
                  Arrays.toString(shape),
                  Arrays.toString(x.shape())));
    }
  }

  /** A matrix weight whose contracted axis is as long as the rows of {@code x}. */
  static void requireInner(String operation, Tensor x, int inner, Weight w) {
    if (w.stored().shape().length != 2 || x.rank() != 2 || x.dim(1) != inner) {
      throw new IllegalArgumentException(
          "%s: weight %s %s does not fit input %s"
              .formatted(
                  operation,
                  w.stored().name(),
                  Arrays.toString(w.stored().shape()),
                  Arrays.toString(x.shape())));
    }
  }
}
