package loupe.golden.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import loupe.gemma2.Gemma2Config;
import loupe.golden.ModelParts;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.reference.Bounded;
import loupe.reference.BoundedTensor;
import loupe.reference.FloatFormat;
import loupe.reference.InputException;
import loupe.reference.PortContract;
import loupe.reference.TensorSource;
import loupe.reference.Workers;

/**
 * Which known bug makes a dump diverge. The pass is run once more under teacher forcing with the
 * bug put in; a bug explains the dump as far as the port's tensors are then within their bounds.
 *
 * <p>Bugs are tried that show first at the tensor where the dump first diverges, or at one before
 * it that the dump does not have; where none of them helps and the model is small, all others. A
 * bug that leaves this tensor outside, or makes an earlier one diverge, is given up there, which is
 * nearly always early. What is left is ranked by the whole dump. Where the best bug leaves
 * something, the search goes on from there for a second one.
 *
 * <p>An operation that a bug replaces has no proven bound: it gets that of the right operation, in
 * proportion, see {@link Bounded#withOtherOperations}. A rank is no proof.
 */
final class BugSearch {
  /** Diagnoses that are kept. */
  private static final int KEPT = 5;

  private final Gemma2Config config;
  private final TensorSource checkpoint;
  private final TensorSource dump;
  private final Report plain;
  private final Candidate candidate;
  private final Workers workers;
  private final Map<String, int[]> prompts;
  private final Set<String> names;
  private final RightBounds bounds = new RightBounds();
  private final Map<String, Integer> order = new HashMap<>();

  /** Limits of long steps, see {@link LongSteps}. */
  private final Map<String, MeasuredLimit> limits = new HashMap<>();

  private final int[] ids;
  private final LikelyBugs likely;
  private final WrongPrograms wrong;

  /**
   * @param plain the report on the dump, which fails
   * @param ids of the prompt as it should be
   * @param prompts the ids as bugs of tokenizers would give them, by the bug's name
   */
  BugSearch(
      Gemma2Config config,
      TensorSource checkpoint,
      TensorSource dump,
      Report plain,
      Workers workers,
      int[] ids,
      Map<String, int[]> prompts) {
    this.config = config;
    this.checkpoint = checkpoint;
    this.dump = dump;
    this.plain = plain;
    this.candidate = plain.candidate();
    this.workers = workers;
    this.ids = ids;
    this.prompts = prompts;
    this.names = new HashSet<>();
    for (TensorGrade grade : plain.tensors()) {
      order.put(grade.name(), order.size());
      names.add(grade.name());
      grade.measured().ifPresent(measured -> limits.put(grade.name(), measured.by()));
    }
    this.likely = new LikelyBugs(config, order, prompts.keySet(), ids.length);
    this.wrong = new WrongPrograms(config, checkpoint, workers, ids, prompts);
  }

  /**
   * The bugs that explain the most, the best first; none if no known bug explains anything.
   *
   * @param isStrict whether operations that a bug replaces must round where the policy says, as far
   *     as that can be known
   */
  List<Diagnosis> search(Predicate<Quirk> admitted, boolean isStrict) {
    record(candidate.contract(), bounds.narrow());
    boolean isSharp = candidate.contract().isPolicy() && !isStrict;
    if (isSharp) {
      FloatFormat storage = candidate.contract().storage();
      record(PortContract.anyOrder(storage, candidate.contract().elementaryUlp()), bounds.wide());
    }
    List<Quirk> all = Zoo.all().stream().filter(likely::canShow).filter(admitted).toList();
    Trial none = new Trial(List.of(), 0);
    none.take(plain.tensors());
    if (none.bad == 0) {
      return List.of();
    }
    List<Trial> single = trials(List.of(), none, all);
    List<Diagnosis> found = new ArrayList<>();
    for (Trial trial : single.subList(0, Math.min(KEPT, single.size()))) {
      found.add(trial.diagnosis(none.bad));
    }
    if (!single.isEmpty() && single.get(0).bad > 0) {
      List<Trial> pairs = trials(single.get(0).quirks, single.get(0), all);
      if (!pairs.isEmpty()) {
        found.add(1, pairs.get(0).diagnosis(none.bad));
      }
    }
    return found;
  }

  /** What the right operations' bounds are, from the port's inputs. */
  private void record(PortContract contract, Map<String, BoundedTensor> into) {
    TeacherForcing.Step recording =
        new TeacherForcing.Step() {
          @Override
          public BoundedTensor before(String name, BoundedTensor ours) {
            into.put(name, ours);
            return ours;
          }
        };
    run(List.of(), 0, contract, recording);
  }

  /** All bugs that take the first divergence away, besides those that are in; the best first. */
  private List<Trial> trials(List<Quirk> besides, Trial before, List<Quirk> all) {
    String first = before.first;
    List<Quirk> probable = all.stream().filter(quirk -> likely.isLikely(quirk, first)).toList();
    List<Trial> found = tried(besides, before, probable);
    if (found.isEmpty() && likely.isSmall()) {
      List<Quirk> others = new ArrayList<>(all);
      others.removeAll(probable);
      found = tried(besides, before, others);
    }
    found.sort(
        Comparator.<Trial>comparingInt(trial -> trial.bad)
            .thenComparing(trial -> -trial.firstAt)
            .thenComparing(trial -> trial.measured)
            .thenComparing(trial -> -trial.equal));
    return found;
  }

  private List<Trial> tried(List<Quirk> besides, Trial before, List<Quirk> quirks) {
    List<Trial> found = new ArrayList<>();
    for (Quirk quirk : quirks) {
      List<Quirk> together = new ArrayList<>(besides);
      together.add(quirk);
      for (int variant = 0; variant < quirk.variants() && !besides.contains(quirk); variant++) {
        Trial trial = new Trial(together, variant);
        if (trial.run(before.firstAt) && trial.bad < before.bad) {
          found.add(trial);
          break;
        }
      }
    }
    return found;
  }

  /** The judgements of a pass with bugs in, of the last in this variant. */
  private List<TensorGrade> run(
      List<Quirk> quirks, int variant, PortContract contract, TeacherForcing.Step step) {
    boolean biased = plain.tensors().stream().anyMatch(g -> g.verdict() == Verdict.BIASED);
    TeacherForcing forcing =
        new TeacherForcing(
            config, contract, dump, names, Map.of(), biased ? Grader.FALSE_ALARM : 0, step);
    Bounded bounded =
        quirks.isEmpty()
            ? new Bounded(contract, workers)
            : Bounded.withOtherOperations(contract, workers);
    ModelParts parts = candidate.applyTo(wrong.parts(contract, bounded));
    try {
      wrong.forward(parts, quirks, variant, forcing);
    } catch (InputException | GivenUp e) {
      // What the pass did not reach is not explained.
      return forcing.grades();
    }
    return forcing.grades();
  }

  /** Ends the pass of a bug that explains nothing. */
  private static final class GivenUp extends RuntimeException {
    private static final long serialVersionUID = 1L;

    GivenUp() {
      super("a bug that explains nothing", null, false, false);
    }
  }

  /** A pass with bugs in. */
  private final class Trial implements TeacherForcing.Step {
    private final List<Quirk> quirks;
    private final int variant;
    private int bad;
    private long equal;
    private String first;
    private int firstAt = Integer.MAX_VALUE;
    private int mustReach = -1;

    /** Of tensors after long steps, the largest error in units of its limit. */
    private double measured;

    private final Map<String, Double> ratios = new HashMap<>();

    private final Map<String, double[]> rounded = new HashMap<>();

    Trial(List<Quirk> quirks, int variant) {
      this.variant = variant;
      this.quirks = List.copyOf(quirks);
    }

    /** Whether the bug takes the divergence at this place away, and makes none before it. */
    boolean run(int place) {
      mustReach = place;
      rounded.putAll(wrong.rounded(candidate, quirks, variant, dump, names, limits.keySet()));
      List<TensorGrade> grades = BugSearch.this.run(quirks, variant, candidate.contract(), this);
      take(grades);
      return firstAt > place;
    }

    private boolean isBad(TensorGrade grade) {
      return grade.verdict().isBad() || ratios.getOrDefault(grade.name(), 0.0) > 1;
    }

    void take(List<TensorGrade> grades) {
      Map<String, TensorGrade> byName = new LinkedHashMap<>();
      grades.forEach(grade -> byName.put(grade.name(), grade));
      for (TensorGrade known : plain.tensors()) {
        TensorGrade grade = byName.get(known.name());
        equal += grade == null ? 0 : grade.equal();
        if (grade == null || isBad(grade)) {
          bad++;
          int at = order.get(known.name());
          if (at < firstAt) {
            firstAt = at;
            first = known.name();
          }
        }
      }
    }

    @Override
    public BoundedTensor before(String name, BoundedTensor ours) {
      MeasuredLimit limit = limits.get(name);
      double[] exact = rounded.getOrDefault(name, ours.values());
      if (limit != null && exact.length == dump.tensor(name).elementCount()) {
        double[] theirs = LongSteps.theirs(name, config, dump.tensor(name), exact);
        double ratio = limit.worst(exact, theirs).ratio();
        ratios.put(name, ratio);
        measured = Math.max(measured, ratio);
      }
      return bounds.proportionate(name, ours);
    }

    /** A port's own score, not a mark that there is none. */
    @Override
    public boolean trusts(double ours, double theirs) {
      double unit = candidate.contract().storage().unitRoundoff();
      return Math.abs(ours - theirs) <= 8 * unit * Math.abs(ours);
    }

    @Override
    public void after(TensorGrade grade) {
      if (isBad(grade) && order.get(grade.name()) <= mustReach) {
        throw new GivenUp();
      }
    }

    Diagnosis diagnosis(int divergent) {
      int explains = Math.max(0, divergent - bad);
      Quirk last = quirks.get(quirks.size() - 1);
      return new Diagnosis(
          last,
          quirks.subList(0, quirks.size() - 1),
          (double) explains / divergent,
          explains,
          divergent,
          equal);
    }
  }
}
