package loupe.tests;

import java.util.Set;
import loupe.reference.DType;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/**
 * A trace, cut down to what a golden trace stores of it: where a tensor is longer than the golden
 * one along an axis, its last slices along that axis.
 */
record LastRows(TensorSource whole, TensorSource golden) implements TensorSource {
  @Override
  public Set<String> names() {
    return whole.names();
  }

  @Override
  public String origin() {
    return whole.origin();
  }

  @Override
  public StoredTensor tensor(String name) {
    StoredTensor tensor = whole.tensor(name);
    if (!golden.names().contains(name)) {
      return tensor;
    }
    long[] shape = tensor.shape();
    long[] wanted = golden.tensor(name).shape();
    for (int axis = 0; axis < Math.min(shape.length, wanted.length); axis++) {
      if (shape[axis] > wanted[axis]) {
        return new Slices(tensor, axis, wanted[axis]);
      }
    }
    return tensor;
  }

  /** The last {@code count} slices of a tensor along one axis. */
  private record Slices(StoredTensor tensor, int axis, long count) implements StoredTensor {
    @Override
    public String name() {
      return tensor.name();
    }

    @Override
    public String origin() {
      return tensor.origin();
    }

    @Override
    public DType dtype() {
      return tensor.dtype();
    }

    @Override
    public long[] shape() {
      long[] shape = tensor.shape();
      shape[axis] = count;
      return shape;
    }

    /** Where an element of the cut tensor stands in the whole one. */
    private long place(long element) {
      long[] shape = tensor.shape();
      long inner = 1;
      for (int i = axis + 1; i < shape.length; i++) {
        inner *= shape[i];
      }
      long outer = element / (inner * count);
      return element + (outer + 1) * (shape[axis] - count) * inner;
    }

    @Override
    public void read(long elementOffset, double[] target, int targetOffset, int length) {
      for (int i = 0; i < length; i++) {
        tensor.read(place(elementOffset + i), target, targetOffset + i, 1);
      }
    }

    @Override
    public void read(long elementOffset, float[] target, int targetOffset, int length) {
      for (int i = 0; i < length; i++) {
        tensor.read(place(elementOffset + i), target, targetOffset + i, 1);
      }
    }

    @Override
    public void readBits(long elementOffset, short[] target, int targetOffset, int length) {
      for (int i = 0; i < length; i++) {
        tensor.readBits(place(elementOffset + i), target, targetOffset + i, 1);
      }
    }
  }
}
