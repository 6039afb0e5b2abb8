package loupe.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import loupe.gemma2.Gemma2;
import loupe.gemma2.HookPoints;
import loupe.loaders.SafetensorsFile;
import loupe.reference.DType;
import loupe.reference.DoubleTensor;
import loupe.reference.Float64;
import loupe.reference.Hooks;
import loupe.reference.InputException;
import loupe.reference.Rows;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceRecorderTest {
  private static final Trace.Origin ORIGIN = new Trace.Origin("1.2.3", "abc");

  @TempDir Path temp;

  private static Gemma2 model(GoldenCase golden) {
    return new Gemma2(golden.config(), golden.model(), new Float64(Workers.of(1)));
  }

  private Path write(GoldenCase golden, List<String> names, int chunk) {
    Path file = temp.resolve("chunk" + chunk + ".safetensors");
    Trace.write(model(golden), golden.tokenIds(), names, chunk, file, ORIGIN, n -> {});
    return file;
  }

  @Test
  void holdsEveryTensorInTheOrderOfThePass() {
    GoldenCase golden = GoldenCase.of("mild");
    SafetensorsFile file = SafetensorsFile.open(write(golden, model(golden).hookPoints(), 99));
    assertEquals(List.copyOf(golden.noise().keySet()), List.copyOf(file.names()));
    assertEquals(
        Map.of(
            "loupe.version", "1.2.3", "loupe.model_digest", "abc", "loupe.arithmetic", "float64"),
        file.metadata());
    for (String name : file.names()) {
      assertEquals(DType.F64, file.tensor(name).dtype());
      assertArrayEquals(golden.trace().tensor(name).shape(), file.tensor(name).shape(), name);
    }
  }

  @Test
  void holdsTheValuesThatAHookSees() {
    GoldenCase golden = GoldenCase.of("hot");
    SafetensorsFile file = SafetensorsFile.open(write(golden, model(golden).hookPoints(), 99));
    Gemma2 model = model(golden);
    List<String> seen = new ArrayList<>();
    model.forward(
        golden.tokenIds(),
        new Hooks(model.hookPoints())
            .read(
                "*",
                (name, value, rows) -> {
                  seen.add(name);
                  StoredTensor stored = file.tensor(name);
                  double[] values = new double[(int) stored.elementCount()];
                  stored.read(0, values, 0, values.length);
                  assertArrayEquals(value.toDoubles(), values, name);
                }));
    assertEquals(model.hookPoints(), seen);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mild", "reversed", "single"})
  void isTheSameBytesHoweverThePromptIsFed(String id) throws IOException {
    GoldenCase golden = GoldenCase.of(id);
    List<String> names = model(golden).hookPoints();
    Path whole = write(golden, names, 1000);
    for (int chunk : new int[] {1, 2, 3, 5}) {
      assertEquals(-1, Files.mismatch(whole, write(golden, names, chunk)), "chunk " + chunk);
    }
  }

  @Test
  void recordsTheWantedTensorsOnly() {
    GoldenCase golden = GoldenCase.of("mild");
    List<String> names = List.of("hook_logits", "blocks.1.attn.hook_pattern", "hook_embed");
    SafetensorsFile file = SafetensorsFile.open(write(golden, names, 4));
    assertEquals(
        List.of("hook_embed", "blocks.1.attn.hook_pattern", "hook_logits"),
        List.copyOf(file.names()));
  }

  @Test
  void writesExcludedScoresAsZeroWhateverIsThere() {
    GoldenCase golden = GoldenCase.of("mild");
    Path file = temp.resolve("scores.safetensors");
    String local = "blocks.0.attn.hook_scores_raw";
    String global = "blocks.1.attn.hook_scores_capped";
    String pattern = "blocks.0.attn.hook_pattern";
    int heads = golden.config().nHeads();
    try (TraceRecorder recorder =
        TraceRecorder.create(
            file, golden.config(), 5, List.of(pattern, local, global), DType.F64, Map.of())) {
      for (int first : new int[] {0, 3}) {
        int count = first == 0 ? 3 : 2;
        double[] values = new double[heads * count * (first + count)];
        Arrays.fill(values, -7);
        Tensor tensor = new DoubleTensor(values, heads, count, first + count);
        Rows rows = Rows.of(new int[count], first, 0);
        for (String name : List.of(local, pattern, global)) {
          assertEquals(tensor, recorder.at(name, tensor, rows));
        }
      }
      recorder.commit();
    }
    SafetensorsFile read = SafetensorsFile.open(file);
    double[] x = new double[25];
    read.tensor(local).read(25, x, 0, 25);
    assertArrayEquals(
        new double[] {
          -7, 0, 0, 0, 0, -7, -7, 0, 0, 0, -7, -7, -7, 0, 0, 0, -7, -7, -7, 0, 0, 0, -7, -7, -7
        },
        x);
    read.tensor(global).read(25, x, 0, 25);
    double[] causal = {
      -7, 0, 0, 0, 0, -7, -7, 0, 0, 0, -7, -7, -7, 0, 0, -7, -7, -7, -7, 0, -7, -7, -7, -7, -7
    };
    assertArrayEquals(causal, x);
    read.tensor(pattern).read(25, x, 0, 25);
    assertArrayEquals(causal, x);
    assertTrue(Double.doubleToRawLongBits(x[1]) == 0, "+0");
  }

  @Test
  void leavesNothingBehindWhenThePassFails() throws IOException {
    GoldenCase golden = GoldenCase.of("mild");
    Path file = temp.resolve("t.safetensors");
    int[] ids = {2, 5, golden.config().dVocab()};
    assertThrows(
        InputException.class,
        () -> Trace.write(model(golden), ids, List.of("hook_embed"), 2, file, ORIGIN, n -> {}));
    assertThrows(
        InputException.class,
        () ->
            Trace.write(
                model(golden), new int[0], List.of("hook_embed"), 2, file, ORIGIN, n -> {}));
    try (Stream<Path> files = Files.list(temp)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void refusesABatchAndATraceWithHoles() {
    GoldenCase golden = GoldenCase.of("mild");
    int width = golden.config().dModel();
    try (TraceRecorder recorder =
        TraceRecorder.create(
            temp.resolve("t.safetensors"),
            golden.config(),
            3,
            List.of(HookPoints.EMBED),
            DType.F64,
            Map.of())) {
      Tensor two = new DoubleTensor(new double[2 * width], 2, width);
      assertThrows(
          IllegalStateException.class,
          () -> recorder.at(HookPoints.EMBED, two, Rows.of(new int[2], 0, 1)));
      recorder.at(HookPoints.EMBED, two, Rows.of(new int[2], 0, 0));
      assertThrows(IllegalStateException.class, recorder::commit);
    }
    assertThrows(
        IllegalArgumentException.class,
        () ->
            TraceRecorder.create(
                temp.resolve("t.safetensors"),
                golden.config(),
                3,
                List.of("hook_typo"),
                DType.F64,
                Map.of()));
  }

  @Test
  void choosesChunksThatFitAndAreNeverEmpty() {
    assertEquals(16, Trace.chunkFor(loupe.gemma2.Presets.of("2b"), 100));
    assertEquals(512, Trace.chunkFor(GoldenCase.of("mild").config(), 100));
    assertEquals(1, Trace.chunkFor(loupe.gemma2.Presets.of("27b"), 1 << 20));
  }
}
