package loupe.tests.ports;

import loupe.reference.FloatFormat;
import loupe.reference.StoredTensor;
import loupe.reference.Weight;

/** A weight, rounded to the port's storage on load. */
record PortWeight(StoredTensor stored, double[] values) implements Weight {
  static PortWeight load(StoredTensor stored, FloatFormat storage) {
    double[] values = new double[Math.toIntExact(stored.elementCount())];
    stored.read(0, values, 0, values.length);
    for (int i = 0; i < values.length; i++) {
      // Numbers wider than float32 go to 16 bits by way of it, as in every program.
      values[i] = storage == FloatFormat.F64 ? values[i] : storage.round((float) values[i]);
    }
    return new PortWeight(stored, values);
  }

  /** One column of a matrix {@code [in, out]}. */
  double[] column(int column) {
    double[] out = new double[rows()];
    for (int k = 0; k < out.length; k++) {
      out[k] = values[k * columns() + column];
    }
    return out;
  }
}
