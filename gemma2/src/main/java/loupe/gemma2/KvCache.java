package loupe.gemma2;

import java.util.ArrayList;
import java.util.List;
import loupe.reference.Arithmetic;
import loupe.reference.RowBuffer;
import loupe.reference.Tensor;

/**
 * What one sequence remembers: for each layer the rotated keys and the values of the positions that
 * a later query may still see. A local layer forgets all but the last {@code sliding_window - 1}.
 * The only mutable class of the model; for one sequence and one thread at a time.
 */
public final class KvCache {
  private final Gemma2Config config;
  private final List<RowBuffer> keys = new ArrayList<>();
  private final List<RowBuffer> values = new ArrayList<>();
  private int length;

  /** An empty cache; the buffers belong to {@code arithmetic}. */
  KvCache(Gemma2Config config, Arithmetic arithmetic) {
    this.config = config;
    for (int layer = 0; layer < config.nLayers(); layer++) {
      keys.add(arithmetic.rowBuffer(config.nKvHeads(), config.dHead()));
      values.add(arithmetic.rowBuffer(config.nKvHeads(), config.dHead()));
    }
  }

  /** Number of positions seen so far: the position of the next token. */
  public int length() {
    return length;
  }

  /** Rotated keys of a layer: rows {@code [head_kv, d_head]}. */
  RowBuffer keys(int layer) {
    return keys.get(layer);
  }

  /** Values of a layer: rows {@code [head_kv, d_head]}. */
  RowBuffer values(int layer) {
    return values.get(layer);
  }

  void append(int layer, Tensor newKeys, Tensor newValues) {
    keys.get(layer).append(newKeys);
    values.get(layer).append(newValues);
  }

  /** Accepts {@code tokens} positions that every layer has appended. */
  void advance(int tokens) {
    length += tokens;
    for (int layer = 0; layer < keys.size(); layer++) {
      if (config.isLocal(layer)) {
        int firstSeen = length - (config.slidingWindow() - 1);
        keys.get(layer).forgetBefore(firstSeen);
        values.get(layer).forgetBefore(firstSeen);
      }
    }
  }

  /** Undoes the appends of a pass that failed on its way. */
  void rollBack() {
    for (int layer = 0; layer < keys.size(); layer++) {
      keys.get(layer).truncate(length);
      values.get(layer).truncate(length);
    }
  }
}
