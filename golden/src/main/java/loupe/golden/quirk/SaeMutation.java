package loupe.golden.quirk;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.gemma2.Gemma2;
import loupe.golden.GoldenCase;
import loupe.golden.GoldenSae;
import loupe.golden.ModelParts;
import loupe.golden.Tolerances;
import loupe.reference.Arithmetic;
import loupe.reference.Float64;
import loupe.reference.Hook;
import loupe.reference.Hooks;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import loupe.sae.AttachedSae;
import loupe.sae.RowFilter;
import loupe.sae.SteerHook;

/**
 * Whether a golden SAE exposes a bug of reading, SAE, edit or metric: by its features, its
 * reconstruction, the logits of the edited passes, or its metrics. In float64, and beyond what a
 * correct program in float32 may be off; metrics by 1 in 10,000.
 */
public final class SaeMutation {
  private static final double METRIC_TOLERANCE = 1e-4;

  private final GoldenSae golden;
  private final GoldenCase at;
  private final Arithmetic arithmetic;
  private final TensorSource truth;
  private final TensorSource parameters;
  private final ModelParts parts;

  /** Reads a golden SAE once, for many bugs. */
  public SaeMutation(GoldenSae golden, Workers workers) {
    this.golden = golden;
    this.at = golden.goldenCase();
    this.arithmetic = new Float64(workers);
    this.truth = golden.truth();
    this.parameters = golden.parameters();
    this.parts = ModelParts.of(at.config(), at.model(), arithmetic);
  }

  /** What is wrong first: {@code features}, {@code fvu} and so on; empty if nothing is. */
  public Optional<String> firstWrong(Quirk quirk) {
    MetricQuirks.Metric metric = Zoo.METRIC.get(quirk.name());
    AttachedSae sae =
        new AttachedSae(
            golden.id(),
            quirk.applyTo(new SaeParts(parameters, arithmetic, false)).sae(),
            golden.attachment());
    Gemma2 model = quirk.applyTo(parts).model();
    Map<String, Tensor> seen = run(model, sae, Hook.NONE);
    Tensor features = sae.features(seen.get(sae.at().input()));
    Tensor reconstruction = sae.decode(features);
    if (metric != null) {
      Tensor target = seen.get(sae.at().output());
      double wrong = metric.value().apply(new MetricQuirks.Rows(features, target, reconstruction));
      double right = golden.metric(metric.name());
      boolean same = Math.abs(wrong - right) <= METRIC_TOLERANCE * Math.abs(right);
      return same ? Optional.empty() : Optional.of(metric.name());
    }
    if (isWrong("features", features)) {
      return Optional.of("features");
    }
    if (isWrong("reconstruction", reconstruction)) {
      return Optional.of("reconstruction");
    }
    return firstWrongEdit(quirk, model, sae);
  }

  private boolean isWrong(String name, Tensor value) {
    return differs(truth.tensor(name), value, Tolerances.float32(golden.noise(name)));
  }

  private Optional<String> firstWrongEdit(Quirk quirk, Gemma2 model, AttachedSae sae) {
    EditQuirks.EditChange change = Zoo.EDIT.get(quirk.name());
    if (change == null) {
      return Optional.empty();
    }
    String name = change.steers() ? "steered.hook_logits" : "spliced.hook_logits";
    if (!truth.names().contains(name)) {
      return Optional.empty();
    }
    SteerHook.Push push =
        change.steers()
            ? new SteerHook.Push(
                (int) golden.splice("steer_feature"), golden.splice("steer_coefficient"))
            : null;
    Hook edit = change.of(sae, RowFilter.allButBos(at.config().bosId()), push);
    Tensor logits = run(model, sae, edit).get("hook_logits");
    double tolerance = Tolerances.float32(at.noise().get("hook_logits").f32Max());
    return differs(truth.tensor(name), logits, tolerance) ? Optional.of(name) : Optional.empty();
  }

  private Map<String, Tensor> run(Gemma2 model, AttachedSae sae, Hook edit) {
    Map<String, Tensor> seen = new HashMap<>();
    Hooks hooks = new Hooks(model.hookPoints());
    if (edit != Hook.NONE) {
      hooks.add(edit);
    }
    for (String name : List.of(sae.at().input(), sae.at().output())) {
      hooks.read(name, (n, value, rows) -> seen.put(n, value));
    }
    seen.put("hook_logits", model.forward(at.tokenIds(), hooks));
    return seen;
  }

  private static boolean differs(StoredTensor expected, Tensor actual, double tolerance) {
    double[] values = new double[Math.toIntExact(expected.elementCount())];
    expected.read(0, values, 0, values.length);
    double max = 0;
    for (double value : values) {
      max = Math.max(max, Math.abs(value));
    }
    for (int i = 0; i < values.length; i++) {
      if (!(Math.abs(actual.get(i) - values[i]) <= tolerance * max)) {
        return true;
      }
    }
    return false;
  }
}
