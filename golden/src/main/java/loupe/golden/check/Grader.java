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
import loupe.reference.Bounded;
import loupe.reference.Float64;
import loupe.reference.InputException;
import loupe.reference.NonFiniteException;
import loupe.reference.PortContract;
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
   * The report on a dump. Where results are narrower than sums, policies come first: they say
   * exactly what a right program gives, and a dump that only passes in any order is looked at again
   * (see {@link #suspect}).
   *
   * @param tokenIds what the port was given
   * @param dump its tensors under our names
   * @param candidates ways in which a right program may compute, the widest first
   * @param prompts asked for where the dump fails: the ids as bugs of tokenizers would give them
   * @return the report for the first of them that explains the dump; where none does, for the one
   *     under which a known bug explains most, or that explains it longest
   * @throws InputException if there is nothing to compare
   */
  public Report grade(
      int[] tokenIds,
      TensorSource dump,
      List<Candidate> candidates,
      Supplier<Map<String, int[]>> prompts) {
    Map<String, double[]> truth = truth(tokenIds, requireKnown(dump));
    Report first = null;
    Report closest = null;
    for (Candidate candidate : inOrder(candidates)) {
      boolean isWidest = candidate == candidates.get(0);
      Report report = grade(tokenIds, dump, candidate, truth, !isWidest);
      if (report.outcome() != Report.Outcome.FAIL && (!isWidest || closest == null)) {
        return doubted(tokenIds, dump, report, prompts);
      }
      if (isWidest) {
        first = report;
      } else if (closest == null || report.explained() > closest.explained()) {
        closest = report;
      }
    }
    Report widest = first;
    Map<String, int[]> buggy = prompts.get();
    if (widest.outcome() != Report.Outcome.FAIL) {
      return suspect(tokenIds, dump, closest, truth, buggy)
          .orElseGet(() -> doubted(tokenIds, dump, widest, prompts));
    }
    List<Report> failed = new ArrayList<>(List.of(widest));
    if (closest != null
        && (closest.explained() > widest.explained() || isNarrow(candidates.get(0)))) {
      failed.add(0, grade(tokenIds, dump, closest.candidate(), truth, false));
    }
    return best(tokenIds, dump, failed, buggy);
  }

  /** A policy first where it says more than that a number is rounded; else the widest first. */
  private static List<Candidate> inOrder(List<Candidate> candidates) {
    List<Candidate> order = new ArrayList<>(candidates);
    if (isNarrow(candidates.get(0))) {
      order.add(order.remove(0));
    }
    return order;
  }

  private static boolean isNarrow(Candidate candidate) {
    return candidate.contract().storage() != candidate.contract().accumulation();
  }

  /** A report of which nothing is proven, with what may be the reason of an implausible tensor. */
  private Report doubted(
      int[] tokenIds, TensorSource dump, Report report, Supplier<Map<String, int[]>> prompts) {
    boolean isImplausible =
        report.tensors().stream().anyMatch(grade -> grade.verdict() == Verdict.IMPLAUSIBLE);
    return isImplausible
        ? report.withDiagnosis(
            search(tokenIds, dump, report, prompts.get()).search(quirk -> true, false))
        : report;
  }

  /** The report under which a known bug explains the most; the first of equals. */
  private Report best(
      int[] tokenIds, TensorSource dump, List<Report> failed, Map<String, int[]> prompts) {
    Report best = null;
    for (Report report : failed) {
      Report diagnosed =
          report.withDiagnosis(
              search(tokenIds, dump, report, prompts).search(quirk -> true, false));
      if (best == null || diagnosed.bestFit() > best.bestFit()) {
        best = diagnosed;
      }
      if (best.bestFit() == 1) {
        break;
      }
    }
    return best;
  }

  /**
   * A dump that passes in any order of roundings, but follows no policy, and would have to round
   * within functions: where a policy together with a known bug explains all of it, that is the
   * better explanation. Bugs that only round are none: a port may round there.
   */
  private Optional<Report> suspect(
      int[] tokenIds,
      TensorSource dump,
      Report closest,
      Map<String, double[]> truth,
      Map<String, int[]> prompts) {
    PortContract contract = closest.candidate().contract();
    PortContract results =
        PortContract.anyOrderOfResults(contract.storage(), contract.elementaryUlp());
    Candidate usual = new Candidate(results, Optional.empty());
    if (contract.storage() == contract.accumulation()
        || grade(tokenIds, dump, usual, truth, true).outcome() != Report.Outcome.FAIL) {
      return Optional.empty();
    }
    Report whole = grade(tokenIds, dump, closest.candidate(), truth, false);
    BugSearch search = search(tokenIds, dump, whole, prompts);
    List<Diagnosis> found = search.search(quirk -> !quirk.isRounding(), true);
    return found.isEmpty() || !found.get(0).isWhole()
        ? Optional.empty()
        : Optional.of(whole.withDiagnosis(found));
  }

  private BugSearch search(
      int[] tokenIds, TensorSource dump, Report report, Map<String, int[]> prompts) {
    return new BugSearch(config, checkpoint, dump, report, workers, tokenIds, prompts);
  }

  /** How well a dump follows each published policy, the best first. */
  public List<PolicyMatch> policies(int[] tokenIds, TensorSource dump, double elementaryUlp) {
    requireKnown(dump);
    List<PolicyMatch> matches = new ArrayList<>();
    for (PublishedPolicy policy : PublishedPolicy.all()) {
      Candidate candidate = Candidate.of(policy, elementaryUlp);
      matches.add(PolicyMatch.of(grade(tokenIds, dump, candidate, Map.of(), false)));
    }
    return PolicyMatch.ranked(matches);
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
    return grade(tokenIds, dump, candidate, truth(tokenIds, requireKnown(dump)), false);
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
      boolean endsAtDivergence) {
    Set<String> names = known(dump);
    List<Report.Skipped> skipped = new ArrayList<>();
    for (String name : dump.names()) {
      if (!names.contains(name)) {
        skipped.add(new Report.Skipped(name, "no tensor of this model is called so"));
      }
    }
    TeacherForcing.Step step =
        new TeacherForcing.Step() {
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
            .judge(forcing.grades(), tokenIds, dump, names, candidate);
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
