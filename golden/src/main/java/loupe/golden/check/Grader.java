package loupe.golden.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.HookPoints;
import loupe.golden.ModelParts;
import loupe.golden.PublishedPolicy;
import loupe.golden.quirk.Quirk;
import loupe.reference.Bounded;
import loupe.reference.Float64;
import loupe.reference.FloatFormat;
import loupe.reference.InputException;
import loupe.reference.NonFiniteException;
import loupe.reference.TensorSource;
import loupe.reference.Workers;

/** Grades dumps of ports of one model. Thread-safe. */
public final class Grader {
  /** Largest chance that a right port's dump is called biased. */
  public static final double FALSE_ALARM = 1e-9;

  private final Gemma2Config config;
  private final TensorSource checkpoint;
  private final Workers workers;

  /** A grader of ports of this model. */
  public Grader(Gemma2Config config, TensorSource checkpoint, Workers workers) {
    this.config = config;
    this.checkpoint = checkpoint;
    this.workers = workers;
  }

  /** Names of the dump that this model has, in the order of computation. */
  public Set<String> known(TensorSource dump) {
    Set<String> names = new LinkedHashSet<>(HookPoints.all(config));
    names.retainAll(dump.names());
    return names;
  }

  /** As below, for ids that are known to be what the port was given. */
  public Report grade(int[] tokenIds, TensorSource dump, List<Candidate> candidates) {
    return grade(tokenIds, dump, candidates, Map::of);
  }

  /**
   * The report on a dump, see {@link BestExplanation}.
   *
   * @param tokenIds what the port was given
   * @param dump its tensors under our names
   * @param candidates ways in which a right program may compute, the widest first
   * @param prompts asked for where the dump fails: the ids as bugs of tokenizers would give them
   * @throws InputException if there is nothing to compare
   */
  public Report grade(
      int[] tokenIds,
      TensorSource dump,
      List<Candidate> candidates,
      Supplier<Map<String, int[]>> prompts) {
    Map<String, double[]> truth = truth(tokenIds, requireKnown(dump));
    return new BestExplanation(
            new Subject(tokenIds, dump, truth),
            report ->
                new BugSearch(
                    report,
                    new ModelPass(
                        config, checkpoint, dump, report, workers, tokenIds, prompts.get())))
        .of(candidates);
  }

  /** A dump that is graded in one way of computing after another. */
  private final class Subject implements BestExplanation.Subject {
    private final int[] tokenIds;
    private final TensorSource dump;
    private final Map<String, double[]> truth;
    private final LongSteps steps = new LongSteps(config, checkpoint, workers);

    Subject(int[] tokenIds, TensorSource dump, Map<String, double[]> truth) {
      this.tokenIds = tokenIds;
      this.dump = dump;
      this.truth = truth;
    }

    @Override
    public Report grade(Candidate candidate, boolean ends, Optional<FloatFormat> toTheBit) {
      return Grader.this.grade(tokenIds, dump, candidate, truth, ends, toTheBit);
    }

    @Override
    public boolean hasLongSteps() {
      return !steps.after(known(dump)).isEmpty();
    }

    @Override
    public boolean isSmall() {
      return LikelyBugs.isSmall(config, tokenIds.length);
    }

    @Override
    public double effect(Quirk quirk) {
      boolean isOfModel = quirk.part() == Quirk.Part.MODEL;
      return isOfModel
          ? steps.effect(quirk, tokenIds, dump, known(dump))
          : Double.POSITIVE_INFINITY;
    }
  }

  /** How well a dump follows each published policy, the best first. */
  public List<PolicyMatch> policies(int[] tokenIds, TensorSource dump, double elementaryUlp) {
    requireKnown(dump);
    List<PolicyMatch> matches = new ArrayList<>();
    for (PublishedPolicy policy : PublishedPolicy.all()) {
      Candidate candidate = Candidate.of(policy, elementaryUlp);
      matches.add(
          PolicyMatch.of(grade(tokenIds, dump, candidate, Map.of(), false, Optional.empty())));
    }
    return PolicyMatch.ranked(matches);
  }

  /**
   * A policy, of any format, whose bounds prove a dump right that fails as something else.
   *
   * @param besides names of policies that need not be tried
   */
  public Optional<String> proves(
      int[] tokenIds, TensorSource dump, double elementaryUlp, Set<String> besides) {
    for (PublishedPolicy policy : PublishedPolicy.all()) {
      if (!besides.contains(policy.name())) {
        Candidate candidate = Candidate.of(policy, elementaryUlp);
        Report report =
            grade(tokenIds, dump, candidate, Map.of(), true, Optional.of(policy.storage()));
        boolean isProven = report.tensors().stream().allMatch(grade -> grade.measured().isEmpty());
        if (isProven && report.outcome() == Report.Outcome.PASS) {
          return Optional.of(policy.name());
        }
      }
    }
    return Optional.empty();
  }

  private Set<String> requireKnown(TensorSource dump) {
    Set<String> names = known(dump);
    if (names.isEmpty()) {
      throw new InputException(
          dump.origin() + " has no tensor of this model: nothing can be compared");
    }
    return names;
  }

  /** The report on a dump for one way of computing. */
  public Report grade(int[] tokenIds, TensorSource dump, Candidate candidate) {
    return grade(
        tokenIds, dump, candidate, truth(tokenIds, requireKnown(dump)), false, Optional.empty());
  }

  /** Ends a pass where it diverges. */
  private static final class Diverged extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Diverged() {
      super("diverged", null, false, false);
    }
  }

  private Report grade(
      int[] tokenIds,
      TensorSource dump,
      Candidate candidate,
      Map<String, double[]> truth,
      boolean endsAtDivergence,
      Optional<FloatFormat> toTheBit) {
    Set<String> names = known(dump);
    List<Report.Skipped> skipped = new ArrayList<>();
    for (String name : dump.names()) {
      if (!names.contains(name)) {
        skipped.add(new Report.Skipped(name, "no tensor of this model is called so"));
      }
    }
    GradedPass.Step step =
        new GradedPass.Step() {
          @Override
          public void after(TensorGrade grade) {
            if (endsAtDivergence && grade.verdict().isBad()) {
              throw new Diverged();
            }
          }
        };
    TeacherForcing forcing =
        new TeacherForcing(config, candidate.contract(), dump, names, truth, FALSE_ALARM, step);
    try {
      Bounded bounded = new Bounded(candidate.contract(), workers);
      ModelParts parts = ModelParts.of(config, checkpoint, bounded);
      candidate.applyTo(parts).model().forward(tokenIds, forcing);
    } catch (NonFiniteException e) {
      skipRest(names, forcing, e, skipped);
    } catch (Diverged e) {
      return new Report(candidate, forcing.grades(), List.copyOf(skipped));
    }
    List<TensorGrade> grades =
        new LongSteps(config, checkpoint, workers)
            .judge(forcing.grades(), tokenIds, dump, names, candidate, toTheBit);
    return new Report(candidate, grades, List.copyOf(skipped));
  }

  /** The pass cannot go on from a port's values where they overflow even in float64. */
  private static void skipRest(
      Set<String> names,
      TeacherForcing forcing,
      NonFiniteException e,
      List<Report.Skipped> skipped) {
    List<TensorGrade> grades = forcing.grades();
    if (grades.stream().noneMatch(grade -> grade.verdict().isBad())) {
      throw e;
    }
    Set<String> rest = new LinkedHashSet<>(names);
    grades.forEach(grade -> rest.remove(grade.name()));
    rest.forEach(name -> skipped.add(new Report.Skipped(name, "not reached: " + e.getMessage())));
  }

  private Map<String, double[]> truth(int[] tokenIds, Set<String> names) {
    FreeRun run = new FreeRun(names);
    new Gemma2(config, checkpoint, new Float64(workers)).forward(tokenIds, run);
    return new HashMap<>(run.values());
  }
}
