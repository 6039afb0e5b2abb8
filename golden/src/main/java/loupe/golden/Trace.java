package loupe.golden;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.KvCache;
import loupe.gemma2.Sequence;
import loupe.reference.Hook;
import loupe.reference.InputException;
import loupe.reference.Rows;
import loupe.reference.Tensor;

/** Runs a model over a prompt and keeps its intermediates in a file. */
public final class Trace {
  /** A chunk's largest tensor takes about this much memory. */
  private static final long CHUNK_BYTES = 32 << 20;

  private static final int LONGEST_CHUNK = 512;

  private Trace() {}

  /**
   * What a trace says about itself, under the keys {@code loupe.version}, {@code
   * loupe.model_digest} and {@code loupe.arithmetic}.
   *
   * @param version of the program
   * @param modelDigest of the checkpoint, see {@link loupe.loaders.ModelDigest}
   */
  public record Origin(String version, String modelDigest) {
    Map<String, String> metadata(String arithmetic) {
      return Map.of(
          "loupe.version", version,
          "loupe.model_digest", modelDigest,
          "loupe.arithmetic", arithmetic);
    }
  }

  /**
   * Writes a trace. The bytes do not depend on {@code chunk}.
   *
   * @param tokenIds the prompt, exactly as it is run
   * @param names tensors to record, of {@link Gemma2#hookPoints}
   * @param chunk tokens that go through the model at a time; 1 is step by step
   * @param file appears whole or not at all
   * @param progress called after every layer with the tokens that went through it: altogether
   *     tokens times layers
   * @throws InputException if the prompt is empty or has an id outside the vocabulary, or the file
   *     cannot be written
   */
  public static void write(
      Gemma2 model,
      int[] tokenIds,
      Collection<String> names,
      int chunk,
      Path file,
      Origin origin,
      IntConsumer progress) {
    if (tokenIds.length == 0) {
      throw new InputException("there is no token to run; even an empty text has <bos>");
    }
    Map<String, String> metadata = origin.metadata(model.arithmetic().name());
    try (TraceRecorder recorder =
        TraceRecorder.create(
            file, model.config(), tokenIds.length, names, model.arithmetic().dtype(), metadata)) {
      run(model, tokenIds, chunk, recorder, progress);
      recorder.commit();
    }
  }

  /** Feeds a prompt to a model in chunks, under a hook; progress as in {@link #write}. */
  public static void run(Gemma2 model, int[] tokenIds, int chunk, Hook hook, IntConsumer progress) {
    if (chunk < 1) {
      throw new InputException("--chunk must be 1 or more, not " + chunk);
    }
    KvCache cache = model.newCache();
    for (int from = 0; from < tokenIds.length; from += chunk) {
      int[] ids = Arrays.copyOfRange(tokenIds, from, Math.min(tokenIds.length, from + chunk));
      model.forward(
          List.of(new Sequence(ids, cache)), new Counted(hook, progress), Gemma2.LogitRows.LAST);
    }
  }

  /** A hook that counts layers on its way. */
  private record Counted(Hook hook, IntConsumer progress) implements Hook {
    private static boolean endsLayer(String name) {
      return name.endsWith(".hook_resid_post");
    }

    @Override
    public boolean watches(String name) {
      return endsLayer(name) || hook.watches(name);
    }

    @Override
    public Tensor at(String name, Tensor value, Rows rows) {
      if (endsLayer(name)) {
        progress.accept(rows.count());
      }
      return hook.watches(name) ? hook.at(name, value, rows) : value;
    }
  }

  /** A chunk length that keeps the largest tensor of a prompt's trace small, at least 1. */
  public static int chunkFor(Gemma2Config config, int positions) {
    long perKey = (long) config.nHeads() * positions;
    long widest = Math.max(perKey, Math.max(config.dVocab(), config.dMlp()));
    long rows = CHUNK_BYTES / (Double.BYTES * widest);
    return (int) Math.max(1, Math.min(rows, LONGEST_CHUNK));
  }
}
