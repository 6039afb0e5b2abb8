package loupe.golden.quirk;

import java.util.Map;
import java.util.Set;
import loupe.reference.Arithmetic;
import loupe.reference.FloatFormat;
import loupe.reference.RowBuffer;
import loupe.reference.Span;
import loupe.reference.Tensor;

/** The head, and what only a cache can get wrong. */
final class HeadQuirks {
  private HeadQuirks() {}

  static void addTo(Map<String, ModelChange> zoo) {
    zoo.put(
        "final-cap-twice",
        HookEdit.of(
            "hook_logits",
            Set.of(),
            (pass, value) -> {
              double cap = pass.parts().config().finalSoftcap();
              return cap == 0 ? value : pass.arithmetic().softcap(value, cap);
            }));
    zoo.put(
        "final-norm-missing",
        HookEdit.of(
            "unembed.hook_in",
            Set.of("hook_resid_post"),
            (pass, value) -> lastRows(pass.seen("hook_resid_post"), value.dim(0))));
    zoo.put(
        "logits-bf16",
        HookEdit.of(
            Set.of("unembed.hook_logits_raw", "hook_logits"),
            Set.of(),
            (pass, value) ->
                new ForwardingArithmetic(pass.arithmetic()) {}.map(
                    value, FloatFormat.BF16::round)));
    addDecoding(zoo);
  }

  private static Tensor lastRows(Tensor x, int count) {
    return x.dim(0) == count ? x : x.rows(x.dim(0) - count, x.dim(0));
  }

  private static void addDecoding(Map<String, ModelChange> zoo) {
    zoo.put("rope-restarts-at-decode", positionsAtDecode((position, first) -> position - first));
    zoo.put("position-skips-one-at-decode", positionsAtDecode((position, first) -> position + 1));
    zoo.put(
        "cached-keys-rotated-again",
        ModelChange.arithmetic(
            (base, c) ->
                new ForwardingArithmetic(base) {
                  @Override
                  public Tensor scores(Tensor q, RowBuffer keys, Span span, double scale) {
                    RowBuffer again =
                        Buffers.changed(
                            base,
                            keys,
                            (rows, positions) ->
                                base.rotate(
                                    rows.reshape(rows.dim(0), keys.heads(), keys.headSize()),
                                    cachedOnly(positions, span),
                                    c.ropeTheta()));
                    return base.scores(q, again, span, scale);
                  }
                }));
    zoo.put(
        "cached-values-shifted-by-one",
        ModelChange.arithmetic(
            (base, c) ->
                new ForwardingArithmetic(base) {
                  @Override
                  public Tensor mix(Tensor pattern, RowBuffer values, Span span) {
                    RowBuffer shifted =
                        Buffers.changed(
                            base, values, (rows, positions) -> shifted(rows, span, positions));
                    return base.mix(pattern, shifted, span);
                  }

                  private Tensor shifted(Tensor rows, Span span, int[] positions) {
                    double[] v = rows.toDoubles();
                    int width = rows.dim(1);
                    int cached = Math.max(0, span.firstQuery() - positions[0]);
                    double[] out = v.clone();
                    for (int i = 0; i < cached; i++) {
                      System.arraycopy(v, (i + 1) % cached * width, out, i * width, width);
                    }
                    return base.tensor(out, rows.shape());
                  }
                }));
    zoo.put("stale-zero-key-attended", ModelChange.arithmetic((base, c) -> new ZeroKey(base)));
  }

  /** Positions of cached keys; 0, which turns nothing, for those of the new queries. */
  private static int[] cachedOnly(int[] positions, Span span) {
    int[] out = positions.clone();
    for (int i = 0; i < out.length; i++) {
      out[i] = out[i] < span.firstQuery() ? out[i] : 0;
    }
    return out;
  }

  private interface PositionChange {
    int of(int position, int first);
  }

  private static ModelChange positionsAtDecode(PositionChange change) {
    return ModelChange.arithmetic(
        (base, c) ->
            new ForwardingArithmetic(base) {
              @Override
              public Tensor rotate(Tensor x, int[] positions, double theta) {
                int[] changed = positions.clone();
                for (int i = 0; positions[0] > 0 && i < changed.length; i++) {
                  changed[i] = Math.max(0, change.of(positions[i], positions[0]));
                }
                return base.rotate(x, changed, theta);
              }
            });
  }

  /** At decode, the softmax counts one more key: an empty row of the cache, whose score is 0. */
  private static final class ZeroKey extends ForwardingArithmetic {
    ZeroKey(Arithmetic base) {
      super(base);
    }

    @Override
    public Tensor softmax(Tensor scores, Span span) {
      if (span.firstQuery() == 0) {
        return base.softmax(scores, span);
      }
      double[] s = scores.toDoubles();
      double[] out = new double[s.length];
      for (int row = 0; row < s.length / span.keys(); row++) {
        int r = row % span.queries();
        double sum = 1;
        for (int j = span.firstKey(r); j <= span.position(r); j++) {
          out[row * span.keys() + j] = StrictMath.exp(s[row * span.keys() + j]);
          sum += out[row * span.keys() + j];
        }
        for (int j = span.firstKey(r); j <= span.position(r); j++) {
          out[row * span.keys() + j] /= sum;
        }
      }
      return base.tensor(out, scores.shape());
    }
  }
}
