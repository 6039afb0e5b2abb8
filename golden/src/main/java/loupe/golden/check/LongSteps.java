package loupe.golden.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.HookPoints;
import loupe.golden.ModelParts;
import loupe.golden.quirk.Quirk;
import loupe.reference.BoundedTensor;
import loupe.reference.Float64;
import loupe.reference.FloatFormat;
import loupe.reference.NonFiniteException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;

/**
 * Judges tensors that lie many operations after the one before them in the dump: of a dump of layer
 * outputs, or of logits alone. Proven bounds are loose there, and often as wide as the tensor. A
 * measured limit stands in, and the verdict says so: {@link RandomPrograms} go the same step from
 * the port's own inputs, and {@link MeasuredLimit} says from their errors how large a right
 * program's may be. That is no proof, but has a stated chance of a false alarm. Where such programs
 * differ by as much as the tensor is large, nothing can be decided.
 */
final class LongSteps {
  /** Steps over no more operations than this are left to their bounds. */
  private static final int SHORT = 8;

  /** A bound is wide if it is more than this share of the largest element. */
  private static final double WIDE = 1.0 / 16;

  private final Gemma2Config config;
  private final TensorSource checkpoint;
  private final Workers workers;

  LongSteps(Gemma2Config config, TensorSource checkpoint, Workers workers) {
    this.config = config;
    this.checkpoint = checkpoint;
    this.workers = workers;
  }

  /**
   * The judgements, with those of long steps replaced.
   *
   * @param names of the dump, in the order of computation
   * @param candidate what is assumed of the port
   * @param toTheBit a format, where only what the candidate's policy gives is right, but for next
   *     to no numbers that an order of sums rounds otherwise
   */
  List<TensorGrade> judge(
      List<TensorGrade> grades,
      int[] tokenIds,
      TensorSource dump,
      Set<String> names,
      Candidate candidate,
      Optional<FloatFormat> toTheBit) {
    Set<String> wide = new LinkedHashSet<>(after(names));
    wide.removeIf(name -> grades.stream().noneMatch(g -> g.name().equals(name) && isOpen(g)));
    if (wide.isEmpty()) {
      return grades;
    }
    if (names.stream().anyMatch(name -> DumpPrecision.isInPrint(dump.tensor(name)))) {
      return grades; // Digits that are not shown are a larger error than any program's.
    }
    StepErrors errors = errors(candidate, tokenIds, dump, names, wide);
    try {
      Map<String, double[]> exact = errors.exact();
      Map<String, MeasuredLimit> limits =
          toTheBit.isPresent() ? errors.toTheBit(toTheBit.get(), exact) : errors.limits(exact);
      List<TensorGrade> judged = judged(grades, wide, exact, dump, limits);
      boolean isBeyond = judged.stream().anyMatch(g -> g.verdict() == Verdict.IMPLAUSIBLE);
      return isBeyond && toTheBit.isEmpty()
          ? judged(grades, wide, exact, dump, errors.widened(limits, exact))
          : judged;
    } catch (NonFiniteException e) {
      return grades; // From the port's numbers even float64 overflows.
    }
  }

  private StepErrors errors(
      Candidate candidate, int[] tokenIds, TensorSource dump, Set<String> names, Set<String> wide) {
    ModelParts parts = ModelParts.of(config, checkpoint, null);
    boolean isSmall = LikelyBugs.isSmall(config, tokenIds.length);
    return new StepErrors(parts, candidate, tokenIds, dump, names, wide, isSmall, workers);
  }

  private List<TensorGrade> judged(
      List<TensorGrade> grades,
      Set<String> wide,
      Map<String, double[]> exact,
      TensorSource dump,
      Map<String, MeasuredLimit> limits) {
    List<TensorGrade> judged = new ArrayList<>();
    for (TensorGrade grade : grades) {
      String name = grade.name();
      judged.add(
          wide.contains(name)
              ? judged(grade, exact.get(name), dump.tensor(name), limits.get(name))
              : grade);
    }
    return List.copyOf(judged);
  }

  /**
   * How large a bug's effect is without any roundings: the root mean square of what it changes,
   * relative to that of the tensor; the largest of all tensors.
   */
  double effect(Quirk quirk, int[] tokenIds, TensorSource dump, Set<String> names) {
    ModelParts parts = ModelParts.of(config, checkpoint, new Float64(workers));
    Map<String, double[]> right = StepRun.of(parts, tokenIds, dump, names, names);
    Map<String, double[]> wrong = StepRun.of(quirk.applyTo(parts), tokenIds, dump, names, names);
    double largest = 0;
    for (String name : names) {
      double[] exact = right.get(name);
      largest = Math.max(largest, MeasuredLimit.relative(exact, wrong.get(name)));
    }
    return largest;
  }

  /**
   * A tensor of the model, from the prompt alone: where its proven radius is as wide as itself,
   * with the measured limit for a radius.
   */
  BoundedTensor narrowed(BoundedTensor proven, String name, int[] tokenIds, Candidate candidate) {
    double scale = 0;
    double widest = 0;
    for (int i = 0; i < proven.size(); i++) {
      scale = Math.max(scale, Math.abs(proven.values()[i]));
      widest = Math.max(widest, proven.radii()[i]);
    }
    if (widest <= WIDE * scale) {
      return proven;
    }
    StepErrors errors = errors(candidate, tokenIds, null, Set.of(), Set.of(name));
    Map<String, double[]> exact = errors.exact();
    MeasuredLimit limit = errors.limits(exact).get(name);
    double[] radius = new double[proven.size()];
    Arrays.fill(radius, limit.ofElement());
    return new BoundedTensor(exact.get(name), radius, radius, proven.shape());
  }

  /** Names that more operations than a few lie before, since the name before in the dump. */
  Set<String> after(Set<String> names) {
    Set<String> found = new LinkedHashSet<>();
    int missing = 0;
    for (String name : HookPoints.all(config)) {
      if (names.contains(name)) {
        if (missing > SHORT) {
          found.add(name);
        }
        missing = 0;
      } else {
        missing++;
      }
    }
    return found;
  }

  private static boolean isOpen(TensorGrade grade) {
    return grade.worst().isPresent() && Double.isFinite(grade.added());
  }

  private static boolean isWide(TensorGrade grade) {
    return !(grade.worst().get().bound() <= WIDE * grade.scale());
  }

  private TensorGrade judged(
      TensorGrade grade, double[] exact, StoredTensor stored, MeasuredLimit limit) {
    double[] theirs = theirs(grade.name(), config, stored, exact);
    Measured measured = limit.worst(exact, theirs);
    boolean isBeyond = measured.ratio() > 1;
    if (grade.verdict().isBad()) {
      // Proven, but a bug that explains it has to keep the limit.
      return grade.measured(grade.verdict(), grade.worst().get(), measured);
    }
    if (!isWide(grade) && !isBeyond) {
      return grade; // Proven.
    }
    Verdict verdict =
        isBeyond
            ? Verdict.IMPLAUSIBLE
            : limit.decidesNothing() ? Verdict.UNDECIDABLE : Verdict.PLAUSIBLE;
    int worst = 0;
    for (int i = 0; i < exact.length; i++) {
      boolean isFarther = Math.abs(theirs[i] - exact[i]) > Math.abs(theirs[worst] - exact[worst]);
      worst = isFarther ? i : worst;
    }
    int[] index = new int[grade.shape().length];
    int rest = worst;
    for (int axis = index.length - 1; axis >= 0; axis--) {
      index[axis] = rest % grade.shape()[axis];
      rest /= grade.shape()[axis];
    }
    return grade.measured(
        verdict,
        new TensorGrade.Worst(index, exact[worst], theirs[worst], limit.ofElement()),
        measured);
  }

  /** The port's numbers, as far as they can be compared; ours for the others. */
  static double[] theirs(String name, Gemma2Config config, StoredTensor stored, double[] ours) {
    double[] theirs = StepRun.values(stored, ours);
    int[] shape = Arrays.stream(stored.shape()).mapToInt(Math::toIntExact).toArray();
    boolean[] counted = TeacherForcing.counted(name, config, shape, 0);
    for (int i = 0; i < theirs.length; i++) {
      boolean isIn = counted == null || counted[i];
      theirs[i] = isIn ? theirs[i] : ours[i];
    }
    return theirs;
  }
}
