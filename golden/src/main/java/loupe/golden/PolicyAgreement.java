package loupe.golden;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.HookPoints;
import loupe.reference.DoubleTensor;
import loupe.reference.Float64;
import loupe.reference.FloatFormat;
import loupe.reference.Hook;
import loupe.reference.Rows;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;

/**
 * How well a policy predicts a recording of its engine, element by element. Either freely, so that
 * one deviation brings on others; or step by step, each tensor from the recorded ones before it.
 *
 * <p>Of scores those entries count that mask and window admit, as in {@link TraceComparison}.
 */
public final class PolicyAgreement implements Hook {
  private final Gemma2Config config;
  private final TensorSource recording;
  private final boolean forced;
  private final Map<String, Count> counts = new LinkedHashMap<>();

  /**
   * Counts of one kind of tensor, all layers together.
   *
   * @param elements that were compared
   * @param equal of them with the same bits
   * @param within of them at most one unit of the recording's format apart, the equal ones included
   * @param units largest distance in such units; of two numbers the larger one's unit counts
   * @param relToMax largest distance over the largest absolute value of its tensor
   */
  public record Count(long elements, long equal, long within, double units, double relToMax) {
    static final Count NONE = new Count(0, 0, 0, 0, 0);

    Count plus(Count other) {
      return new Count(
          elements + other.elements,
          equal + other.equal,
          within + other.within,
          Math.max(units, other.units),
          Math.max(relToMax, other.relToMax));
    }
  }

  private PolicyAgreement(Gemma2Config config, TensorSource recording, boolean forced) {
    this.config = config;
    this.recording = recording;
    this.forced = forced;
  }

  /**
   * Runs a case under a policy.
   *
   * @param recording the engine's own run of the case: tensors under our names, in its precision
   * @param forced whether each step goes on with what was recorded
   * @return by kind of tensor, such as {@code attn.hook_q}, in the order of the forward pass
   */
  public static Map<String, Count> of(
      PublishedPolicy policy, GoldenCase golden, TensorSource recording, boolean forced) {
    try (Workers workers = Workers.of(1)) {
      ModelParts parts = ModelParts.of(golden.config(), golden.model(), new Float64(workers));
      Gemma2 model = policy.applyTo(parts, workers).model();
      PolicyAgreement hook = new PolicyAgreement(model.config(), recording, forced);
      model.forward(golden.tokenIds(), hook);
      return hook.counts;
    }
  }

  /** All kinds together. */
  public static Count total(Map<String, Count> counts) {
    return counts.values().stream().reduce(Count.NONE, Count::plus);
  }

  @Override
  public boolean watches(String name) {
    return recording.names().contains(name);
  }

  @Override
  public Tensor at(String name, Tensor value, Rows rows) {
    StoredTensor stored = recording.tensor(name);
    double[] theirs = new double[(int) stored.elementCount()];
    stored.read(0, theirs, 0, theirs.length);
    int first = value.size() - theirs.length;
    String kind = name.substring(name.startsWith("blocks.") ? name.indexOf('.', 7) + 1 : 0);
    boolean perKey = HookPoints.isPerKey(name);
    Count count = perKey ? countPerKey(name, value, theirs, stored) : count(value, theirs, stored);
    counts.merge(kind, count, Count::plus);
    // What lies between a norm and its gain is recorded with a rounding that the engine has not.
    boolean usable = first == 0 && !name.endsWith("hook_normalized");
    return forced && usable ? asTensor(value, theirs) : value;
  }

  private static Tensor asTensor(Tensor like, double[] values) {
    return new DoubleTensor(values, like.shape());
  }

  private Count count(Tensor ours, double[] theirs, StoredTensor stored) {
    double max = maximum(theirs);
    Count count = Count.NONE;
    for (int i = 0; i < theirs.length; i++) {
      count = count.plus(compare(ours.get(i), theirs[i], max, format(stored)));
    }
    return count;
  }

  /** A recording may hold the last queries only. */
  private Count countPerKey(String name, Tensor ours, double[] theirs, StoredTensor stored) {
    int keys = ours.dim(2);
    int recorded = Math.toIntExact(stored.shape()[1]);
    int layer = Integer.parseInt(name.substring(7, name.indexOf('.', 7)));
    int window = config.isLocal(layer) ? config.slidingWindow() : keys;
    double max = maximum(theirs);
    Count count = Count.NONE;
    for (int i = 0; i < theirs.length; i++) {
      int key = i % keys;
      int row = i / keys;
      int query = row % recorded + keys - recorded;
      if (key <= query && query - key < window) {
        int at = (row / recorded * keys + query) * keys + key;
        count = count.plus(compare(ours.get(at), theirs[i], max, format(stored)));
      }
    }
    return count;
  }

  private static FloatFormat format(StoredTensor stored) {
    return FloatFormat.valueOf(stored.dtype().name());
  }

  private Count compare(double ours, double theirs, double max, FloatFormat format) {
    double mine = format.round(ours);
    double distance = Math.abs(mine - theirs);
    double unit = Math.max(format.ulp(mine), format.ulp(theirs));
    return new Count(
        1, distance == 0 ? 1 : 0, distance <= unit ? 1 : 0, distance / unit, distance / max);
  }

  private static double maximum(double[] values) {
    return Math.max(Double.MIN_NORMAL, Arrays.stream(values).map(Math::abs).max().orElse(0));
  }
}
