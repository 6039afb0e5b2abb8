package loupe.golden.check;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.golden.ModelParts;
import loupe.golden.quirk.Quirk;
import loupe.reference.Bounded;
import loupe.reference.BoundedTensor;
import loupe.reference.Float64;
import loupe.reference.Hook;
import loupe.reference.InputException;
import loupe.reference.Rows;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.Workers;
import loupe.sae.AttachedSae;

/** What an SAE was given, or may have been given instead of it. */
final class SaeRows {
  private final SaeGrader.Input input;
  private final AttachedSae sae;
  private final Candidate candidate;
  private final Workers workers;
  private BoundedTensor right;
  private BoundedTensor computed;
  private boolean measured;

  /**
   * @param sae says where it is attached, and how wide its input is
   * @param candidate what is assumed of the program, if the input must be computed
   */
  SaeRows(SaeGrader.Input input, AttachedSae sae, Candidate candidate, Workers workers) {
    this.input = input;
    this.sae = sae;
    this.candidate = candidate;
    this.workers = workers;
  }

  /** Whether the right input is known by a measured limit only, see {@link LongSteps}. */
  boolean isMeasured() {
    right();
    return measured && input.own().isEmpty();
  }

  /** The right input {@code [pos, d_in]}. */
  private BoundedTensor right() {
    if (right == null) {
      right = input.own().isPresent() ? own(input.own().get()) : fromModel();
    }
    return right;
  }

  /** Whether another tensor can be computed, that may have been read instead. */
  boolean canBeReadElsewhere() {
    return input.tokenIds().length > 0;
  }

  /** The input under bugs: another one where one of them is that the wrong tensor is read. */
  BoundedTensor under(List<Quirk> quirks) {
    BoundedTensor rows = right();
    for (Quirk quirk : quirks) {
      if (quirk.part() == Quirk.Part.READING) {
        rows = misread(quirk);
      }
    }
    return rows;
  }

  private BoundedTensor own(StoredTensor own) {
    int width = sae.sae().dIn();
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
  private BoundedTensor fromModel() {
    if (computed == null) {
      Bounded bounded = new Bounded(candidate.contract(), workers);
      ModelParts parts = ModelParts.of(input.config(), input.checkpoint(), bounded);
      BoundedTensor proven = captured(candidate.applyTo(parts));
      computed =
          new LongSteps(input.config(), input.checkpoint(), workers)
              .narrowed(proven, sae.at().input(), input.tokenIds(), candidate);
      measured = computed != proven;
    }
    return computed;
  }

  private BoundedTensor captured(ModelParts parts) {
    String site = sae.at().input();
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
    parts.model().forward(input.tokenIds(), capture);
    if (found[0] == null) {
      throw new InputException("the model has no tensor " + site + " for this SAE");
    }
    int positions = found[0].dim(0);
    return found[0].reshape(positions, found[0].size() / positions);
  }

  /**
   * What a reader with this bug is given, from the program's own tensors where the dump has them,
   * with the largest radius of the right input in proportion.
   */
  private BoundedTensor misread(Quirk quirk) {
    BoundedTensor site = fromModel();
    String name = sae.at().input();
    Float64 arithmetic = new Float64(workers);
    Set<String> forced = new HashSet<>(input.dump().names());
    Map<String, double[]> kept = new HashMap<>();
    quirk
        .applyTo(ModelParts.of(input.config(), input.checkpoint(), arithmetic))
        .model()
        .forward(
            input.tokenIds(), new StepRun(arithmetic, input.dump(), forced, Set.of(name), kept));
    double[] values = kept.get(name);
    if (values == null || values.length != site.size()) {
      throw new InputException(quirk.name() + " gives nothing for this SAE");
    }
    double radius =
        RightBounds.largest(site.radii())
            * Math.max(1, RightBounds.largest(values) / RightBounds.largest(site.values()));
    double[] radii = new double[values.length];
    Arrays.fill(radii, radius);
    return new BoundedTensor(values, radii, radii, site.shape());
  }
}
