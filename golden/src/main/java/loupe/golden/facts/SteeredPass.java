package loupe.golden.facts;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.gemma2.Gemma2;
import loupe.gemma2.HookPoints;
import loupe.reference.Hook;
import loupe.reference.Rows;
import loupe.reference.Tensor;
import loupe.sae.AttachedSae;

/**
 * A forward pass with features of transcoders set, as circuit-tracer does it: {@code (value -
 * activation) * W_dec[feature]} is added to what the MLP adds to the residual stream; attention
 * patterns of the prompt stay those of the plain pass; what comes after is computed anew.
 *
 * <p>Source: decoderesearch/circuit-tracer, {@code ReplacementModel.feature_intervention}.
 */
final class SteeredPass implements Hook {
  /** What stays as it was in the plain pass. */
  enum Frozen {
    /** Attention patterns. */
    PATTERNS,
    /** Patterns, the scales of all norms, and the outputs of all MLPs: all that is not linear. */
    ALL
  }

  private static final double NO_CHANGE_HERE = 0;

  private final List<Interventions.Setting> settings;
  private final Transcoders transcoders;
  private final Frozen frozen;
  private final double eps;
  private final Map<String, Tensor> plain = new HashMap<>();
  private final Map<String, Tensor> inputs = new HashMap<>();
  private final Map<String, Tensor> activations = new LinkedHashMap<>();

  SteeredPass(
      Gemma2 model,
      int[] ids,
      List<Interventions.Setting> settings,
      Transcoders transcoders,
      Frozen frozen) {
    this.settings = settings;
    this.transcoders = transcoders;
    this.frozen = frozen;
    this.eps = model.config().rmsNormEps();
    List<String> names = model.hookPoints().stream().filter(this::isKept).toList();
    Pass pass = Pass.of(model, ids, names.toArray(String[]::new));
    names.forEach(name -> plain.put(name, pass.at(name)));
  }

  private boolean isKept(String name) {
    return name.endsWith("hook_pattern") || frozen == Frozen.ALL && isPartOfFreezing(name);
  }

  private static boolean isPartOfFreezing(String name) {
    return name.endsWith("hook_resid_pre")
        || name.endsWith("hook_resid_post")
        || name.endsWith("attn.hook_out")
        || name.endsWith("hook_mlp_out")
        || name.endsWith("hook_attn_out")
        || name.endsWith("ln1.hook_normalized")
        || name.equals(HookPoints.LN_FINAL_NORMALIZED);
  }

  @Override
  public boolean watches(String name) {
    return isKept(name) || name.endsWith("ln2.hook_normalized") || name.endsWith("hook_mlp_out");
  }

  @Override
  public Tensor at(String name, Tensor value, Rows rows) {
    if (name.endsWith("hook_pattern")) {
      // Tokens that are generated later have patterns of their own.
      Tensor kept = plain.get(name);
      return kept.size() == value.size() ? kept : value;
    }
    if (name.endsWith("ln2.hook_normalized")) {
      inputs.put(name, value);
      return value;
    }
    if (name.endsWith("hook_mlp_out")) {
      Tensor base = frozen == Frozen.ALL ? plain.get(name) : value;
      return changed(name, base, rows);
    }
    return frozenNorm(name, value);
  }

  /** The MLP's contribution with the changes of its layer. */
  private Tensor changed(String name, Tensor value, Rows rows) {
    int layer = Integer.parseInt(name.substring(7, name.indexOf('.', 7)));
    List<Interventions.Setting> here = settings.stream().filter(s -> s.layer() == layer).toList();
    if (here.isEmpty()) {
      return value;
    }
    AttachedSae sae = transcoders.of(layer);
    Tensor features = sae.features(inputs.get(HookPoints.Layer.of(layer).ln2Normalized()));
    double[] values = value.toDoubles();
    int width = value.rowSize();
    for (Interventions.Setting setting : here) {
      double[] direction = sae.directions(setting.feature()).toDoubles();
      for (int r = 0; r < rows.count(); r++) {
        int position = rows.positions()[r];
        double now = position == 0 ? 0 : features.get(r * features.dim(1) + setting.feature());
        double change = Double.isNaN(setting.value()) ? NO_CHANGE_HERE : setting.value() - now;
        for (int i = 0; setting.isAt(position) && i < width; i++) {
          values[r * width + i] += change * direction[i];
        }
      }
    }
    return Edits.of(value, values);
  }

  /**
   * A norm whose scale stays: its value is that of the new input times new over old root mean
   * square. Inputs are seen before their norms.
   */
  private Tensor frozenNorm(String name, Tensor value) {
    String input = inputOf(name);
    if (input == null) {
      inputs.put(name, value);
      return value;
    }
    Tensor now = inputs.get(input);
    Tensor then = plain.get(input);
    double[] values = value.toDoubles();
    int width = value.rowSize();
    for (int r = 0; r < value.dim(0); r++) {
      double factor = rms(now, r) / rms(then, r);
      for (int i = 0; i < width; i++) {
        values[r * width + i] *= factor;
      }
    }
    return Edits.of(value, values);
  }

  /** What a norm reads; null for a tensor that is no norm's output. */
  private String inputOf(String name) {
    if (name.endsWith("ln1.hook_normalized")) {
      return name.replace("ln1.hook_normalized", "hook_resid_pre");
    }
    if (name.endsWith("hook_attn_out")) {
      return name.replace("hook_attn_out", "attn.hook_out");
    }
    return name.equals(HookPoints.LN_FINAL_NORMALIZED) ? lastResidual() : null;
  }

  private String lastResidual() {
    int last =
        plain.keySet().stream()
            .filter(name -> name.endsWith("hook_resid_post"))
            .mapToInt(name -> Integer.parseInt(name.substring(7, name.indexOf('.', 7))))
            .max()
            .orElseThrow();
    return HookPoints.Layer.of(last).residPost();
  }

  private double rms(Tensor x, int row) {
    double norm = Pass.norm(x.rows(row, row + 1).toDoubles());
    return Math.sqrt(norm * norm / x.rowSize() + eps);
  }

  /** A feature's activation in the steered pass, at a position of the prompt. */
  double activation(int layer, int feature, int position) {
    Tensor features =
        activations.computeIfAbsent(
            String.valueOf(layer),
            l ->
                transcoders
                    .of(layer)
                    .features(inputs.get(HookPoints.Layer.of(layer).ln2Normalized())));
    return features.get(position * features.dim(1) + feature);
  }
}
