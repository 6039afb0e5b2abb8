package loupe.gemma2;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;
import loupe.reference.Hook;
import loupe.reference.InputException;
import loupe.reference.Tensor;

/** Continues a prompt: prefill in chunks, then one token at a time through the cache. */
public final class Generator {
  private final Gemma2 model;
  private final int chunk;

  /**
   * @param model the model
   * @param chunk tokens of a prompt that go through the model at a time; the result is the same for
   *     any number
   */
  public Generator(Gemma2 model, int chunk) {
    if (chunk < 1) {
      throw new InputException("--chunk must be 1 or more, not " + chunk);
    }
    this.model = model;
    this.chunk = chunk;
  }

  /** Runs a prompt into a cache and returns the logits of its last token: {@code [1, d_vocab]}. */
  public Tensor prefill(int[] promptIds, KvCache cache, Hook hook) {
    model.config().requireTokens(promptIds);
    Tensor logits = null;
    for (int from = 0; from < promptIds.length; from += chunk) {
      int[] ids = Arrays.copyOfRange(promptIds, from, Math.min(promptIds.length, from + chunk));
      logits = step(ids, cache, hook);
    }
    return logits;
  }

  /** Runs some tokens and returns the logits of the last: {@code [1, d_vocab]}. */
  public Tensor step(int[] ids, KvCache cache, Hook hook) {
    return model.forward(List.of(new Sequence(ids, cache)), hook, Gemma2.LogitRows.LAST);
  }

  /**
   * Generates up to {@code maxTokens} tokens.
   *
   * @param lastLogits what {@link #prefill} returned for the cache
   * @param stopIds ids that end the text; such an id is the last one returned
   * @param hook sees every step
   * @param each called with every new id, as soon as it is known
   * @return the new ids
   */
  public int[] generate(
      Tensor lastLogits,
      KvCache cache,
      Sampler sampler,
      int maxTokens,
      Set<Integer> stopIds,
      Hook hook,
      IntConsumer each) {
    IntArrayList ids = new IntArrayList();
    Tensor logits = lastLogits;
    while (ids.size() < maxTokens) {
      int id = sampler.choose(logits, 0);
      ids.add(id);
      each.accept(id);
      if (stopIds.contains(id) || ids.size() == maxTokens) {
        break;
      }
      logits = step(new int[] {id}, cache, hook);
    }
    return ids.toIntArray();
  }
}
