package loupe.golden.oracle;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.HookPoints;
import loupe.gemma2.LayerType;
import loupe.golden.ModelParts;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.SaeParts;
import loupe.reference.Arithmetic;
import loupe.reference.Bounded;
import loupe.reference.BoundedTensor;
import loupe.reference.HeapTensor;
import loupe.reference.Hook;
import loupe.reference.InputException;
import loupe.reference.Rows;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorMap;
import loupe.reference.TensorSource;

/**
 * One operation with known bugs in it: the parts of a model, or of an SAE, are made from the
 * request's arguments, the bugs are put into them as into any other, and the operation is computed
 * from what comes out.
 */
final class OperationUnderBugs {
  private static final String HEAD = "lm_head.weight";
  private static final List<String> SAE_PARAMETERS =
      List.of("W_enc", "b_enc", "W_dec", "b_dec", "threshold");
  private static final List<String> IN_LAYER = HookPoints.Layer.of(0).inOrder();

  /** Of Gemma 2; what the request does not say. */
  private static final double SCALAR = 256;

  private static final double ATTENTION_CAP = 50;
  private static final double FINAL_CAP = 30;
  private static final double THETA = 10_000;
  private static final double EPS = 1e-6;
  private static final int WINDOW = 4096;

  private final String operation;
  private final List<Result> results;
  private final Computation.Tensors tensors;
  private final Arguments in;

  OperationUnderBugs(
      String operation, List<Result> results, Computation.Tensors tensors, Arguments in) {
    this.operation = operation;
    this.results = results;
    this.tensors = tensors;
    this.in = in;
  }

  /** Number of places at which it may stand. */
  int places() {
    return Place.of(operation).size();
  }

  /**
   * The results, in the order of the table.
   *
   * @param arithmetic without bugs
   * @param quirks that are put in, one after another
   * @param place at which it stands
   * @param variant in which of its ways the last of the bugs shows
   * @throws loupe.reference.InputException if the bug is about more than this operation
   */
  List<Tensor> compute(Arithmetic arithmetic, List<Quirk> quirks, int place, int variant) {
    Map<String, Object> changed = new HashMap<>();
    if (arithmetic instanceof Bounded) {
      in.activations().forEach((name, x) -> changed.put(name, exact(x)));
    }
    return operation.startsWith("sae")
        ? ofSae(arithmetic, quirks, changed)
        : atPlace(arithmetic, quirks, Place.of(operation).get(place), variant, changed);
  }

  private static BoundedTensor exact(Tensor x) {
    return BoundedTensor.exact(x.toDoubles(), x.shape());
  }

  private List<Tensor> ofSae(
      Arithmetic arithmetic, List<Quirk> quirks, Map<String, Object> changed) {
    boolean isWhole = in.has("sae");
    SaeParts parts = isWhole ? SaeParts.of(in.sae(arithmetic)) : parts(arithmetic);
    for (Quirk quirk : quirks) {
      parts = quirk.applyTo(parts);
    }
    if (isWhole) {
      changed.put("sae", parts.sae());
    } else {
      for (String name : parts.parameters().names()) {
        changed.put(name, parts.parameters().tensor(name));
      }
    }
    return tensors.of(parts.arithmetic(), in.with(changed));
  }

  private SaeParts parts(Arithmetic arithmetic) {
    Map<String, StoredTensor> given = new LinkedHashMap<>();
    for (String name : SAE_PARAMETERS) {
      if (in.has(name)) {
        given.put(name, new HeapTensor(name, in.given(name)));
      }
    }
    return new SaeParts(new TensorMap("args", given), arithmetic, false);
  }

  private List<Tensor> atPlace(
      Arithmetic arithmetic,
      List<Quirk> quirks,
      Place place,
      int variant,
      Map<String, Object> changed) {
    Map<String, StoredTensor> stored = new LinkedHashMap<>();
    place.weights().forEach((arg, name) -> stored.put(name, new HeapTensor(name, in.given(arg))));
    ModelParts right = ModelParts.of(config(place), new TensorMap("args", stored), arithmetic);
    ModelParts wrong = right;
    for (Quirk quirk : quirks) {
      boolean isLast = quirk == quirks.get(quirks.size() - 1);
      try {
        wrong = quirk.applyTo(wrong, isLast ? variant : 0);
      } catch (IllegalArgumentException e) {
        throw new InputException("no model can have " + quirk.name() + ": " + e.getMessage());
      }
    }
    change(changed, place, right.config(), wrong.config());
    change(changed, place, stored, wrong.weights());
    if (place.rank() > 0) {
      Tensor x = (Tensor) changed.getOrDefault("x", in.given("x"));
      changed.put("x", x.reshape(ofRank(place.rank(), x)));
    }
    return hooked(wrong, place, in.with(changed));
  }

  private static int[] ofRank(int rank, Tensor x) {
    int last = x.rank() == 1 ? x.size() : x.dim(x.rank() - 1);
    int rows = x.size() / last;
    return rank == 2 ? new int[] {rows, last} : new int[] {1, rows, last};
  }

  private Gemma2Config config(Place place) {
    boolean isFinal = place.outputs().containsValue(HookPoints.LOGITS);
    double cap = in.number("cap", 0);
    double scale = isScaled() ? in.number("scale") : 0;
    double scalar = 1 / (scale * scale);
    int heads = in.axis("head", 1);
    int keyHeads = in.axis("head_kv", 1);
    return new Gemma2Config(
        in.axis("d_model", in.axis("d_in", 1)),
        1,
        heads,
        heads % keyHeads == 0 ? keyHeads : 1,
        Math.max(2, in.axis("d_head", 2) / 2 * 2),
        1,
        in.axis("d_vocab", 1),
        scalar > 0 && scalar < Double.POSITIVE_INFINITY ? scalar : SCALAR,
        isFinal || !in.takes("cap") ? ATTENTION_CAP : cap,
        isFinal ? cap : FINAL_CAP,
        in.integer("window", WINDOW),
        List.of(in.has("window") ? LayerType.SLIDING_ATTENTION : LayerType.FULL_ATTENTION),
        in.number("theta", THETA),
        in.number("eps", EPS),
        WINDOW,
        0,
        List.of(),
        true,
        "");
  }

  /** Whether {@code scale} is that of scores; the embedding has another. */
  private boolean isScaled() {
    return in.has("scale") && in.has("q");
  }

  /** Settings that a bug has changed, as arguments; null for what is left out. */
  private void change(
      Map<String, Object> changed, Place place, Gemma2Config right, Gemma2Config wrong) {
    boolean isFinal = place.outputs().containsValue(HookPoints.LOGITS);
    set(changed, "eps", right.rmsNormEps(), wrong.rmsNormEps());
    set(changed, "theta", right.ropeTheta(), wrong.ropeTheta());
    if (isFinal) {
      set(changed, "cap", right.finalSoftcap(), wrong.finalSoftcap());
    } else {
      set(changed, "cap", right.attnSoftcap(), wrong.attnSoftcap());
    }
    if (isScaled() && right.queryPreAttnScalar() != wrong.queryPreAttnScalar()) {
      changed.put("scale", 1 / Math.sqrt(wrong.queryPreAttnScalar()));
    }
    boolean isOther =
        right.slidingWindow() != wrong.slidingWindow() || right.isLocal(0) != wrong.isLocal(0);
    if (isOther && in.takes("window")) {
      changed.put("window", wrong.isLocal(0) ? wrong.slidingWindow() : null);
    }
  }

  private void set(Map<String, Object> changed, String name, double right, double wrong) {
    if (in.takes(name) && right != wrong) {
      changed.put(name, wrong == 0 ? null : wrong);
    }
  }

  /** Weights as a loader with the bug has them, and arguments that such a loader exchanges. */
  private void change(
      Map<String, Object> changed,
      Place place,
      Map<String, StoredTensor> right,
      TensorSource wrong) {
    for (Map.Entry<String, String> weight : place.weights().entrySet()) {
      String arg = weight.getKey();
      boolean isHead =
          wrong.names().contains(HEAD) && place.outputs().containsValue(HookPoints.LOGITS_RAW);
      StoredTensor now = wrong.tensor(isHead ? HEAD : weight.getValue());
      if (!in.activations().containsKey(arg)) {
        changed.put(arg, now);
        continue;
      }
      for (Map.Entry<String, String> other : place.weights().entrySet()) {
        if (right.get(other.getValue()) == now && !other.getKey().equals(arg)) {
          Tensor exchanged = in.given(other.getKey());
          changed.put(
              arg, changed.get(arg) instanceof BoundedTensor ? exact(exchanged) : exchanged);
        }
      }
    }
  }

  /** Computes under the hook of the parts, which sees arguments and results by their names. */
  private List<Tensor> hooked(ModelParts parts, Place place, Arguments changed) {
    Map<String, Tensor> seen = new HashMap<>();
    Hook hook =
        parts
            .around()
            .apply(
                new Hook() {
                  @Override
                  public boolean watches(String name) {
                    return true;
                  }

                  @Override
                  public Tensor at(String name, Tensor value, Rows rows) {
                    seen.put(name, value);
                    return value;
                  }
                });
    place
        .inputs()
        .forEach(
            (arg, kind) -> {
              Tensor value = changed.activation(parts.arithmetic(), arg);
              hook.at(name(kind), value, rows(value.dim(0)));
            });
    List<Tensor> values = tensors.of(parts.arithmetic(), changed);
    List<Tensor> given = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      String kind = place.outputs().get(results.get(i).name());
      Tensor value = values.get(i);
      if (kind != null) {
        hook.at(name(kind), value, rows(value.dim(0)));
        value = seen.getOrDefault(name(kind), value);
      }
      given.add(place.rank() > 0 ? value.reshape(in.given("x").shape()) : value);
    }
    return given;
  }

  private static String name(String kind) {
    String inLayer = "blocks.0." + kind;
    return IN_LAYER.contains(inLayer) ? inLayer : kind;
  }

  /** Rows of tokens that are none of the special ones. */
  private Rows rows(int count) {
    int[] ids = new int[count];
    Arrays.fill(ids, Integer.MAX_VALUE);
    return in.has("positions")
        ? new Rows(ids, in.ids("positions"), new int[count])
        : Rows.of(ids, 0, 0);
  }
}
