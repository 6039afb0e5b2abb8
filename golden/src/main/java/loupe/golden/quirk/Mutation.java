package loupe.golden.quirk;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.HookPoints;
import loupe.gemma2.KvCache;
import loupe.gemma2.Sequence;
import loupe.golden.GoldenCase;
import loupe.golden.ModelParts;
import loupe.golden.Noise;
import loupe.golden.Tolerances;
import loupe.reference.Arithmetic;
import loupe.reference.Float64;
import loupe.reference.Hook;
import loupe.reference.NonFiniteException;
import loupe.reference.Rows;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;

/**
 * Whether a golden case exposes a bug. The model runs in float64 with the bug in; the case kills it
 * where a tensor is further from the truth than a correct program in float32 may be ({@link
 * Tolerances#float32}). Of scores those entries count that mask and window admit.
 */
public final class Mutation {
  private final GoldenCase golden;
  private final Gemma2Config config;
  private final Arithmetic arithmetic;
  private final TensorSource weights;
  private final Map<String, Golden> truth = new HashMap<>();
  private final Golden decoded;

  /** What a tensor must be, and how far from that it may be. */
  private record Golden(double[] values, int queries, double tolerance) {
    static Golden of(StoredTensor stored, Noise noise) {
      double[] values = new double[Math.toIntExact(stored.elementCount())];
      stored.read(0, values, 0, values.length);
      double max = 0;
      for (double value : values) {
        max = Math.max(max, Math.abs(value));
      }
      int queries = HookPoints.isPerKey(stored.name()) ? (int) stored.shape()[1] : 0;
      return new Golden(values, queries, Tolerances.float32(noise.f32Max()) * max);
    }

    boolean holds(int index, double value) {
      return Math.abs(value - values[index]) <= tolerance;
    }
  }

  /** Reads a golden case once, for many bugs. */
  public Mutation(GoldenCase golden, Workers workers) {
    this.golden = golden;
    this.config = golden.config();
    this.arithmetic = new Float64(workers);
    this.weights = golden.model();
    Map<String, Noise> noise = golden.noise();
    TensorSource trace = golden.trace();
    for (String name : trace.names()) {
      truth.put(name, Golden.of(trace.tensor(name), noise.get(name)));
    }
    this.decoded = Golden.of(golden.decodedLogits(), noise.get(HookPoints.LOGITS));
  }

  /**
   * The first tensor of the forward pass that is wrong, or {@code decode step N} for a bug of
   * decoding; empty where the case does not show the bug.
   */
  public Optional<String> firstWrong(Quirk quirk) {
    Gemma2 model = quirk.applyTo(ModelParts.of(config, weights, arithmetic)).model();
    return quirk.part() == Quirk.Part.DECODING
        ? firstWrongStep(model)
        : firstWrongTensor(model, quirk);
  }

  private Optional<String> firstWrongTensor(Gemma2 model, Quirk quirk) {
    Judge judge = new Judge();
    try {
      model.forward(quirk.applyTo(golden.tokenIds(), config.bosId()), judge);
    } catch (Found found) {
      return Optional.of(found.name);
    } catch (NonFiniteException e) {
      return Optional.of(judge.next());
    }
    return Optional.empty();
  }

  private Optional<String> firstWrongStep(Gemma2 model) {
    int[] ids = golden.decodedIds();
    KvCache cache = model.newCache();
    int[] next = golden.tokenIds();
    for (int step = 0; step < ids.length; step++) {
      Tensor logits =
          model.forward(List.of(new Sequence(next, cache)), Hook.NONE, Gemma2.LogitRows.LAST);
      for (int i = 0; i < logits.size(); i++) {
        if (!decoded.holds(step * logits.size() + i, logits.get(i))) {
          return Optional.of("decode step " + step);
        }
      }
      next = new int[] {ids[step]};
    }
    return Optional.empty();
  }

  /** Ends a pass at the first wrong tensor. */
  private static final class Found extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final String name;

    Found(String name) {
      super(name, null, false, false);
      this.name = name;
    }
  }

  /**
   * Compares every tensor with the golden one as it passes; scores only once their pattern is
   * known, for what that excludes need not have a score.
   */
  private final class Judge implements Hook {
    private final List<String> order = HookPoints.all(config);
    private final Map<String, Tensor> waiting = new LinkedHashMap<>();
    private int done;

    /** The tensor that has not passed yet. */
    String next() {
      return order.get(Math.min(done, order.size() - 1));
    }

    @Override
    public boolean watches(String name) {
      return true;
    }

    @Override
    public Tensor at(String name, Tensor value, Rows rows) {
      done++;
      if (rows.count() != golden.tokenIds().length) {
        throw new Found(name);
      }
      if (!HookPoints.isPerKey(name)) {
        requireTrue(name, value, null);
      } else if (name.endsWith("hook_pattern")) {
        waiting.forEach((scores, tensor) -> requireTrue(scores, tensor, value));
        waiting.clear();
        requireTrue(name, value, null);
      } else {
        waiting.put(name, value);
      }
      return value;
    }

    private void requireTrue(String name, Tensor value, Tensor pattern) {
      Golden expected = truth.get(name);
      for (int i = 0; i < expected.values.length; i++) {
        int at = expected.queries == 0 ? i : wholeIndex(i, expected.queries, value.dim(2));
        boolean counts = pattern == null || pattern.get(at) != 0 && isSeen(name, at, value.dim(2));
        if (counts && !expected.holds(i, value.get(at))) {
          throw new Found(name);
        }
      }
    }

    /** Where the element {@code i} of the recorded, last queries is in {@code [head, pos, key]}. */
    private int wholeIndex(int i, int recorded, int keys) {
      int row = i / keys;
      int query = row % recorded + keys - recorded;
      return (row / recorded * keys + query) * keys + i % keys;
    }

    private boolean isSeen(String name, int at, int keys) {
      int layer = Integer.parseInt(name.substring(7, name.indexOf('.', 7)));
      int window = config.isLocal(layer) ? config.slidingWindow() : keys;
      int key = at % keys;
      int query = at / keys % keys;
      return key <= query && query - key < window;
    }
  }
}
