package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import loupe.gemma2.Gemma2;
import loupe.gemma2.KvCache;
import loupe.gemma2.Sequence;
import loupe.golden.GoldenCase;
import loupe.golden.Trace;
import loupe.reference.Hook;
import loupe.reference.Tensor;
import loupe.reference.Workers;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same bits, however a prompt is fed, watched or not, alone or in a batch, on any number of
 * threads.
 */
class GoldenDecodeTest {
  private static final Trace.Origin ORIGIN = new Trace.Origin("test", "test");

  @TempDir Path temp;

  private static Gemma2 model(Numbers numbers, GoldenCase golden, Workers workers) {
    return new Gemma2(golden.config(), golden.model(), numbers.on(workers));
  }

  private static Set<Integer> chunks(GoldenCase golden) {
    int window = golden.config().slidingWindow();
    return new TreeSet<>(List.of(1, 2, 3, 7, window, golden.tokenIds().length));
  }

  /** Logits of all rows, nobody watching. */
  private static double[] logits(Gemma2 model, int[] ids, int chunk) {
    KvCache cache = model.newCache();
    List<Tensor> parts = new ArrayList<>();
    for (int from = 0; from < ids.length; from += chunk) {
      int[] part = Arrays.copyOfRange(ids, from, Math.min(ids.length, from + chunk));
      parts.add(model.forward(List.of(new Sequence(part, cache)), Hook.NONE, Gemma2.LogitRows.ALL));
    }
    return Tensor.concat(parts).toDoubles();
  }

  private Path trace(Gemma2 model, int[] ids, int chunk, String name) {
    Path file = temp.resolve(name);
    Trace.write(model, ids, model.hookPoints(), chunk, file, ORIGIN, n -> {});
    return file;
  }

  @ParameterizedTest
  @MethodSource("loupe.tests.Numbers#withEachCase")
  void givesTheSameTraceInAnyChunks(Numbers numbers, String id) throws IOException {
    GoldenCase golden = GoldenCase.of(id);
    int[] ids = golden.tokenIds();
    Gemma2 model = model(numbers, golden, Workers.of(1));
    Path whole = trace(model, ids, ids.length, "whole");
    for (int chunk : chunks(golden)) {
      assertEquals(-1, Files.mismatch(whole, trace(model, ids, chunk, "chunks")), "of " + chunk);
    }
  }

  @ParameterizedTest
  @MethodSource("loupe.tests.Numbers#withEachCase")
  void givesTheSameLogitsUnwatchedInAnyChunks(Numbers numbers, String id) {
    GoldenCase golden = GoldenCase.of(id);
    int[] ids = golden.tokenIds();
    Gemma2 model = model(numbers, golden, Workers.of(1));
    double[] watched = model.forward(ids, new Watching()).toDoubles();
    for (int chunk : chunks(golden)) {
      assertArrayEquals(watched, logits(model, ids, chunk), "chunks of " + chunk);
    }
  }

  /** Watches everything and changes nothing. */
  private record Watching() implements Hook {
    @Override
    public boolean watches(String name) {
      return true;
    }

    @Override
    public Tensor at(String name, Tensor value, loupe.reference.Rows rows) {
      return value;
    }
  }

  @ParameterizedTest
  @MethodSource("loupe.tests.Numbers#withEachCase")
  void givesTheSameBitsOnAnyNumberOfThreads(Numbers numbers, String id) throws IOException {
    GoldenCase golden = GoldenCase.of(id);
    int[] ids = golden.tokenIds();
    Gemma2 one = model(numbers, golden, Workers.of(1));
    Path expected = trace(one, ids, ids.length, "one");
    double[] logits = logits(one, ids, ids.length);
    for (int threads : new int[] {2, 7}) {
      try (Workers workers = Workers.of(threads)) {
        Gemma2 model = model(numbers, golden, workers);
        assertEquals(-1, Files.mismatch(expected, trace(model, ids, ids.length, "more")));
        assertArrayEquals(logits, logits(model, ids, ids.length), threads + " threads");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("loupe.tests.Numbers#withEachCase")
  void givesTheSameBitsAloneAndInABatch(Numbers numbers, String id) {
    GoldenCase golden = GoldenCase.of(id);
    Gemma2 model = model(numbers, golden, Workers.of(1));
    int[] ids = Arrays.copyOf(golden.tokenIds(), Math.min(40, golden.tokenIds().length));
    int[] more = golden.decodedIds();
    // Three prompts of different lengths; then each goes on by a different number of tokens.
    List<int[]> prompts =
        List.of(ids, Arrays.copyOf(ids, (ids.length + 1) / 2), new int[] {2, more[0], more[1]});
    List<int[]> further =
        List.of(new int[] {more[2]}, Arrays.copyOf(more, 5), Arrays.copyOf(more, 2));

    List<KvCache> together = List.of(model.newCache(), model.newCache(), model.newCache());
    double[] first = batch(model, prompts, together);
    double[] second = batch(model, further, together);

    List<Tensor> firstAlone = new ArrayList<>();
    List<Tensor> secondAlone = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      KvCache cache = model.newCache();
      firstAlone.add(alone(model, prompts.get(i), cache));
      secondAlone.add(alone(model, further.get(i), cache));
    }
    assertArrayEquals(Tensor.concat(firstAlone).toDoubles(), first);
    assertArrayEquals(Tensor.concat(secondAlone).toDoubles(), second);
  }

  private static double[] batch(Gemma2 model, List<int[]> ids, List<KvCache> caches) {
    List<Sequence> sequences = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      sequences.add(new Sequence(ids.get(i), caches.get(i)));
    }
    return model.forward(sequences, Hook.NONE, Gemma2.LogitRows.ALL).toDoubles();
  }

  private static Tensor alone(Gemma2 model, int[] ids, KvCache cache) {
    return model.forward(List.of(new Sequence(ids, cache)), Hook.NONE, Gemma2.LogitRows.ALL);
  }
}
