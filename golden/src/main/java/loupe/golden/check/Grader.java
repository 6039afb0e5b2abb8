package loupe.golden.check;

import java.util.ArrayList;
import java.util.Comparator;
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
import loupe.golden.PublishedPolicy;
import loupe.golden.quirk.Quirk;
import loupe.reference.Float64;
import loupe.reference.FloatFormat;
import loupe.reference.InputException;
import loupe.reference.PortContract;
import loupe.reference.TensorSource;
import loupe.reference.Workers;

/** Grades dumps of ports of one model. Thread-safe. */
public final class Grader {
  /** Largest chance that a right port's dump is called biased. */
  public static final double FALSE_ALARM = 1e-9;

  /**
   * In unit roundoffs, what a bug must do to a tensor to be told from single roundings that the
   * order of a sum tips: it then tips every thirtieth number of each step.
   */
  private static final double LEAST_EFFECT = 1.0 / 16;

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
    boolean isNarrow = isNarrow(candidates.get(0));
    Report widest = null;
    List<Report> others = new ArrayList<>();
    for (Candidate candidate : inOrder(candidates)) {
      boolean isWidest = candidate == candidates.get(0);
      Optional<FloatFormat> toTheBit = toTheBit(candidates, candidate);
      Report report = grade(tokenIds, dump, candidate, truth, !isWidest, toTheBit);
      if (report.outcome() != Report.Outcome.FAIL && (!isWidest || others.isEmpty())) {
        return report;
      }
      if (isWidest) {
        widest = report;
      } else {
        others.add(report);
      }
    }
    others.sort(Comparator.comparing(report -> -report.explained()));
    Map<String, int[]> buggy = prompts.get();
    boolean isDoubtful = isLong(dump) || widest.outcome() != Report.Outcome.FAIL;
    if (isNarrow && isDoubtful && !others.isEmpty()) {
      Optional<Report> found = suspect(tokenIds, dump, candidates, others, truth, buggy);
      if (found.isPresent()) {
        return found.get();
      }
    }
    if (widest.outcome() != Report.Outcome.FAIL) {
      return widest;
    }
    List<Report> failed = new ArrayList<>(List.of(widest));
    boolean isCloser =
        !others.isEmpty() && (isNarrow || others.get(0).explained() > widest.explained());
    if (isCloser) {
      Candidate closest = others.get(0).candidate();
      failed.add(0, grade(tokenIds, dump, closest, truth, false, toTheBit(candidates, closest)));
    }
    return best(tokenIds, dump, failed, buggy);
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
   *
   * <p>After a long step any order of roundings explains next to everything, so that a policy with
   * a bug is always looked for. It has to give the dump almost to the bit, and the bug must do more
   * than to tip single roundings, which the order of a sum does as well.
   */
  private Optional<Report> suspect(
      int[] tokenIds,
      TensorSource dump,
      List<Candidate> candidates,
      List<Report> policies,
      Map<String, double[]> truth,
      Map<String, int[]> prompts) {
    boolean isLong = isLong(dump);
    PortContract contract = candidates.get(0).contract();
    PortContract results =
        PortContract.anyOrderOfResults(contract.storage(), contract.elementaryUlp());
    Candidate usual = new Candidate(results, Optional.empty());
    if (!isLong
        && grade(tokenIds, dump, usual, truth, true, Optional.empty()).outcome()
            != Report.Outcome.FAIL) {
      return Optional.empty();
    }
    boolean all = isLong && LikelyBugs.isSmall(config, tokenIds.length);
    for (Report policy : policies.subList(0, all ? policies.size() : 1)) {
      Candidate candidate = policy.candidate();
      Report whole =
          grade(tokenIds, dump, candidate, truth, false, toTheBit(candidates, candidate));
      BugSearch search = search(tokenIds, dump, whole, prompts);
      List<Diagnosis> found = search.search(quirk -> !quirk.isRounding(), true);
      if (!found.isEmpty()
          && found.get(0).isWhole()
          && (!isLong || isLarge(found.get(0).quirk(), tokenIds, dump, contract))) {
        return Optional.of(whole.withDiagnosis(found));
      }
    }
    return Optional.empty();
  }

  /** Whether a bug does more than to tip single roundings. */
  private boolean isLarge(Quirk quirk, int[] tokenIds, TensorSource dump, PortContract contract) {
    double least = LEAST_EFFECT * contract.storage().unitRoundoff();
    return quirk.part() != Quirk.Part.MODEL
        || steps().effect(quirk, tokenIds, dump, known(dump)) > least;
  }

  private boolean isLong(TensorSource dump) {
    return !steps().after(known(dump)).isEmpty();
  }

  private LongSteps steps() {
    return new LongSteps(config, checkpoint, workers);
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
      matches.add(
          PolicyMatch.of(grade(tokenIds, dump, candidate, Map.of(), false, Optional.empty())));
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
    return grade(
        tokenIds, dump, candidate, truth(tokenIds, requireKnown(dump)), false, Optional.empty());
  }

  private Report grade(
      int[] tokenIds,
      TensorSource dump,
      Candidate candidate,
      Map<String, double[]> truth,
      boolean endsAtDivergence,
      Optional<FloatFormat> toTheBit) {
    GradingPass pass = new GradingPass(config, checkpoint, workers, tokenIds, dump, known(dump));
    return pass.grade(candidate, truth, endsAtDivergence, toTheBit);
  }

  private Map<String, double[]> truth(int[] tokenIds, Set<String> names) {
    FreeRun run = new FreeRun(names);
    new Gemma2(config, checkpoint, new Float64(workers)).forward(tokenIds, run);
    return new HashMap<>(run.values());
  }
}
