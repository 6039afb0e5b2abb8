package loupe.golden.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.HookPoints;
import loupe.golden.AdmittedKeys;
import loupe.reference.BoundedTensor;
import loupe.reference.FloatFormat;
import loupe.reference.Hook;
import loupe.reference.PortContract;
import loupe.reference.Rows;
import loupe.reference.Span;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;

/**
 * Judges a port step by step: at each tensor that the port dumped, our value, which was computed
 * from what the port had before, is compared with the port's, and then the pass goes on with the
 * port's. So each step is judged by itself, whatever went wrong before it; where the dump has a
 * gap, the step is longer and its bound wider.
 *
 * <p>A tensor that engines need not round, but that a dump may have rounded ({@code
 * hook_normalized}), goes on with the radius of that rounding.
 */
public final class TeacherForcing implements Hook {
  private final Gemma2Config config;
  private final PortContract contract;
  private final TensorSource dump;
  private final Set<String> names;
  private final TensorJudge judge;
  private final Map<String, double[]> truth;
  private final List<TensorGrade> grades = new ArrayList<>();

  /**
   * @param dump the port's tensors under our names
   * @param names of those to judge
   * @param truth what the right inputs give, by name; empty where inherited errors are not asked
   *     for
   * @param chance of a false alarm of bias in the whole dump
   */
  public TeacherForcing(
      Gemma2Config config,
      PortContract contract,
      TensorSource dump,
      Set<String> names,
      Map<String, double[]> truth,
      double chance) {
    this.config = config;
    this.contract = contract;
    this.dump = dump;
    this.names = names;
    this.truth = truth;
    this.judge = new TensorJudge(contract, chance / Math.max(1, names.size()));
  }

  /** The judgements so far, in the order of computation. */
  public List<TensorGrade> grades() {
    return List.copyOf(grades);
  }

  @Override
  public boolean watches(String name) {
    return names.contains(name);
  }

  @Override
  public Tensor at(String name, Tensor value, Rows rows) {
    BoundedTensor ours = (BoundedTensor) value;
    StoredTensor stored = dump.tensor(name);
    if (!sameShape(ours.shape(), stored.shape())) {
      grades.add(TensorGrade.ofOtherShape(name, ours.shape(), stored.shape()));
      return value;
    }
    double[] theirs = new double[ours.size()];
    stored.read(0, theirs, 0, theirs.length);
    boolean[] counted = counted(name, ours, rows);
    grades.add(judge.judge(name, ours, theirs, counted, truth.get(name)));
    return goOn(name, ours, theirs, counted);
  }

  private static boolean sameShape(int[] ours, long[] theirs) {
    return Arrays.equals(Arrays.stream(ours).asLongStream().toArray(), theirs);
  }

  /** Which elements count; null for all. */
  private boolean[] counted(String name, BoundedTensor value, Rows rows) {
    if (!HookPoints.isPerKey(name) || name.endsWith(".hook_pattern")) {
      return null;
    }
    Span span = AdmittedKeys.of(name, config, rows.positions()[0], rows.count());
    boolean[] counted = new boolean[value.size()];
    for (int row = 0; row < value.dim(0) * span.queries(); row++) {
      int r = row % span.queries();
      int from = row * span.keys();
      Arrays.fill(counted, from + span.firstKey(r), from + span.position(r) + 1, true);
    }
    return counted;
  }

  /** Whether engines need not hold this tensor, so that a dump may be the first to round it. */
  static boolean isNeverStored(String name) {
    return name.endsWith(".hook_normalized");
  }

  /** The port's values, but ours where there are none that one can go on with. */
  private BoundedTensor goOn(String name, BoundedTensor ours, double[] theirs, boolean[] counted) {
    FloatFormat storage = contract.storage();
    boolean mayBeStoredOnly =
        isNeverStored(name)
            && storage != contract.accumulation()
            && Limits.isOn(storage, theirs, counted);
    boolean isBad = grades.get(grades.size() - 1).verdict().isBad();
    if (mayBeStoredOnly && !isBad && contract.isPolicy()) {
      // The policy says what the port goes on with, and its dump agrees.
      return new BoundedTensor(ours.values(), ours.radii(), ours.radii(), ours.shape());
    }
    double[] value = theirs.clone();
    double[] radius = new double[value.length];
    for (int i = 0; i < value.length; i++) {
      if (counted != null && !counted[i] || !Double.isFinite(value[i])) {
        value[i] = ours.values()[i];
      } else if (mayBeStoredOnly) {
        radius[i] = Math.abs(value[i]) * storage.unitRoundoff() + storage.underflow();
      }
    }
    return new BoundedTensor(value, radius, new double[value.length], ours.shape());
  }
}
