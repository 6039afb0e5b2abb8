package loupe.golden.check;

import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.HookPoints;
import loupe.golden.quirk.Quirk;

/** Which known bugs are worth a pass. */
final class LikelyBugs {
  /** Up to this many multiplications in a pass, all bugs are tried where no likely one helps. */
  private static final double SMALL = 1e8;

  private final Gemma2Config config;
  private final Map<String, Integer> order;
  private final Set<String> prompts;
  private final int tokens;

  /**
   * @param order of the tensors that the dump has
   * @param prompts bugs of the tokenizer that give other ids
   * @param tokens number of positions
   */
  LikelyBugs(Gemma2Config config, Map<String, Integer> order, Set<String> prompts, int tokens) {
    this.config = config;
    this.order = order;
    this.prompts = prompts;
    this.tokens = tokens;
  }

  /** Whether a dump of one pass can show it. */
  boolean canShow(Quirk quirk) {
    return switch (quirk.part()) {
      case MODEL, READING, PROMPT -> true;
      case TOKENIZER -> prompts.contains(quirk.name());
      case DECODING, SAE, EDIT, METRIC, CHAT -> false;
    };
  }

  /** Whether a bug shows first at this tensor, or at one before it that is not in the dump. */
  boolean isLikely(Quirk quirk, String first) {
    String kind = kind(first);
    if (quirk.operation().equals(kind) || quirk.part() == Quirk.Part.PROMPT) {
      return quirk.part() != Quirk.Part.PROMPT || order.get(first) == 0;
    }
    if (quirk.part() == Quirk.Part.TOKENIZER) {
      return order.get(first) == 0;
    }
    List<String> kinds = HookPoints.all(config).stream().map(LikelyBugs::kind).distinct().toList();
    String prefix = first.substring(0, first.length() - kind.length());
    boolean inLayer = quirk.operation().contains("hook") && !prefix.isEmpty();
    boolean isShown = order.containsKey((inLayer ? prefix : "") + quirk.operation());
    return !isShown && kinds.indexOf(quirk.operation()) <= kinds.indexOf(kind);
  }

  private static String kind(String name) {
    return name.startsWith("blocks.") ? name.substring(name.indexOf('.', 7) + 1) : name;
  }

  boolean isSmall() {
    return isSmall(config, tokens);
  }

  /** Whether a pass is short enough to be done some hundred times. */
  static boolean isSmall(Gemma2Config config, int tokens) {
    double width = config.dModel();
    double perLayer =
        width
            * (2.0 * (config.nHeads() + config.nKvHeads()) * config.dHead() + 3.0 * config.dMlp());
    return tokens * (config.nLayers() * perLayer + width * config.dVocab()) < SMALL;
  }
}
