package loupe.golden.quirk;

import java.util.Map;
import loupe.gemma2.ConfigBuilder;
import loupe.gemma2.Gemma2Config;
import loupe.reference.Arithmetic;
import loupe.reference.Span;
import loupe.reference.Tensor;

/** Which keys a query sees: mask and window. */
final class MaskQuirks {
  /** Wide enough that the cache keeps every key, and still the mark of a local layer. */
  private static final int KEEP_ALL = 1 << 30;

  private MaskQuirks() {}

  /** Whether a query sees a key. */
  interface Sight {
    /**
     * @param window keys that a query of a local layer should see
     * @param local whether the layer is local
     * @param decoding whether these queries follow on a cache
     */
    boolean sees(int query, int key, int window, boolean local, boolean decoding);
  }

  static void addTo(Map<String, ModelChange> zoo) {
    zoo.put(
        "window-in-blocks",
        mask((i, j, w, local, decoding) -> j <= i && (!local || i / w == j / w)));
    zoo.put(
        "window-not-causal",
        mask((i, j, w, local, decoding) -> local ? Math.abs(i - j) < w : j <= i));
    zoo.put(
        "window-keeps-bos",
        mask((i, j, w, local, decoding) -> j <= i && (!local || i - j < w || j == 0)));
    zoo.put(
        "window-ends-after-position-7",
        mask((i, j, w, local, decoding) -> j <= i && (!local || i - j < w || i > 7)));
    zoo.put(
        "mask-lets-the-next-token-in",
        mask((i, j, w, local, decoding) -> local ? j <= i && i - j < w : j <= i + 1));
    zoo.put(
        "softmax-over-stale-keys", keepingAll((base, c) -> new StaleKeys(base, c.slidingWindow())));
    addDecoding(zoo);
  }

  private static void addDecoding(Map<String, ModelChange> zoo) {
    zoo.put(
        "cache-keeps-one-key-too-few",
        mask((i, j, w, local, decoding) -> j <= i && (!local || i - j < (decoding ? w - 1 : w))));
    zoo.put(
        "cache-trims-global-layers",
        mask((i, j, w, local, decoding) -> j <= i && (!local && !decoding || i - j < w)));
    zoo.put(
        "cache-drops-the-newest-keys",
        mask(
            (i, j, w, local, decoding) ->
                j <= i && (!local || i - j < w && (!decoding || j == i || j < w - 1))));
    zoo.put(
        "window-only-in-prefill",
        mask((i, j, w, local, decoding) -> j <= i && (!local || decoding || i - j < w)));
    zoo.put(
        "window-one-more-at-decode",
        mask((i, j, w, local, decoding) -> j <= i && (!local || i - j < (decoding ? w + 1 : w))));
  }

  private static ModelChange mask(Sight sight) {
    return keepingAll(
        (base, c) ->
            new AttentionByHand(base) {
              @Override
              boolean sees(int query, int key, Span span) {
                boolean decoding = span.firstQuery() > 0;
                return sight.sees(query, key, c.slidingWindow(), isLocal(span), decoding);
              }
            });
  }

  /** The change is given the true configuration; the cache then forgets nothing. */
  private static ModelChange keepingAll(ModelChange.ArithmeticChange change) {
    return parts -> {
      Gemma2Config c = parts.config();
      Arithmetic changed = change.of(parts.arithmetic(), c);
      return parts
          .withArithmetic(changed)
          .withConfig(new ConfigBuilder(c).slidingWindow(KEEP_ALL).build());
    };
  }

  /** The softmax divides by a sum over keys that are no longer in the window. */
  private static final class StaleKeys extends AttentionByHand {
    private final int window;

    StaleKeys(Arithmetic base, int window) {
      super(base);
      this.window = window;
    }

    @Override
    public Tensor softmax(Tensor scores, Span span) {
      double[] p = super.softmax(scores, span).toDoubles();
      for (int i = 0; i < p.length; i++) {
        int key = i % span.keys();
        int query = span.position(i / span.keys() % span.queries());
        p[i] = isLocal(span) && query - key >= window ? 0 : p[i];
      }
      return base.tensor(p, scores.shape());
    }
  }
}
