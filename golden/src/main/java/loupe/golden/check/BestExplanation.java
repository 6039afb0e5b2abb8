package loupe.golden.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
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
     */
    Report grade(Candidate candidate, boolean endsAtDivergence);
  }

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
    Report first = null;
    Report closest = null;
    for (Candidate candidate : inOrder(candidates)) {
      boolean isWidest = candidate == candidates.get(0);
      Report report = subject.grade(candidate, !isWidest);
      if (report.outcome() != Report.Outcome.FAIL && (!isWidest || closest == null)) {
        return doubted(report);
      }
      if (isWidest) {
        first = report;
      } else if (closest == null || report.explained() > closest.explained()) {
        closest = report;
      }
    }
    Report widest = first;
    if (widest.outcome() != Report.Outcome.FAIL) {
      return suspect(closest).orElseGet(() -> doubted(widest));
    }
    List<Report> failed = new ArrayList<>(List.of(widest));
    if (closest != null
        && (closest.explained() > widest.explained() || isNarrow(candidates.get(0)))) {
      failed.add(0, subject.grade(closest.candidate(), false));
    }
    return best(failed);
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
  private Report doubted(Report report) {
    boolean isImplausible =
        report.tensors().stream().anyMatch(grade -> grade.verdict() == Verdict.IMPLAUSIBLE);
    return isImplausible ? diagnosed(report) : report;
  }

  private Report diagnosed(Report report) {
    return report.withDiagnosis(search.apply(report).search(quirk -> true, false));
  }

  /** The report under which a known bug explains the most; the first of equals. */
  private Report best(List<Report> failed) {
    Report best = null;
    for (Report report : failed) {
      Report diagnosed = diagnosed(report);
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
   * A port that passes in any order of roundings, but follows no policy, and would have to round
   * within functions: where a policy together with a known bug explains all of it, that is the
   * better explanation. Bugs that only round are none: a port may round there.
   */
  private Optional<Report> suspect(Report closest) {
    PortContract contract = closest.candidate().contract();
    PortContract results =
        PortContract.anyOrderOfResults(contract.storage(), contract.elementaryUlp());
    Candidate usual = new Candidate(results, Optional.empty());
    if (contract.storage() == contract.accumulation()
        || subject.grade(usual, true).outcome() != Report.Outcome.FAIL) {
      return Optional.empty();
    }
    Report whole = subject.grade(closest.candidate(), false);
    List<Diagnosis> found = search.apply(whole).search(quirk -> !quirk.isRounding(), true);
    return found.isEmpty() || !found.get(0).isWhole()
        ? Optional.empty()
        : Optional.of(whole.withDiagnosis(found));
  }
}
