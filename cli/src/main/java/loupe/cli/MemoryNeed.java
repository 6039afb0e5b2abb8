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

  /**
   * Intermediates of a chunk: those of a layer's two halves, of which arrays of the same length are
   * used for both, as they are for all layers.
   */
  private long intermediates(int tokens) {
    long heads = 3L * (config.nHeads() + config.nKvHeads()) * config.dHead();
    long row = 8L * config.dModel() + 3L * config.dMlp() + heads;
    return Math.min(chunk, tokens) * row * elementBytes + (long) config.dVocab() * 8 * 3;
  }

  /** Heap for a text of so many tokens. */
  long heap(int tokens) {
    return BASE + SLACK * keysAndValues(tokens) + intermediates(tokens);
  }
}
