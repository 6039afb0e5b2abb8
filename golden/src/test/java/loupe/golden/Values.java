package loupe.golden;

import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/** All elements of a stored tensor, in memory. */
record Values(String name, long[] shape, double[] data) {
  static Values of(TensorSource source, String name) {
    return of(source.tensor(name));
  }

  static Values of(StoredTensor tensor) {
    double[] data = new double[(int) tensor.elementCount()];
    tensor.read(0, data, 0, data.length);
    return new Values(tensor.name(), tensor.shape(), data);
  }

  int dim(int axis) {
    return (int) shape[axis];
  }

  /** Elements in one slice of the first axis. */
  int rowSize() {
    return data.length / dim(0);
  }

  double max() {
    double max = 0;
    for (double value : data) {
      max = Math.max(max, Math.abs(value));
    }
    return max;
  }

  boolean isFinite() {
    for (double value : data) {
      if (!Double.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  /** Largest distance from other numbers of the same count, relative to the maximum here. */
  double distance(double[] other) {
    if (other.length != data.length) {
      throw new IllegalArgumentException(name + ": " + data.length + " and " + other.length);
    }
    double worst = 0;
    for (int i = 0; i < data.length; i++) {
      worst = Math.max(worst, Math.abs(data[i] - other[i]));
    }
    return worst / max();
  }

  /** Elementwise sum. */
  double[] plus(Values other) {
    double[] sum = new double[data.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = data[i] + other.data[i];
    }
    return sum;
  }

  /** Soft cap of every element; none if the cap is 0. */
  double[] capped(double cap) {
    double[] out = new double[data.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = cap == 0 ? data[i] : cap * StrictMath.tanh(data[i] / cap);
    }
    return out;
  }
}
