package loupe.golden.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import loupe.gemma2.Gemma2Config;
import loupe.reference.Arithmetic;
import loupe.reference.Bounded;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import loupe.sae.AttachedSae;

/**
 * Grades what another program's SAE gave: {@code pre}, {@code features} and {@code reconstruction},
 * each from what the program had before it. Features are judged from its own pre-activations where
 * the dump has them; where it has none, a pre-activation within its bound of the threshold may be
 * on or off, and such a feature is undecidable. Thread-safe.
 */
public final class SaeGrader {
  /** The tensors, in the order of computation, and what SAELens calls them. */
  private static final Map<String, List<String>> NAMES = new LinkedHashMap<>();

  /** Number of the tensors that are graded. */
  static final int TENSORS = 3;

  /** What a program may call the SAE's input, beside the name of the model's tensor. */
  private static final List<String> INPUTS = List.of("input", "hook_sae_input");

  static {
    NAMES.put("pre", List.of("pre", "hook_sae_acts_pre"));
    NAMES.put("features", List.of("features", "hook_sae_acts_post"));
    NAMES.put("reconstruction", List.of("reconstruction", "hook_sae_recons", "hook_sae_output"));
  }

  private final Function<Arithmetic, AttachedSae> sae;
  private final Workers workers;

  /**
   * What the SAE was given: the program's own tensor, or what the model gives.
   *
   * @param own {@code [pos, d_in]} of the program; empty where the dump has none
   * @param config of the model; not needed where {@code own} is there
   * @param checkpoint its weights
   * @param tokenIds the prompt; empty where that is not known
   * @param dump the program's tensors of the model, under our names
   */
  public record Input(
      Optional<StoredTensor> own,
      Gemma2Config config,
      TensorSource checkpoint,
      int[] tokenIds,
      TensorSource dump) {}

  /**
   * @param sae the SAE at its place, in an arithmetic
   */
  public SaeGrader(Function<Arithmetic, AttachedSae> sae, Workers workers) {
    this.sae = sae;
    this.workers = workers;
  }

  /** Our name of a dump's tensor, if it is one that an SAE gave. */
  public static Optional<String> known(String name) {
    return NAMES.entrySet().stream()
        .filter(entry -> isOneOf(name, entry.getValue()))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** Which of the names of an SAE's tensor this is, the surest being 0. */
  public static int naming(String name) {
    List<String> names = known(name).map(NAMES::get).orElse(INPUTS);
    for (int i = 0; i < names.size(); i++) {
      if (isOneOf(name, List.of(names.get(i)))) {
        return i;
      }
    }
    throw new IllegalArgumentException(name);
  }

  /** Whether a dump's tensor is called as the input of an SAE. */
  public static boolean isInput(String name) {
    return isOneOf(name, INPUTS);
  }

  private static boolean isOneOf(String name, List<String> names) {
    return names.stream().anyMatch(each -> name.equals(each) || name.endsWith("." + each));
  }

  /**
   * The report on a dump, see {@link BestExplanation}.
   *
   * @param tensors the dump's tensors by our names
   * @param candidates ways in which a right program may compute, the widest first
   */
  public Report grade(Input input, Map<String, StoredTensor> tensors, List<Candidate> candidates) {
    Map<Candidate, SaeRows> rows = new HashMap<>();
    Function<Candidate, SaeRows> given =
        candidate ->
            rows.computeIfAbsent(
                candidate,
                c -> new SaeRows(input, sae.apply(new Bounded(c.contract(), workers)), c, workers));
    return new BestExplanation(
            (candidate, ends, toTheBit) -> grade(given.apply(candidate), tensors, candidate),
            report ->
                new BugSearch(
                    report,
                    new SaePass(
                        sae,
                        given.apply(report.candidate()),
                        tensors,
                        workers,
                        report.isBiased() ? Grader.FALSE_ALARM : 0)))
        .of(candidates);
  }

  private Report grade(SaeRows rows, Map<String, StoredTensor> tensors, Candidate candidate) {
    List<TensorGrade> grades = new ArrayList<>();
    new SaePass(sae, rows, tensors, workers, Grader.FALSE_ALARM)
        .run(
            List.of(),
            0,
            candidate.contract(),
            new GradedPass.Step() {
              @Override
              public void after(TensorGrade grade) {
                grades.add(grade);
              }
            });
    if (rows.isMeasured() && !grades.isEmpty()) {
      // The first tensor follows from the measured input; the others from what the dump has.
      grades.set(0, ofMeasuredInput(grades.get(0)));
    }
    return new Report(candidate, List.copyOf(grades), List.of());
  }

  private static TensorGrade ofMeasuredInput(TensorGrade grade) {
    return switch (grade.verdict()) {
      case BIT_EQUAL, INSIDE ->
          grade.withVerdict(decidesNothing(grade) ? Verdict.UNDECIDABLE : Verdict.PLAUSIBLE);
      case BIASED, OUTSIDE ->
          grade.worst().isEmpty() ? grade : grade.withVerdict(Verdict.IMPLAUSIBLE);
      default -> grade;
    };
  }

  /** Whether right programs are as far apart as the numbers are large. */
  private static boolean decidesNothing(TensorGrade grade) {
    return grade.worst().isPresent() && !(grade.worst().get().bound() < grade.scale());
  }
}
