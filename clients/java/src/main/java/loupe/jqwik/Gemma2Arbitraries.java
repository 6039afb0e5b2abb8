package loupe.jqwik;

import java.util.List;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.LayerType;
import loupe.reference.FloatTensor;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Random inputs that shrink towards small shapes, round numbers and few traps. */
public final class Gemma2Arbitraries {
  private static final int LONGEST_TEXT = 8;

  private Gemma2Arbitraries() {}

  private record Sizes(int dModel, int keyHeads, int group, int halfHead, int dMlp, int dVocab) {}

  private record Scalars(
      int query, double attnCap, double finalCap, int window, double theta, double eps) {}

  /**
   * Tiny models with the traps of real ones: heads that share keys, d_head that is not d_model /
   * heads, a query scalar of its own, short windows, layers in any order, no caps.
   */
  public static Arbitrary<FormulaModel> models() {
    return Combinators.combine(
            sizes(),
            scalars(),
            Arbitraries.of(LayerType.FULL_ATTENTION, LayerType.SLIDING_ATTENTION)
                .list()
                .ofMinSize(1)
                .ofMaxSize(3),
            Arbitraries.of("float32", "bfloat16"),
            Arbitraries.longs().between(0, Integer.MAX_VALUE))
        .as((sizes, scalars, layers, dtype, seed) -> model(sizes, scalars, layers, dtype, seed));
  }

  private static FormulaModel model(
      Sizes sizes, Scalars scalars, List<LayerType> layers, String dtype, long seed) {
    Gemma2Config config =
        new Gemma2Config(
            sizes.dModel,
            layers.size(),
            sizes.keyHeads * sizes.group,
            sizes.keyHeads,
            2 * sizes.halfHead,
            sizes.dMlp,
            sizes.dVocab,
            scalars.query,
            scalars.attnCap,
            scalars.finalCap,
            scalars.window,
            layers,
            scalars.theta,
            scalars.eps,
            8192,
            2,
            List.of(1),
            true,
            dtype);
    return new FormulaModel(config, seed);
  }

  private static Arbitrary<Sizes> sizes() {
    return Combinators.combine(
            Arbitraries.integers().between(2, 24),
            Arbitraries.integers().between(1, 3),
            Arbitraries.integers().between(1, 3),
            Arbitraries.integers().between(1, 6),
            Arbitraries.integers().between(1, 30),
            Arbitraries.integers().between(5, 60))
        .as(Sizes::new);
  }

  private static Arbitrary<Scalars> scalars() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 300),
            Arbitraries.of(50.0, 0.0, 5.0),
            Arbitraries.of(30.0, 0.0, 3.0),
            Arbitraries.integers().between(1, 6),
            Arbitraries.of(10000.0, 500.0),
            Arbitraries.of(1e-6, 0.01))
        .as(Scalars::new);
  }

  /** Ids for a model, {@code <bos>} first. */
  public static Arbitrary<int[]> tokens(Gemma2Config config) {
    return Arbitraries.integers()
        .between(0, config.dVocab() - 1)
        .list()
        .ofMaxSize(LONGEST_TEXT)
        .map(
            rest -> {
              int[] ids = new int[rest.size() + 1];
              ids[0] = config.bosId();
              for (int i = 0; i < rest.size(); i++) {
                ids[i + 1] = rest.get(i);
              }
              return ids;
            });
  }

  /** Activations {@code [rows, width]} up to {@code size}. */
  public static Arbitrary<FloatTensor> activations(int rows, int width, float size) {
    return Arbitraries.floats()
        .between(-size, size)
        .ofScale(6)
        .list()
        .ofSize(rows * width)
        .map(
            list -> {
              float[] values = new float[list.size()];
              for (int i = 0; i < values.length; i++) {
                values[i] = list.get(i);
              }
              return new FloatTensor(values, rows, width);
            });
  }

  /** Pre-activations on, one float32 step beside, and far from thresholds. */
  public static Arbitrary<NearThresholds> nearThresholds(int rows, int features) {
    return Combinators.combine(
            Arbitraries.floats().between(0.125f, 2).ofScale(6).list().ofSize(features),
            Arbitraries.of(0, 1, -1, 1 << 22, -(1 << 22)).list().ofSize(rows * features))
        .as(NearThresholds::new);
  }
}
