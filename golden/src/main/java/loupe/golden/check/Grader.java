package loupe.golden.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.HookPoints;
import loupe.golden.ModelParts;
import loupe.reference.Bounded;
import loupe.reference.Float64;
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

  /**
   * The report on a dump.
   *
   * @param tokenIds what the port was given
   * @param dump its tensors under our names
   * @param candidates ways in which a right program may compute, the widest first
   * @return the report for the first of them that explains the dump; where none does, for the one
   *     that explains it longest
   * @throws InputException if there is nothing to compare
   */
  public Report grade(int[] tokenIds, TensorSource dump, List<Candidate> candidates) {
    Report best = null;
    for (Candidate candidate : candidates) {
      Report report = grade(tokenIds, dump, candidate);
      if (report.outcome() != Report.Outcome.FAIL) {
        return report;
      }
      if (best == null || report.explained() > best.explained()) {
        best = report;
      }
    }
    return best;
  }

  /** The report on a dump for one way of computing. */
  public Report grade(int[] tokenIds, TensorSource dump, Candidate candidate) {
    Set<String> names = known(dump);
    List<Report.Skipped> skipped = new ArrayList<>();
    for (String name : dump.names()) {
      if (!names.contains(name)) {
        skipped.add(new Report.Skipped(name, "no tensor of this model is called so"));
      }
    }
    if (names.isEmpty()) {
      throw new InputException(
          dump.origin() + " has no tensor of this model: nothing can be compared");
    }
    TeacherForcing forcing =
        new TeacherForcing(
            config, candidate.contract(), dump, names, truth(tokenIds, names), FALSE_ALARM);
    try {
      Bounded bounded = new Bounded(candidate.contract(), workers);
      ModelParts parts = ModelParts.of(config, checkpoint, bounded);
      candidate.applyTo(parts).model().forward(tokenIds, forcing);
    } catch (NonFiniteException e) {
      skipRest(names, forcing, e, skipped);
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
