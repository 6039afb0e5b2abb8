package loupe.tests.arbitraries;

import java.util.List;
import java.util.stream.IntStream;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.LayerType;
import loupe.reference.DType;
import loupe.reference.Span;
import loupe.sae.Site;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Provide;
import net.jqwik.api.domains.DomainContextBase;

/**
 * Configurations, models and token sequences by their types, for {@code @Domain}. The methods may
 * be called as well, for variants.
 */
public final class Gemma2Domain extends DomainContextBase {
  /** Sizes of one model, before they are told apart. */
  private record Sizes(int dModel, int nKvHeads, int group, int halfHead, int dMlp, int dVocab) {
    /** The lengths of all axes of weights. Equal ones would hide a transposed or swapped weight. */
    boolean allDifferent() {
      int dHead = 2 * halfHead;
      int q = nKvHeads * group * dHead;
      int kv = nKvHeads * dHead;
      return IntStream.of(dModel, q, kv, dMlp, dVocab).distinct().count() >= (group == 1 ? 4 : 5);
    }
  }

  /** The numbers of a configuration that are no sizes. */
  private record Scalars(
      double queryPreAttnScalar,
      double attnSoftcap,
      double finalSoftcap,
      int slidingWindow,
      double ropeTheta,
      double rmsNormEps,
      boolean tiedHead) {}

  /** Configurations of 1 to 3 layers, each local or global. */
  @Provide
  public Arbitrary<Gemma2Config> configs() {
    return configs(Arbitraries.of(LayerType.class));
  }

  /** Configurations whose layers are of some types. */
  public Arbitrary<Gemma2Config> configs(Arbitrary<LayerType> layerTypes) {
    return Combinators.combine(sizes(), scalars(), layerTypes.list().ofMinSize(1).ofMaxSize(3))
        .as(Gemma2Domain::config);
  }

  private static Gemma2Config config(Sizes sizes, Scalars scalars, List<LayerType> layerTypes) {
    return new Gemma2Config(
        sizes.dModel,
        layerTypes.size(),
        sizes.nKvHeads * sizes.group,
        sizes.nKvHeads,
        2 * sizes.halfHead,
        sizes.dMlp,
        sizes.dVocab,
        scalars.queryPreAttnScalar,
        scalars.attnSoftcap,
        scalars.finalSoftcap,
        scalars.slidingWindow,
        layerTypes,
        scalars.ropeTheta,
        scalars.rmsNormEps,
        8192,
        0,
        List.of(1),
        scalars.tiedHead,
        "");
  }

  /** Widths reach beyond 16 and 32, the widths of vectors, and a panel of 64 rows of a matrix. */
  private static Arbitrary<Sizes> sizes() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 37),
            Arbitraries.integers().between(1, 3),
            Arbitraries.integers().between(1, 3),
            Arbitraries.integers().between(1, 9),
            Arbitraries.integers().between(1, 41),
            Arbitraries.integers().between(2, 150))
        .as(Sizes::new)
        .filter(Sizes::allDifferent);
  }

  private static Arbitrary<Scalars> scalars() {
    Arbitrary<Double> softcaps =
        Arbitraries.oneOf(Arbitraries.just(0.0), Arbitraries.doubles().between(0.5, 60).ofScale(1));
    return Combinators.combine(
            Arbitraries.doubles().between(0.5, 300).ofScale(1),
            softcaps,
            softcaps,
            Arbitraries.integers().between(1, 6),
            Arbitraries.of(10000.0, 1.0, 7.5, 1e6),
            Arbitraries.of(1e-6, 1e-12, 0.25),
            Arbitraries.of(true, false))
        .as(Scalars::new);
  }

  /** Models of any of these configurations. */
  @Provide
  public Arbitrary<TinyModel> models() {
    return models(configs());
  }

  /** Models of some configurations; weights of any type that a checkpoint may have. */
  public Arbitrary<TinyModel> models(Arbitrary<Gemma2Config> configs) {
    return Combinators.combine(
            configs,
            Arbitraries.of(DType.F64, DType.F32, DType.BF16, DType.F16),
            Arbitraries.integers().between(-3, 3),
            Arbitraries.longs().between(0, 1L << 48))
        .as(TinyModel::new);
  }

  /** Attention calls of a first chunk and of later ones, with windows from 1 to none. */
  @Provide
  public Arbitrary<AttentionCase> attentionCases() {
    Arbitrary<Integer> windows =
        Arbitraries.oneOf(Arbitraries.integers().between(1, 20), Arbitraries.just(Span.UNLIMITED));
    Arbitrary<Span> spans =
        Combinators.combine(
                Arbitraries.integers().between(0, 40),
                Arbitraries.integers().between(1, 10),
                windows)
            .as(Span::new);
    return Combinators.combine(
            Arbitraries.integers().between(1, 3),
            Arbitraries.integers().between(1, 3),
            Arbitraries.integers().between(1, 20).map(half -> 2 * half),
            spans,
            Arbitraries.integers().between(-3, 3),
            Arbitraries.longs().between(0, 1L << 48))
        .as(AttentionCase::new);
  }

  /** SAEs of every site. */
  @Provide
  public Arbitrary<RandomSae> saes() {
    return Combinators.combine(
            Arbitraries.of(Site.class),
            Arbitraries.integers().between(0, 2),
            Arbitraries.integers().between(1, 70),
            Arbitraries.longs().between(0, 1L << 48))
        .as(RandomSae::new);
  }

  /** Texts of 1 to 12 tokens, often with repetitions. */
  @Provide
  public Arbitrary<Tokens> texts() {
    return Arbitraries.integers()
        .between(0, 149)
        .list()
        .ofMinSize(1)
        .ofMaxSize(12)
        .map(Tokens::new);
  }
}
