package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import loupe.gemma2.ConfigJson;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.golden.EmbeddedModel;
import loupe.golden.GoldenCase;
import loupe.golden.GoldenText;
import loupe.golden.Knobs;
import loupe.golden.SyntheticCheckpoint;
import loupe.golden.Trace;
import loupe.loaders.SafetensorsFile;
import loupe.reference.Arithmetic;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whole traces have the bits whose digests {@code digests.txt} holds: in every JVM, with or without
 * the vector module, at every width of vectors, on any number of threads. The build runs this class
 * several times for that. A digest changes only where the definition of an arithmetic does; a
 * failure shows all lines as they would be now.
 */
class BitsTest {
  private static final Trace.Origin ORIGIN = new Trace.Origin("test", "test");

  /** Longer than several tiles, blocks and windows, and a multiple of none. */
  private static final int ODD_LENGTH = 150;

  @TempDir Path temp;

  /** A model and a prompt. */
  private record Run(Gemma2Config config, TensorSource weights, int[] ids) {
    static Run of(GoldenCase golden) {
      return new Run(golden.config(), golden.model(), golden.tokenIds());
    }

    /** A model of which no width is a multiple of another; its checkpoint is written here. */
    static Run odd(String dtype, Path folder) {
      Map<String, Object> json = new TreeMap<>();
      json.put("hidden_size", 229L);
      json.put("num_hidden_layers", 3L);
      json.put("num_attention_heads", 6L);
      json.put("num_key_value_heads", 2L);
      json.put("head_dim", 38L);
      json.put("intermediate_size", 1153L);
      json.put("vocab_size", 1009L);
      json.put("sliding_window", 41L);
      json.put("dtype", dtype);
      Gemma2Config config = ConfigJson.read(json, "odd").config();
      int[] ids = new int[ODD_LENGTH];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = i == 0 ? 2 : (i * 7919) % 1009;
      }
      Path at = folder.resolve(dtype);
      SyntheticCheckpoint.write(config, "{}", Knobs.DEFAULT, 5, at, Workers.of(1), n -> {});
      return new Run(config, SafetensorsFile.open(at.resolve("model.safetensors")), ids);
    }
  }

  private Map<String, Run> runs() {
    Map<String, Run> runs = new TreeMap<>();
    for (String id : GoldenCase.ids()) {
      runs.put(id, Run.of(GoldenCase.of(id)));
    }
    Gemma2Config tiny = EmbeddedModel.config().config();
    runs.put("tiny", new Run(tiny, EmbeddedModel.weights(), new GoldenText().tokenIds()));
    runs.put("odd-bf16", Run.odd("bfloat16", temp));
    runs.put("odd-f32", Run.odd("float32", temp));
    return runs;
  }

  private String digest(Run run, Arithmetic arithmetic, int chunk) throws IOException {
    Gemma2 model = new Gemma2(run.config(), run.weights(), arithmetic);
    Path file = temp.resolve("trace.safetensors");
    Trace.write(model, run.ids(), model.hookPoints(), chunk, file, ORIGIN, n -> {});
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /** The lines {@code arithmetic model digest} of one arithmetic. */
  private static List<String> expected(Numbers numbers) throws IOException {
    try (InputStream in = BitsTest.class.getResourceAsStream("digests.txt")) {
      String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
      return text.lines().filter(line -> line.startsWith(numbers + " ")).toList();
    }
  }

  @ParameterizedTest
  @EnumSource(Numbers.class)
  void tracesHaveTheBitsOfTheRepository(Numbers numbers) throws IOException {
    List<String> actual = new ArrayList<>();
    for (Map.Entry<String, Run> run : runs().entrySet()) {
      String digest = digest(run.getValue(), numbers.on(Workers.of(2)), Integer.MAX_VALUE);
      actual.add(numbers + " " + run.getKey() + " " + digest);
    }
    assertEquals(String.join("\n", expected(numbers)), String.join("\n", actual));
  }

  @Tag("once")
  @ParameterizedTest
  @EnumSource(Numbers.class)
  void bitsDoNotDependOnThreadsOrChunks(Numbers numbers) throws IOException {
    Run run = Run.odd("bfloat16", temp);
    String whole = digest(run, numbers.on(Workers.of(1)), ODD_LENGTH);
    for (int chunk : new int[] {1, 7, 64, 512}) {
      assertEquals(whole, digest(run, numbers.on(Workers.of(2)), chunk), "chunks of " + chunk);
    }
    for (int threads = 2; threads <= 8; threads++) {
      try (Workers workers = Workers.of(threads)) {
        assertEquals(whole, digest(run, numbers.on(workers), 64), threads + " threads");
      }
    }
  }
}
