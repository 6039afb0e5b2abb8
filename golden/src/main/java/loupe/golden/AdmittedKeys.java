package loupe.golden;

import loupe.gemma2.Gemma2Config;
import loupe.reference.Span;

/**
 * Which elements of a {@code [head, pos, key]} tensor mean something. Scores need not be computed
 * where mask or window excludes; a pattern must be 0 there.
 */
public final class AdmittedKeys {
  private AdmittedKeys() {}

  /**
   * Of scores the keys that each query sees; of patterns every key up to the query's own.
   *
   * @param name of a tensor for which {@link loupe.gemma2.HookPoints#isPerKey} is true
   * @param first position of the first query
   * @param count number of queries
   */
  public static Span of(String name, Gemma2Config config, int first, int count) {
    boolean isPattern = name.endsWith(".hook_pattern");
    boolean isLocal = config.isLocal(layer(name));
    return new Span(first, count, isLocal && !isPattern ? config.slidingWindow() : Span.UNLIMITED);
  }

  /** The number in {@code blocks.3.attn.hook_pattern}. */
  private static int layer(String name) {
    int from = "blocks.".length();
    return Integer.parseInt(name.substring(from, name.indexOf('.', from)));
  }
}
