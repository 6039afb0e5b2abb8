package loupe.golden.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import loupe.golden.quirk.Quirk;
import loupe.reference.FloatFormat;
import loupe.reference.PortContract;

/**
 * Which of several ways of computing explains a port's tensors; where none does, which known bug
 * together with one of them. Where results are narrower than sums, policies come first: they say
 * exactly what a right program gives, and a port that only passes in any order is looked at again
 * (see {@link #suspect}).
 */
final class BestExplanation {
  /** What is graded. */
  interface Subject {
    /**
     * The report for one way of computing.
     *
     * @param endsAtDivergence whether nothing after the first divergence is asked for
     * @param toTheBit a format, where after long steps only what a policy gives to the bit is right
     */
    Report grade(Candidate candidate, boolean endsAtDivergence, Optional<FloatFormat> toTheBit);

    /** Whether it has tensors that are measured, see {@link LongSteps}. */
    default boolean hasLongSteps() {
      return false;
    }

    /** Whether it may be graded some hundred times. */
    default boolean isSmall() {
      return true;
    }

    /** What a bug does without any roundings, relative to the numbers. */
    default double effect(Quirk quirk) {
      return Double.POSITIVE_INFINITY;
    }
  }

  /**
   * In unit roundoffs, what a bug must do to a tensor to be told from single roundings that the
   * order of a sum tips: it then tips every thirtieth number of each step.
   */
  private static final double LEAST_EFFECT = 1.0 / 16;

  private final Subject subject;
  private final Function<Report, BugSearch> search;

  /**
   * @param search of the bugs that may be the reason of a report
   */
  BestExplanation(Subject subject, Function<Report, BugSearch> search) {
    this.subject = subject;
    this.search = search;
  }

  /**
   * The report for the first of the candidates that explains the port; where none does, for the one
   * under which a known bug explains most, or that explains it longest.
   *
   * @param candidates ways in which a right program may compute, the widest first
   */
  Report of(List<Candidate> candidates) {
    Report widest = null;
    List<Report> others = new ArrayList<>();
    for (Candidate candidate : inOrder(candidates)) {
      boolean isWidest = candidate == candidates.get(0);
      Report report = subject.grade(candidate, !isWidest, toTheBit(candidates, candidate));
      if (report.outcome() != Report.Outcome.FAIL && (!isWidest || others.isEmpty())) {
        return report;
      }
      if (isWidest) {
        widest = report;
      } else {
        others.add(report);
      }
    }
    others.sort(Comparator.comparingInt(report -> -report.explained()));
    boolean passes = widest.outcome() != Report.Outcome.FAIL;
    boolean isNarrow = isNarrow(candidates.get(0));
    if (isNarrow && !others.isEmpty() && (passes || subject.hasLongSteps())) {
      Optional<Report> found = suspect(candidates, others);
      if (found.isPresent()) {
        return found.get();
      }
    }
    if (passes) {
      return widest;
    }
    List<Report> failed = new ArrayList<>(List.of(widest));
    if (!others.isEmpty() && (isNarrow || others.get(0).explained() > widest.explained())) {
      Candidate closest = others.get(0).candidate();
      failed.add(0, subject.grade(closest, false, toTheBit(candidates, closest)));
    }
    return best(failed);
  }

  /** Where any order passes too, a policy has to be followed to the bit after a long step. */
  private static Optional<FloatFormat> toTheBit(List<Candidate> candidates, Candidate candidate) {
    Candidate widest = candidates.get(0);
    return candidate != widest && isNarrow(widest)
        ? Optional.of(widest.contract().storage())
        : Optional.empty();
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

  private Report diagnosed(Report report) {
    return report.withDiagnosis(search.apply(report).search(quirk -> true, false));
  }

  /**
   * The report under which a known bug explains the most, if it is half of what diverges or more;
   * else the first.
   */
  private Report best(List<Report> failed) {
    Report best = null;
    for (Report report : failed) {
      Report diagnosed = diagnosed(report);
      if (best == null || diagnosed.bestFit() > Math.max(0.5, best.bestFit())) {
        best = diagnosed;
      }
      if (best.bestFit() == 1) {
        break;
      }
    }
    return best;
  }

  /**
   * A port that passes in any order of roundings, but follows no policy, and would have to round
   * within functions: where a policy together with a known bug explains all of it, that is the
   * better explanation. Bugs that only round are none: a port may round there.
   *
   * <p>After a long step any order of roundings explains next to everything, so that a policy with
   * a bug is always looked for. It has to give the dump almost to the bit, and the bug must do more
   * than to tip single roundings, which the order of a sum does as well.
   *
   * @param policies reports that fail, the closest first
   */
  private Optional<Report> suspect(List<Candidate> candidates, List<Report> policies) {
    PortContract contract = candidates.get(0).contract();
    PortContract results =
        PortContract.anyOrderOfResults(contract.storage(), contract.elementaryUlp());
    Candidate usual = new Candidate(results, Optional.empty());
    boolean isLong = subject.hasLongSteps();
    if (!isLong && subject.grade(usual, true, Optional.empty()).outcome() != Report.Outcome.FAIL) {
      return Optional.empty();
    }
    int count = isLong && subject.isSmall() ? policies.size() : 1;
    double least = isLong ? LEAST_EFFECT * contract.storage().unitRoundoff() : 0;
    for (Report policy : policies.subList(0, count)) {
      Candidate candidate = policy.candidate();
      Report whole = subject.grade(candidate, false, toTheBit(candidates, candidate));
      List<Diagnosis> found = search.apply(whole).search(quirk -> !quirk.isRounding(), true);
      if (!found.isEmpty()
          && found.get(0).isWhole()
          && (!isLong || subject.effect(found.get(0).quirk()) > least)) {
        return Optional.of(whole.withDiagnosis(found));
      }
    }
    return Optional.empty();
  }
}
