package loupe.cli;

import java.util.Arrays;
import loupe.reference.Arithmetic;
import loupe.reference.InputException;
import loupe.reference.NonFiniteException;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;

/** Rows of activations in a file: {@code [pos, width]}, trailing axes flattened. */
final class ActivationRows {
  private final StoredTensor stored;
  private final int width;
  private final int count;

  /**
   * @param axis what the width is called, for messages
   * @throws InputException if the tensor has no such rows
   */
  ActivationRows(StoredTensor stored, int width, String axis) {
    long[] shape = stored.shape();
    long row = 1;
    for (int i = 1; i < shape.length && row <= width; i++) {
      row *= shape[i];
    }
    if (shape.length < 2 || row != width || shape[0] > Integer.MAX_VALUE) {
      throw new InputException(
          "%s: has shape %s, but this SAE needs [pos, %s] with %s %d"
              .formatted(stored.origin(), Arrays.toString(shape), axis, axis, width));
    }
    this.stored = stored;
    this.width = width;
    this.count = (int) shape[0];
  }

  /** Number of positions. */
  int count() {
    return count;
  }

  /** What messages call the tensor. */
  String origin() {
    return stored.origin();
  }

  /**
   * Rows {@code [from, to)} as {@code [to - from, width]}.
   *
   * @throws NonFiniteException if one holds NaN or infinity
   */
  Tensor read(Arithmetic arithmetic, int from, int to) {
    double[] values = new double[Math.multiplyExact(to - from, width)];
    stored.read((long) from * width, values, 0, values.length);
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new NonFiniteException(
            "%s: is %s at position %d, element %d; activations must be finite"
                .formatted(stored.origin(), values[i], from + i / width, i % width));
      }
    }
    return arithmetic.tensor(values, to - from, width);
  }
}
