package loupe.tests;

import java.util.function.IntToDoubleFunction;
import loupe.gemma2.HookPoints;
import loupe.reference.Arithmetic;
import loupe.reference.DType;
import loupe.reference.Hooks;
import loupe.reference.Rows;
import loupe.reference.Tensor;
import loupe.tests.arbitraries.RandomTensor;

/**
 * Replaces the rows of one position, in every sequence.
 *
 * @param newValue the new value at a flat index of the edited tensor
 */
record RowEdit(Arithmetic arithmetic, int position, IntToDoubleFunction newValue)
    implements Hooks.Editor {

  /** By random numbers from 0.5 to 8, of both signs. */
  static RowEdit random(Arithmetic arithmetic, int position, long seed) {
    RandomTensor source = new RandomTensor("edit", DType.F32, 2, seed, 1, Integer.MAX_VALUE);
    return new RowEdit(
        arithmetic,
        position,
        index -> {
          double[] value = new double[1];
          source.read(index, value, 0, 1);
          return value[0];
        });
  }

  /** By one number; NaN, too, can be asked for. */
  static RowEdit constant(Arithmetic arithmetic, int position, double value) {
    return new RowEdit(arithmetic, position, index -> value);
  }

  @Override
  public Tensor edit(String name, Tensor value, Rows rows) {
    int posAxis = HookPoints.isPerKey(name) ? 1 : 0;
    int width = 1;
    for (int axis = posAxis + 1; axis < value.rank(); axis++) {
      width *= value.dim(axis);
    }
    double[] values = value.toDoubles();
    for (int i = 0; i < values.length; i++) {
      if (rows.positions()[i / width % value.dim(posAxis)] == position) {
        values[i] = newValue.applyAsDouble(i);
      }
    }
    return arithmetic.tensor(values, value.shape());
  }
}
