package loupe.golden.check;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import loupe.gemma2.Gemma2Config;
import loupe.golden.ModelParts;
import loupe.reference.Bounded;
import loupe.reference.FloatFormat;
import loupe.reference.NonFiniteException;
import loupe.reference.TensorSource;
import loupe.reference.Workers;

/**
 * Grades one dump for one way of computing at a time.
 *
 * @param names of the dump that the model has, in the order of computation
 */
record GradingPass(
    Gemma2Config config,
    TensorSource checkpoint,
    Workers workers,
    int[] tokenIds,
    TensorSource dump,
    Set<String> names) {

  /** Ends a pass where it diverges. */
  private static final class Diverged extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Diverged() {
      super("diverged", null, false, false);
    }
  }

  /**
   * The report.
   *
   * @param truth what the right inputs give, by name; empty where inherited errors are not asked
   *     for
   * @param endsAtDivergence whether the pass may end there: the report is then of what came before
   * @param toTheBit see {@link LongSteps#judge}
   */
  Report grade(
      Candidate candidate,
      Map<String, double[]> truth,
      boolean endsAtDivergence,
      Optional<FloatFormat> toTheBit) {
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
        new TeacherForcing(
            config, candidate.contract(), dump, names, truth, Grader.FALSE_ALARM, step);
    try {
      Bounded bounded = new Bounded(candidate.contract(), workers);
      ModelParts parts = ModelParts.of(config, checkpoint, bounded);
      candidate.applyTo(parts).model().forward(tokenIds, forcing);
    } catch (NonFiniteException e) {
      skipRest(forcing, e, skipped);
    } catch (Diverged e) {
      return new Report(candidate, forcing.grades(), List.copyOf(skipped));
    }
    List<TensorGrade> grades =
        new LongSteps(config, checkpoint, workers)
            .judge(forcing.grades(), tokenIds, dump, names, candidate, toTheBit);
    return new Report(candidate, grades, List.copyOf(skipped));
  }

  /** The pass cannot go on from a port's values where they overflow even in float64. */
  private void skipRest(
      TeacherForcing forcing, NonFiniteException e, List<Report.Skipped> skipped) {
    List<TensorGrade> grades = forcing.grades();
    if (grades.stream().noneMatch(grade -> grade.verdict().isBad())) {
      throw e;
    }
    Set<String> rest = new LinkedHashSet<>(names);
    grades.forEach(grade -> rest.remove(grade.name()));
    rest.forEach(name -> skipped.add(new Report.Skipped(name, "not reached: " + e.getMessage())));
  }
}
