package loupe.golden.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.HookPoints;
import loupe.golden.ModelParts;
import loupe.golden.PublishedPolicy;
import loupe.reference.Arithmetic;
import loupe.reference.BoundedTensor;
import loupe.reference.Float64;
import loupe.reference.FloatFormat;
import loupe.reference.NonFiniteException;
import loupe.reference.PartialTensor;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;

/**
 * Judges tensors that lie many operations after the one before them in the dump: of a dump of layer
 * outputs, or of logits alone. Proven bounds are loose there, and often as wide as the tensor. A
 * measured limit stands in, and the verdict says so: {@value #FACTOR} times the largest error that
 * programs of this precision ({@link PublishedPolicy}) make in the same step from the port's own
 * inputs. That is no proof, neither of being right nor of being wrong. Where even such programs
 * differ by as much as the tensor is large, nothing can be decided.
 */
final class LongSteps {
  static final double FACTOR = 16;

  static final String TEXT =
      """
      Plausible and implausible are no proof: so many operations lie before such a tensor that its
      proven bound is as wide as itself. Its limit is 16 times the largest error that programs of
      this precision (see loupe policies) make there from the same inputs. Dump more tensors to
      have them decided.
      """;

  /** Steps over no more operations than this are left to their bounds. */
  private static final int SHORT = 8;

  /** A bound is wide if it is more than this share of the largest element. */
  private static final double WIDE = 1.0 / 16;

  /**
   * Least error of a program in unit roundoffs of the largest element: few numbers may be lucky.
   */
  private static final double FLOOR = 2;

  /** More programs would hardly make the largest error larger, and each is a pass. */
  private static final int PROGRAMS = 3;

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
   */
  List<TensorGrade> judge(
      List<TensorGrade> grades,
      int[] tokenIds,
      TensorSource dump,
      Set<String> names,
      Candidate candidate) {
    Set<String> wide = new LinkedHashSet<>(afterLongSteps(names));
    wide.removeIf(name -> grades.stream().noneMatch(g -> g.name().equals(name) && isOpen(g)));
    List<PublishedPolicy> programs = programs(candidate);
    if (wide.isEmpty() || programs.isEmpty()) {
      return grades;
    }
    if (names.stream().anyMatch(name -> DumpPrecision.isInPrint(dump.tensor(name)))) {
      return grades; // Digits that are not shown are a larger error than any program's.
    }
    Noise noise;
    try {
      noise = noise(programs, tokenIds, dump, names, wide);
    } catch (NonFiniteException e) {
      return grades; // From the port's numbers even float64 overflows.
    }
    Map<String, double[]> ours = noise.exact;
    List<TensorGrade> judged = new ArrayList<>();
    for (TensorGrade grade : grades) {
      judged.add(
          wide.contains(grade.name())
              ? judged(
                  grade, ours.get(grade.name()), dump, FACTOR * noise.largest.get(grade.name()))
              : grade);
    }
    return List.copyOf(judged);
  }

  /** What the inputs give, and the largest errors of programs, by name. */
  private record Noise(Map<String, double[]> exact, Map<String, Double> largest) {}

  private Noise noise(
      List<PublishedPolicy> programs,
      int[] tokenIds,
      TensorSource dump,
      Set<String> names,
      Set<String> wide) {
    ModelParts parts = ModelParts.of(config, checkpoint, new Float64(workers));
    Map<String, double[]> exact = run(parts, tokenIds, dump, names, wide);
    Map<String, Double> largest = new HashMap<>();
    for (PublishedPolicy program : programs) {
      double floor = FLOOR * program.storage().unitRoundoff();
      try {
        Map<String, double[]> theirs =
            run(program.applyTo(parts, workers), tokenIds, dump, names, wide);
        for (String name : wide) {
          double error = largest(exact.get(name), theirs.get(name));
          double least = floor * largest(exact.get(name), new double[exact.get(name).length]);
          largest.merge(name, Math.max(error, least), Math::max);
        }
      } catch (NonFiniteException e) {
        // A number beyond its format: how far it would be off cannot be said.
        wide.forEach(name -> largest.put(name, Double.POSITIVE_INFINITY));
      }
    }
    return new Noise(exact, largest);
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
    List<PublishedPolicy> programs = programs(candidate);
    if (widest <= WIDE * scale || programs.isEmpty()) {
      return proven;
    }
    Noise noise = noise(programs, tokenIds, null, Set.of(), Set.of(name));
    double[] radius = new double[proven.size()];
    Arrays.fill(radius, FACTOR * noise.largest.get(name));
    return new BoundedTensor(noise.exact.get(name), radius, radius, proven.shape());
  }

  /** Names that more operations than a few lie before, since the name before in the dump. */
  private Set<String> afterLongSteps(Set<String> names) {
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
    return !grade.verdict().isBad() && grade.worst().isPresent();
  }

  private static boolean isWide(TensorGrade grade) {
    return !(grade.worst().get().bound() <= WIDE * grade.scale());
  }

  /** Programs that round to the candidate's format; its own policy, if it is one, before others. */
  private static List<PublishedPolicy> programs(Candidate candidate) {
    FloatFormat format = candidate.contract().storage();
    List<PublishedPolicy> programs = new ArrayList<>();
    candidate.policy().ifPresent(programs::add);
    PublishedPolicy.all().stream()
        .filter(policy -> policy.storage() == format && !policy.foldsNorms())
        .filter(policy -> policy.dialect().isEmpty())
        .limit(PROGRAMS)
        .forEach(programs::add);
    return programs;
  }

  /** What a program makes of the port's own inputs, for these names. */
  private static Map<String, double[]> run(
      ModelParts parts, int[] tokenIds, TensorSource dump, Set<String> names, Set<String> wide) {
    Map<String, double[]> values = new LinkedHashMap<>();
    Arithmetic arithmetic = parts.arithmetic();
    parts.model().forward(tokenIds, new StepRun(arithmetic, dump, names, wide, values));
    return values;
  }

  private static double largest(double[] ours, double[] theirs) {
    double largest = 0;
    for (int i = 0; i < ours.length; i++) {
      largest = Math.max(largest, Math.abs(ours[i] - theirs[i]));
    }
    return largest;
  }

  private static TensorGrade judged(
      TensorGrade grade, double[] ours, TensorSource dump, double limit) {
    StoredTensor stored = dump.tensor(grade.name());
    double[] theirs = StepRun.values(stored, ours);
    int worst = 0;
    double off = 0;
    for (int i = 0; i < ours.length; i++) {
      // What is in print may be off by half of its last digit.
      double distance = Math.abs(theirs[i] - ours[i]) - PartialTensor.slack(stored, i);
      if (distance > off) {
        worst = i;
        off = distance;
      }
    }
    if (!isWide(grade) && !(off > limit && limit < grade.scale())) {
      return grade; // Proven.
    }
    Verdict verdict =
        limit >= grade.scale()
            ? Verdict.UNDECIDABLE
            : off > limit ? Verdict.IMPLAUSIBLE : Verdict.PLAUSIBLE;
    int[] index = new int[grade.shape().length];
    int rest = worst;
    for (int axis = index.length - 1; axis >= 0; axis--) {
      index[axis] = rest % grade.shape()[axis];
      rest /= grade.shape()[axis];
    }
    return grade.withVerdict(
        verdict, Optional.of(new TensorGrade.Worst(index, ours[worst], theirs[worst], limit)));
  }
}
