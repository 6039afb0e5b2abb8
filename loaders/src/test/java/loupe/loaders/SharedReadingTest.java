package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Stream;
import loupe.loaders.Tokenizer.Specials;
import loupe.reference.TensorSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What several threads read of one file at a time is what one thread reads. */
class SharedReadingTest {
  private static final int THREADS = 4;

  /** Runs the task in all threads at the same time; each gets a number. */
  private static <T> List<T> atOnce(java.util.function.IntFunction<T> task)
      throws InterruptedException, ExecutionException {
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    CyclicBarrier start = new CyclicBarrier(THREADS);
    try {
      List<Callable<T>> calls = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        int number = thread;
        calls.add(
            () -> {
              start.await();
              return task.apply(number);
            });
      }
      List<T> out = new ArrayList<>();
      for (Future<T> result : pool.invokeAll(calls)) {
        out.add(result.get());
      }
      return out;
    } finally {
      pool.shutdown();
    }
  }

  private static Arguments source(String name, Supplier<TensorSource> open) {
    return Arguments.of(name, open);
  }

  static Stream<Arguments> sources() {
    ByteBuffer deflated = TestFiles.resourceBuffer("deflated.npz");
    return Stream.of(
        source(
            "safetensors, across tiny windows",
            () -> SafetensorsFile.of(cut("dtypes.safetensors"))),
        source("gguf, across tiny windows", () -> GgufFile.of(cut("types.gguf"))),
        source("npz, inflated", () -> NpzFile.of(deflated, "f")));
  }

  /** A resource in tiny windows. */
  private static Bytes cut(String name) {
    byte[] content = TestFiles.resource(name);
    return Bytes.of(windows(content), content.length, 4, "f");
  }

  /** Windows of 16 bytes with an overlap. */
  private static ByteBuffer[] windows(byte[] content) {
    ByteBuffer[] windows = new ByteBuffer[Bytes.windowCount(content.length, 4)];
    for (int w = 0; w < windows.length; w++) {
      int from = w << 4;
      int length = Math.min(content.length - from, 16 + Bytes.OVERLAP);
      windows[w] = ByteBuffer.wrap(content, from, length).slice();
    }
    return windows;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("sources")
  void givesEveryThreadTheSameTensors(String name, Supplier<TensorSource> open)
      throws InterruptedException, ExecutionException {
    List<String> alone = TestFiles.contents(open.get());
    for (int round = 0; round < 10; round++) {
      TensorSource shared = open.get();
      for (List<String> seen : atOnce(thread -> TestFiles.contents(shared))) {
        assertEquals(alone, seen);
      }
    }
  }

  @Test
  void givesEveryThreadTheSameIds() throws InterruptedException, ExecutionException {
    for (String file : List.of("tokenizer.model", "tokenizer.json")) {
      Tokenizer tokenizer = TokenizerFile.open(file, TestFiles.resource("/loupe/tiny/" + file));
      List<String> texts = new ArrayList<>();
      Random random = new Random(3);
      for (int i = 0; i < 300; i++) {
        texts.add(
            random
                .ints(random.nextInt(60), 9, 1200)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString());
      }
      List<String> alone = ids(tokenizer, texts);
      for (List<String> seen : atOnce(thread -> ids(tokenizer, texts))) {
        assertEquals(alone, seen);
      }
    }
  }

  private static List<String> ids(Tokenizer tokenizer, List<String> texts) {
    List<String> out = new ArrayList<>();
    for (String text : texts) {
      int[] ids = tokenizer.encode(text, true, Specials.TEXT);
      out.add(java.util.Arrays.toString(ids) + tokenizer.decode(ids));
    }
    return out;
  }
}
