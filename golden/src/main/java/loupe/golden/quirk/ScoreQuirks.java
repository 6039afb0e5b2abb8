package loupe.golden.quirk;

import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import loupe.gemma2.Gemma2Config;
import loupe.reference.Arithmetic;
import loupe.reference.FloatFormat;
import loupe.reference.RowBuffer;
import loupe.reference.Span;
import loupe.reference.Tensor;

/** Scores: their order of scale, cap and mask, their grouping, and their precision. */
final class ScoreQuirks {
  private ScoreQuirks() {}

  static void addTo(Map<String, ModelChange> zoo) {
    addCaps(zoo);
    addGrouping(zoo);
    addPrecision(zoo);
    zoo.put(
        "pad-id-masked",
        HookEdit.of(
            "attn.hook_scores_capped",
            Set.of(),
            (pass, value) -> withoutPads(pass.arithmetic(), value, pass.rows().tokenIds())));
  }

  private static void addCaps(Map<String, ModelChange> zoo) {
    zoo.put(
        "attn-cap-before-scale",
        ModelChange.arithmetic((base, c) -> c.attnSoftcap() == 0 ? base : new CapFirst(base, c)));
    zoo.put(
        "attn-cap-clips",
        ModelChange.arithmetic(
            (base, c) ->
                new ForwardingArithmetic(base) {
                  @Override
                  public Tensor softcap(Tensor x, double cap) {
                    return isScores(x)
                        ? map(x, v -> Math.max(-cap, Math.min(cap, v)))
                        : base.softcap(x, cap);
                  }
                }));
    zoo.put(
        "tanh-by-a-fraction",
        ModelChange.arithmetic(
            (base, c) ->
                new ForwardingArithmetic(base) {
                  @Override
                  public Tensor softcap(Tensor x, double cap) {
                    return map(x, v -> cap * fraction(v / cap));
                  }
                }));
    zoo.put(
        "mask-before-cap",
        ModelChange.arithmetic(
            (base, c) -> c.attnSoftcap() == 0 ? base : maskBeforeCap(base, c.attnSoftcap())));
  }

  /** Scores are {@code [head, pos, key]}, logits {@code [pos, d_vocab]}. */
  private static boolean isScores(Tensor x) {
    return x.rank() == 3;
  }

  private static double fraction(double x) {
    double square = x * x;
    return Math.max(-1, Math.min(1, x * (27 + square) / (27 + 9 * square)));
  }

  private static final class CapFirst extends ForwardingArithmetic {
    private final double scale;

    CapFirst(Arithmetic base, Gemma2Config config) {
      super(base);
      this.scale = 1 / Math.sqrt(config.queryPreAttnScalar());
    }

    @Override
    public Tensor scores(Tensor q, RowBuffer keys, Span span, double unused) {
      return base.scores(q, keys, span, 1);
    }

    @Override
    public Tensor softcap(Tensor x, double cap) {
      Tensor capped = base.softcap(x, cap);
      return isScores(x) ? map(capped, v -> v * scale) : capped;
    }
  }

  /** A masked score of -1e38 becomes -cap, and keeps a share of the probability. */
  private static Arithmetic maskBeforeCap(Arithmetic base, double cap) {
    return new AttentionByHand(base) {
      @Override
      boolean sees(int query, int key, Span span) {
        return true;
      }

      @Override
      public Tensor softmax(Tensor scores, Span span) {
        double[] s = scores.toDoubles();
        for (int i = 0; i < s.length; i++) {
          int key = i % span.keys();
          int query = span.position(i / span.keys() % span.queries());
          s[i] = key <= query && query - key < span.window() ? s[i] : -cap;
        }
        return super.softmax(base.tensor(s, scores.shape()), span);
      }
    };
  }

  private static void addGrouping(Map<String, ModelChange> zoo) {
    zoo.put(
        "gqa-modulo",
        ModelChange.arithmetic(
            (base, c) ->
                new AttentionByHand(base) {
                  @Override
                  int keyHead(int head, int heads, int keyHeads) {
                    return head % keyHeads;
                  }
                }));
    zoo.put(
        "gqa-first-key-head-only",
        ModelChange.arithmetic(
            (base, c) ->
                new AttentionByHand(base) {
                  @Override
                  int keyHead(int head, int heads, int keyHeads) {
                    return 0;
                  }
                }));
  }

  private static void addPrecision(Map<String, ModelChange> zoo) {
    zoo.put(
        "scores-f16",
        ModelChange.arithmetic(
            (base, c) ->
                new AttentionByHand(base) {
                  @Override
                  double score(double dot, double scale) {
                    return FloatFormat.F16.round(dot) * scale;
                  }
                }));
    zoo.put("cache-f16", ModelChange.arithmetic((base, c) -> held(base, FloatFormat.F16::round)));
    zoo.put(
        "cache-of-8-bits", ModelChange.arithmetic((base, c) -> held(base, ScoreQuirks::eightBits)));
    zoo.put(
        "softmax-bf16",
        ModelChange.arithmetic(
            (base, c) ->
                new ForwardingArithmetic(base) {
                  @Override
                  public Tensor softmax(Tensor scores, Span span) {
                    Tensor rounded = map(scores, FloatFormat.BF16::round);
                    return map(base.softmax(rounded, span), FloatFormat.BF16::round);
                  }
                }));
  }

  private static Arithmetic held(Arithmetic base, UnaryOperator<Double> rounding) {
    return new AttentionByHand(base) {
      @Override
      double held(double element) {
        return rounding.apply(element);
      }
    };
  }

  /** Steps of 1/16, saturated. */
  private static double eightBits(double x) {
    return Math.max(-128, Math.min(127, Math.rint(x * 16))) / 16;
  }

  /** Keys of id 0 are masked, but for their own query. */
  private static Tensor withoutPads(Arithmetic a, Tensor scores, int[] ids) {
    double[] s = scores.toDoubles();
    int queries = scores.dim(1);
    int keys = scores.dim(2);
    for (int i = 0; i < s.length; i++) {
      int key = i % keys;
      int row = key - (keys - ids.length);
      boolean own = i / keys % queries == row;
      s[i] = row >= 0 && ids[row] == 0 && !own ? -1e30 : s[i];
    }
    return a.tensor(s, scores.shape());
  }
}
