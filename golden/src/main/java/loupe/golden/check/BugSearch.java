package loupe.golden.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.reference.Bounded;
import loupe.reference.BoundedTensor;
import loupe.reference.FloatFormat;
import loupe.reference.InputException;
import loupe.reference.PortContract;

/**
 * Which known bug makes a port's tensors diverge. The computation is run once more, step by step
 * from the port's own tensors, with the bug put in; a bug explains them as far as they are then
 * within their bounds.
 *
 * <p>Likely bugs are tried (see {@link GradedPass#isLikely}); where none of them helps and the
 * computation is small, all others. A bug that leaves this tensor outside, or makes an earlier one
 * diverge, is given up there, which is nearly always early. What is left is ranked by the whole
 * dump. Where the best bug leaves something, the search goes on from there for a second one.
 *
 * <p>An operation that a bug replaces has no proven bound: it gets that of the right operation, in
 * proportion, see {@link Bounded#withOtherOperations}. A rank is no proof.
 */
public final class BugSearch {
  /** Diagnoses that are kept. */
  private static final int KEPT = 5;

  private final GradedPass pass;
  private final Report plain;
  private final PortContract contract;
  private final RightBounds bounds = new RightBounds();
  private final Map<String, Integer> order = new HashMap<>();

  /** Limits of long steps, see {@link LongSteps}. */
  private final Map<String, MeasuredLimit> limits = new HashMap<>();

  /**
   * @param plain the report on the right computation, which fails
   * @param pass runs it again
   */
  public BugSearch(Report plain, GradedPass pass) {
    this.plain = plain;
    this.pass = pass;
    this.contract = plain.candidate().contract();
    for (TensorGrade grade : plain.tensors()) {
      order.put(grade.name(), order.size());
      grade.measured().ifPresent(measured -> limits.put(grade.name(), measured.by()));
    }
  }

  /**
   * The bugs that explain the most, the best first; none if no known bug explains anything.
   *
   * @param isStrict whether operations that a bug replaces must round where the policy says, as far
   *     as that can be known
   */
  public List<Diagnosis> search(Predicate<Quirk> admitted, boolean isStrict) {
    record(contract, bounds.narrow());
    boolean isSharp = contract.isPolicy() && !isStrict;
    if (isSharp) {
      FloatFormat storage = contract.storage();
      record(PortContract.anyOrder(storage, contract.elementaryUlp()), bounds.wide());
    }
    List<Quirk> all = Zoo.all().stream().filter(pass::canShow).filter(admitted).toList();
    Trial none = new Trial(List.of(), 0);
    none.grades.addAll(plain.tensors());
    none.count();
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
  private void record(PortContract under, Map<String, BoundedTensor> into) {
    GradedPass.Step recording =
        new GradedPass.Step() {
          @Override
          public BoundedTensor before(String name, BoundedTensor ours) {
            into.put(name, ours);
            return ours;
          }
        };
    try {
      pass.run(List.of(), 0, under, recording);
    } catch (InputException e) {
      // What the pass did not reach has no bounds.
    }
  }

  /** All bugs that take the first divergence away, besides those that are in; the best first. */
  private List<Trial> trials(List<Quirk> besides, Trial before, List<Quirk> all) {
    String first = before.first;
    List<Quirk> probable = all.stream().filter(quirk -> pass.isLikely(quirk, first)).toList();
    List<Trial> found = tried(besides, before, probable);
    if (found.isEmpty() && pass.isSmall()) {
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
      int variants = besides.contains(quirk) ? 0 : pass.variants(quirk);
      for (int variant = 0; variant < variants; variant++) {
        Trial trial = new Trial(together, variant);
        if (trial.run(before.firstAt) && trial.bad < before.bad) {
          found.add(trial);
          break;
        }
      }
    }
    return found;
  }

  /** Ends the pass of a bug that explains nothing. */
  private static final class GivenUp extends RuntimeException {
    private static final long serialVersionUID = 1L;

    GivenUp() {
      super("a bug that explains nothing", null, false, false);
    }
  }

  /** A pass with bugs in. */
  private final class Trial implements GradedPass.Step {
    private final List<Quirk> quirks;
    private final int variant;
    private final List<TensorGrade> grades = new ArrayList<>();
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
      rounded.putAll(pass.rounded(quirks, variant, limits.keySet()));
      try {
        pass.run(quirks, variant, contract, this);
      } catch (InputException | GivenUp e) {
        // What the pass did not reach is not explained.
      }
      count();
      return firstAt > place;
    }

    private boolean isBad(TensorGrade grade) {
      return grade.verdict().isBad() || ratios.getOrDefault(grade.name(), 0.0) > 1;
    }

    private void count() {
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
      if (limits.containsKey(name)) {
        double[] exact = rounded.getOrDefault(name, ours.values());
        pass.theirs(name, exact)
            .ifPresent(
                theirs -> {
                  double ratio = limits.get(name).worst(exact, theirs).ratio();
                  ratios.put(name, ratio);
                  measured = Math.max(measured, ratio);
                });
      }
      return bounds.proportionate(name, ours, pass.isScore(name));
    }

    /** A port's own score, not a mark that there is none. */
    @Override
    public boolean trusts(double ours, double theirs) {
      double unit = contract.storage().unitRoundoff();
      return Math.abs(ours - theirs) <= 8 * unit * Math.abs(ours);
    }

    @Override
    public void after(TensorGrade grade) {
      grades.add(grade);
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
