package loupe.cli;

import loupe.gemma2.Gemma2Config;

/**
 * How much heap a run takes, beside the weights, which stay in their file. An estimate, on the high
 * side.
 *
 * @param elementBytes bytes of a number of the arithmetic
 * @param chunk tokens that are run at a time
 */
record MemoryNeed(Gemma2Config config, int elementBytes, int chunk) {
  /** Buffers of rows double when they are full, so half of one may be empty. */
  private static final int SLACK = 2;

  /** The program itself, small weights, buffers of the kernels. */
  private static final long BASE = 64 << 20;

  /** Keys and values that one more token adds, while no window is full. */
  long perToken() {
    return perLayer() * config.nLayers();
  }

  private long perLayer() {
    return 2L * config.nKvHeads() * config.dHead() * elementBytes;
  }

  /** Keys and values of a text of so many tokens; local layers keep their windows. */
  long keysAndValues(int tokens) {
    long rows = 0;
    for (int layer = 0; layer < config.nLayers(); layer++) {
      long most = config.isLocal(layer) ? (long) config.slidingWindow() + chunk : tokens;
      rows += Math.min(tokens, most);
    }
    return rows * perLayer();
  }

  /** Intermediates of a chunk, where the feed-forward part holds most. */
  private long intermediates(int tokens) {
    long row = 4L * config.dMlp() + 4L * config.dModel();
    return Math.min(chunk, tokens) * row * elementBytes + (long) config.dVocab() * 8 * 3;
  }

  /** Heap for a text of so many tokens. */
  long heap(int tokens) {
    return BASE + SLACK * keysAndValues(tokens) + intermediates(tokens);
  }
}
