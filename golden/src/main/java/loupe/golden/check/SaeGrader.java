package loupe.golden.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import loupe.gemma2.Gemma2Config;
import loupe.golden.ModelParts;
import loupe.reference.Arithmetic;
import loupe.reference.Bounded;
import loupe.reference.BoundedTensor;
import loupe.reference.Hook;
import loupe.reference.InputException;
import loupe.reference.Rows;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import loupe.sae.AttachedSae;
import loupe.sae.JumpReluSae;

/**
 * Grades what another program's SAE gave: {@code pre}, {@code features} and {@code reconstruction},
 * each from what the program had before it. Features are judged from its own pre-activations where
 * the dump has them; where it has none, a pre-activation within its bound of the threshold may be
 * on or off, and such a feature is undecidable. Thread-safe.
 */
public final class SaeGrader {
  /** The tensors, in the order of computation, and what SAELens calls them. */
  private static final Map<String, List<String>> NAMES = new LinkedHashMap<>();

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
   * Where the input of the SAE comes from: what the program itself had, or what the model gives.
   *
   * @param own {@code [pos, d_in]} of the program; empty where the dump has none
   * @param config of the model; not needed where {@code own} is there
   * @param checkpoint its weights
   * @param tokenIds the prompt
   */
  public record Input(
      Optional<StoredTensor> own, Gemma2Config config, TensorSource checkpoint, int[] tokenIds) {}

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

  /** Whether a dump's tensor is called as the input of an SAE. */
  public static boolean isInput(String name) {
    return isOneOf(name, INPUTS);
  }

  private static boolean isOneOf(String name, List<String> names) {
    return names.stream().anyMatch(each -> name.equals(each) || name.endsWith("." + each));
  }

  /**
   * The report on a dump.
   *
   * @param tensors the dump's tensors by our names
   * @param candidates ways in which a right program may compute, the widest first
   * @return the report for the first of them that explains the dump; where none does, for the one
   *     that explains it longest
   */
  public Report grade(Input input, Map<String, StoredTensor> tensors, List<Candidate> candidates) {
    Report best = null;
    for (Candidate candidate : candidates) {
      Report report = grade(input, tensors, candidate);
      if (report.outcome() != Report.Outcome.FAIL) {
        return report;
      }
      if (best == null || report.explained() > best.explained()) {
        best = report;
      }
    }
    return best;
  }

  private Report grade(Input input, Map<String, StoredTensor> tensors, Candidate candidate) {
    AttachedSae attached = sae.apply(new Bounded(candidate.contract(), workers));
    TensorJudge judge = new TensorJudge(candidate.contract(), Grader.FALSE_ALARM / NAMES.size());
    List<TensorGrade> grades = new ArrayList<>();
    BoundedTensor proven = rows(input, attached, candidate);
    BoundedTensor rows =
        input.own.isPresent()
            ? proven
            : new LongSteps(input.config, input.checkpoint, workers)
                .narrowed(proven, attached.at().input(), input.tokenIds, candidate);
    JumpReluSae.Encoding encoding = attached.encode(rows);
    BoundedTensor pre = step("pre", (BoundedTensor) encoding.pre(), tensors, judge, grades);
    BoundedTensor features = (BoundedTensor) encoding.features();
    if (tensors.containsKey("pre")) {
      features =
          (BoundedTensor)
              attached.sae().arithmetic().jumpRelu(pre, attached.sae().weights().threshold());
    }
    features = step("features", features, tensors, judge, grades);
    if (tensors.containsKey("reconstruction")) {
      step("reconstruction", (BoundedTensor) attached.decode(features), tensors, judge, grades);
    }
    if (rows != proven && !grades.isEmpty()) {
      // The first tensor follows from the measured input; the others from what the dump has.
      grades.set(0, ofMeasuredInput(grades.get(0)));
    }
    return new Report(candidate, List.copyOf(grades), List.of());
  }

  private static TensorGrade ofMeasuredInput(TensorGrade grade) {
    return switch (grade.verdict()) {
      case BIT_EQUAL, INSIDE -> grade.withVerdict(Verdict.PLAUSIBLE);
      case BIASED, OUTSIDE ->
          grade.worst().isEmpty() ? grade : grade.withVerdict(Verdict.IMPLAUSIBLE);
      default -> grade;
    };
  }

  /** Judges a tensor, if the dump has it, and gives what the next step goes on with. */
  private static BoundedTensor step(
      String name,
      BoundedTensor ours,
      Map<String, StoredTensor> tensors,
      TensorJudge judge,
      List<TensorGrade> grades) {
    StoredTensor stored = tensors.get(name);
    if (stored == null) {
      return ours;
    }
    long[] shape = withoutBatch(stored.shape());
    if (!Arrays.equals(shape, Arrays.stream(ours.shape()).asLongStream().toArray())) {
      grades.add(TensorGrade.ofOtherShape(name, ours.shape(), shape));
      return ours;
    }
    double[] theirs = new double[ours.size()];
    stored.read(0, theirs, 0, theirs.length);
    grades.add(judge.judge(name, ours, theirs, null, null));
    double[] value = theirs.clone();
    for (int i = 0; i < value.length; i++) {
      value[i] = Double.isFinite(value[i]) ? value[i] : ours.values()[i];
    }
    return BoundedTensor.exact(value, ours.shape());
  }

  /** {@code [1, pos, width]} is {@code [pos, width]}. */
  private static long[] withoutBatch(long[] shape) {
    return shape.length == 3 && shape[0] == 1 ? Arrays.copyOfRange(shape, 1, 3) : shape;
  }

  private BoundedTensor rows(Input input, AttachedSae attached, Candidate candidate) {
    if (input.own.isEmpty()) {
      return computed(input, attached.at().input(), candidate);
    }
    StoredTensor own = input.own.get();
    int width = attached.sae().dIn();
    if (own.elementCount() % width != 0) {
      throw new InputException(
          "%s: has shape %s, but this SAE needs rows of %d"
              .formatted(own.origin(), Arrays.toString(own.shape()), width));
    }
    double[] values = new double[Math.toIntExact(own.elementCount())];
    own.read(0, values, 0, values.length);
    for (double value : values) {
      if (!Double.isFinite(value)) {
        throw new InputException(
            own.origin() + ": holds " + value + ", from which no features can follow");
      }
    }
    return BoundedTensor.exact(values, values.length / width, width);
  }

  /** The model's own activations, with the bounds of all steps that lead to them. */
  private BoundedTensor computed(Input input, String site, Candidate candidate) {
    BoundedTensor[] found = new BoundedTensor[1];
    Hook capture =
        new Hook() {
          @Override
          public boolean watches(String name) {
            return name.equals(site);
          }

          @Override
          public Tensor at(String name, Tensor value, Rows rows) {
            found[0] = (BoundedTensor) value;
            return value;
          }
        };
    Bounded bounded = new Bounded(candidate.contract(), workers);
    ModelParts parts = ModelParts.of(input.config, input.checkpoint, bounded);
    candidate.applyTo(parts).model().forward(input.tokenIds, capture);
    if (found[0] == null) {
      throw new InputException("the model has no tensor " + site + " for this SAE");
    }
    int positions = found[0].dim(0);
    return found[0].reshape(positions, found[0].size() / positions);
  }
}
