package loupe.golden.check;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import loupe.golden.ModelParts;
import loupe.reference.Arithmetic;
import loupe.reference.Hook;
import loupe.reference.PartialTensor;
import loupe.reference.Rows;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;

/**
 * Makes a pass go on with the port's tensors, in an arithmetic without bounds, and keeps what it
 * had at some of them before.
 *
 * @param dump not needed where there are no names
 * @param names tensors of the dump
 * @param kept names of those to keep
 * @param values receives them; modified
 */
record StepRun(
    Arithmetic arithmetic,
    TensorSource dump,
    Set<String> names,
    Set<String> kept,
    Map<String, double[]> values)
    implements Hook {
  /** What a program makes of the port's own inputs, of the tensors that are kept. */
  static Map<String, double[]> of(
      ModelParts program, int[] tokenIds, TensorSource dump, Set<String> names, Set<String> kept) {
    Map<String, double[]> values = new LinkedHashMap<>();
    Arithmetic arithmetic = program.arithmetic();
    program.model().forward(tokenIds, new StepRun(arithmetic, dump, names, kept, values));
    return values;
  }

  @Override
  public boolean watches(String name) {
    return names.contains(name) || kept.contains(name);
  }

  @Override
  public Tensor at(String name, Tensor value, Rows rows) {
    double[] ours = value.toDoubles();
    if (kept.contains(name)) {
      values.put(name, ours);
    }
    if (!names.contains(name)) {
      return value;
    }
    StoredTensor stored = dump.tensor(name);
    long[] shape = Arrays.stream(value.shape()).asLongStream().toArray();
    return Arrays.equals(stored.shape(), shape)
        ? arithmetic.tensor(values(stored, ours), value.shape())
        : value;
  }

  /** The port's numbers; ours where it shows none that one can go on with. */
  static double[] values(StoredTensor stored, double[] ours) {
    double[] theirs = new double[ours.length];
    stored.read(0, theirs, 0, theirs.length);
    for (int i = 0; i < theirs.length; i++) {
      if (!Double.isFinite(theirs[i]) || !PartialTensor.isShown(stored, i)) {
        theirs[i] = ours[i];
      }
    }
    return theirs;
  }
}
