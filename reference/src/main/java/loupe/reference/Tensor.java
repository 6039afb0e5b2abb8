package loupe.reference;

import java.util.List;

/**
 * The value of one intermediate: a shape and row-major elements. Never modified once made, so a
 * hook may keep it without a copy. Which implementation it is depends on the {@link Arithmetic}
 * that made it.
 */
public sealed interface Tensor permits FloatTensor, DoubleTensor, BoundedTensor {
  /** Axis lengths. Do not modify. */
  int[] shape();

  /** Element type: F32 or F64. */
  DType dtype();

  /** The element at a flat, row-major index, widened exactly. */
  double get(int index);

  /** The same elements under another shape of the same size (shared, not copied). */
  Tensor reshape(int... newShape);

  /** Slices {@code [from, to)} of the first axis, copied. */
  Tensor rows(int from, int to);

  /** Number of axes. */
  default int rank() {
    return shape().length;
  }

  /** Length of one axis. */
  default int dim(int axis) {
    return shape()[axis];
  }

  /** Number of elements. */
  default int size() {
    return Shapes.size(shape());
  }

  /** Number of elements in one slice of the first axis. */
  default int rowSize() {
    return dim(0) == 0 ? 0 : size() / dim(0);
  }

  /** All elements as float64, copied. */
  default double[] toDoubles() {
    double[] out = new double[size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = get(i);
    }
    return out;
  }

  /** The same elements as F32, rounded to nearest even, or as F64; this tensor if it is that. */
  default Tensor as(DType wanted) {
    if (wanted == dtype()) {
      return this;
    }
    double[] values = toDoubles();
    if (wanted == DType.F64) {
      return new DoubleTensor(values, shape());
    }
    float[] rounded = new float[values.length];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = (float) values[i];
    }
    return new FloatTensor(rounded, shape());
  }

  /** Tensors of one type and equal rows, one after another along the first axis. */
  static Tensor concat(List<Tensor> parts) {
    if (parts.size() == 1) {
      return parts.get(0);
    }
    Tensor first = parts.get(0);
    if (first instanceof BoundedTensor) {
      return BoundedTensor.concatBounded(parts);
    }
    return first instanceof FloatTensor
        ? FloatTensor.concatFloats(parts)
        : DoubleTensor.concatDoubles(parts);
  }
}
