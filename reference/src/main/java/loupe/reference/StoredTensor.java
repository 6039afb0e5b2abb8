package loupe.reference;

import java.nio.ByteBuffer;

/**
 * A tensor as a file holds it: a name, an element type, a shape, and a way to widen any run of
 * elements. Elements are in row-major order and may be more than 2<sup>31</sup>. Implementations
 * are safe for use by several threads.
 */
public interface StoredTensor {
  /** Name in its source, such as {@code model.norm.weight}. */
  String name();

  /** The file (or other source) and name, for messages. */
  String origin();

  DType dtype();

  /** Axis lengths; empty for a scalar. The caller may keep the array. */
  long[] shape();

  /** Number of elements: the product of {@link #shape()}. */
  default long elementCount() {
    long count = 1;
    for (long axis : shape()) {
      count = Math.multiplyExact(count, axis);
    }
    return count;
  }

  /**
   * Widens elements to float64: exact but for I64 and U64, which are rounded to nearest even.
   *
   * @param elementOffset first element, counted over the flattened tensor
   * @param target receives the values; modified
   * @param targetOffset index of the first value in {@code target}
   * @param count number of elements
   * @throws InputException if the element type is not one of numbers (C64)
   */
  void read(long elementOffset, double[] target, int targetOffset, int count);

  /**
   * As {@link #read(long, double[], int, int)}, to float32: exact where float32 has the value, else
   * (F64, wide integers) rounded once, to nearest even. By default by way of float64, which is for
   * tensors whose elements float64 holds exactly.
   */
  default void read(long elementOffset, float[] target, int targetOffset, int count) {
    double[] wide = new double[count];
    read(elementOffset, wide, 0, count);
    for (int i = 0; i < count; i++) {
      target[targetOffset + i] = (float) wide[i];
    }
  }

  /**
   * Copies the bits of a BF16 or F16 tensor unchanged: what a kernel that widens in registers
   * reads.
   *
   * @throws IllegalStateException for any other element type
   */
  default void readBits(long elementOffset, short[] target, int targetOffset, int count) {
    throw new IllegalStateException(name() + " is " + dtype() + ", not a 16-bit type");
  }

  /** Elements side by side outside of the heap: the first at a byte of {@code memory}. */
  record Run(ByteBuffer memory, int byteOffset) {}

  /**
   * Where some elements lie side by side in memory outside of the heap, as they are stored and
   * little-endian, so that kernels can load from there; null where they do not.
   */
  default Run direct(long elementOffset, int count) {
    return null;
  }
}
