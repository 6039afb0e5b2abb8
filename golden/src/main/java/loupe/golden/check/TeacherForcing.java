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
import loupe.reference.PartialTensor;
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
  private final GradedPass.Step step;

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
    this(config, contract, dump, names, truth, chance, GradedPass.Step.NONE);
  }

  /** As above, with somebody who takes part. */
  TeacherForcing(
      Gemma2Config config,
      PortContract contract,
      TensorSource dump,
      Set<String> names,
      Map<String, double[]> truth,
      double chance,
      GradedPass.Step step) {
    this.step = step;
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
    BoundedTensor ours = step.before(name, bounded(value));
    StoredTensor stored = dump.tensor(name);
    if (!sameShape(ours.shape(), stored.shape())) {
      take(TensorGrade.ofOtherShape(name, ours.shape(), stored.shape()));
      return value;
    }
    double[] theirs = new double[ours.size()];
    stored.read(0, theirs, 0, theirs.length);
    boolean[] counted = shown(stored, counted(name, config, ours.shape(), rows.positions()[0]));
    double[] slack = slack(stored);
    take(judge.judge(name, ours, theirs, counted, slack, truth.get(name)));
    return goOn(name, ours, theirs, counted, slack);
  }

  /** A wrong program may hand on what has no bounds. */
  private static BoundedTensor bounded(Tensor value) {
    return value instanceof BoundedTensor known
        ? known
        : BoundedTensor.exact(value.toDoubles(), value.shape());
  }

  private void take(TensorGrade grade) {
    grades.add(grade);
    step.after(grade);
  }

  private static boolean sameShape(int[] ours, long[] theirs) {
    return Arrays.equals(Arrays.stream(ours).asLongStream().toArray(), theirs);
  }

  /** Which elements of a tensor count; null for all. */
  static boolean[] counted(String name, Gemma2Config config, int[] shape, int firstPosition) {
    if (!HookPoints.isPerKey(name) || name.endsWith(".hook_pattern")) {
      return null;
    }
    Span span = AdmittedKeys.of(name, config, firstPosition, shape[1]);
    boolean[] counted = new boolean[shape[0] * shape[1] * shape[2]];
    for (int row = 0; row < shape[0] * span.queries(); row++) {
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

  /** Of the elements that count those that the dump shows; null for all. */
  private static boolean[] shown(StoredTensor stored, boolean[] counted) {
    if (!(stored instanceof PartialTensor partial)) {
      return counted;
    }
    boolean[] shown = new boolean[Math.toIntExact(stored.elementCount())];
    boolean all = counted == null;
    for (int i = 0; i < shown.length; i++) {
      shown[i] = (counted == null || counted[i]) && partial.isShown(i);
      all &= shown[i];
    }
    return all ? null : shown;
  }

  /** How far numbers in print may be from the port's own; null where none is in print. */
  private static double[] slack(StoredTensor stored) {
    if (!(stored instanceof PartialTensor partial)) {
      return null;
    }
    double[] slack = new double[Math.toIntExact(stored.elementCount())];
    boolean any = false;
    for (int i = 0; i < slack.length; i++) {
      slack[i] = partial.slack(i);
      any |= slack[i] != 0;
    }
    return any ? slack : null;
  }

  /**
   * The port's values; where the dump does not show them our own, which a right port has within
   * their radius; where they are in print, whichever is known better.
   */
  private BoundedTensor goOn(
      String name, BoundedTensor ours, double[] theirs, boolean[] counted, double[] slack) {
    if (slack != null) {
      return goOnFromPrint(ours, theirs, counted, slack);
    }
    FloatFormat storage = contract.storage();
    boolean storedOnly =
        isNeverStored(name)
            && storage != contract.accumulation()
            && Limits.isOn(storage, theirs, counted);
    boolean isBad = grades.get(grades.size() - 1).verdict().isBad();
    if (storedOnly && !isBad && contract.isPolicy()) {
      // The policy says what the port goes on with, and its dump agrees.
      return new BoundedTensor(ours.values(), ours.radii(), ours.radii(), ours.shape());
    }
    double[] value = theirs.clone();
    double[] radius = new double[value.length];
    double[] drift = new double[value.length];
    for (int i = 0; i < value.length; i++) {
      boolean isNone = counted != null && !counted[i] || !Double.isFinite(value[i]);
      if (isNone && !step.trusts(ours.values()[i], theirs[i])) {
        value[i] = ours.values()[i];
        radius[i] = ours.radii()[i];
        drift[i] = ours.drifts()[i];
      } else if (storedOnly) {
        radius[i] = Math.abs(value[i]) * storage.unitRoundoff() + storage.underflow();
      }
    }
    return new BoundedTensor(value, radius, drift, ours.shape());
  }

  private static BoundedTensor goOnFromPrint(
      BoundedTensor ours, double[] theirs, boolean[] counted, double[] slack) {
    double[] value = ours.values().clone();
    double[] radius = ours.radii().clone();
    double[] drift = ours.drifts().clone();
    for (int i = 0; i < value.length; i++) {
      boolean isShown = (counted == null || counted[i]) && Double.isFinite(theirs[i]);
      boolean isOff = !(Math.abs(theirs[i] - value[i]) <= radius[i] + slack[i]);
      if (isShown && (isOff || slack[i] < radius[i])) {
        value[i] = theirs[i];
        radius[i] = slack[i];
        drift[i] = slack[i];
      }
    }
    return new BoundedTensor(value, radius, drift, ours.shape());
  }
}
