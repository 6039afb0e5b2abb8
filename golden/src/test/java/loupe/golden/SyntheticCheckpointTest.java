package loupe.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.Gemma2Weights;
import loupe.loaders.SafetensorsFile;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SyntheticCheckpointTest {
  @TempDir Path temp;

  private void write(GoldenCase golden, Path folder, int threads, AtomicLong written) {
    try (Workers workers = Workers.of(threads)) {
      SyntheticCheckpoint.write(
          golden.config(),
          golden.configJson(),
          golden.knobs(),
          golden.seed(),
          folder,
          workers,
          written::addAndGet);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mild", "f32"})
  void writesTheCheckpointOfACase(String id) throws IOException {
    GoldenCase golden = GoldenCase.of(id);
    Path folder = temp.resolve("deep/down");
    AtomicLong written = new AtomicLong();
    write(golden, folder, 2, written);

    assertEquals(golden.configJson(), Files.readString(folder.resolve("config.json")));
    SafetensorsFile file = SafetensorsFile.open(folder.resolve("model.safetensors"));
    assertEquals(Map.of("format", "pt"), file.metadata());
    List<String> names =
        Gemma2Weights.shapes(golden.config()).stream().map(Gemma2Weights.NamedShape::name).toList();
    assertEquals(names, List.copyOf(file.names()));
    TensorSource expected = golden.model();
    for (String name : names) {
      assertSame(expected.tensor(name), file.tensor(name));
    }
    assertEquals(golden.config().parameterCount(), written.get());
  }

  private static void assertSame(StoredTensor expected, StoredTensor actual) {
    assertEquals(expected.dtype(), actual.dtype(), expected.name());
    assertArrayEquals(expected.shape(), actual.shape(), expected.name());
    double[] x = new double[(int) expected.elementCount()];
    double[] y = new double[x.length];
    expected.read(0, x, 0, x.length);
    actual.read(0, y, 0, y.length);
    assertArrayEquals(x, y, expected.name());
  }

  @Test
  void writesTheSameBytesWithAnyNumberOfThreads() throws IOException {
    // 3.2 million elements in the embedding: several blocks.
    String json =
        GoldenCase.of("mild").configJson().replace("\"vocab_size\": 37", "\"vocab_size\": 180000");
    Gemma2Config config = config(json);
    Path[] files = new Path[2];
    for (int i = 0; i < 2; i++) {
      Path folder = temp.resolve("threads" + i);
      try (Workers workers = Workers.of(i == 0 ? 1 : 3)) {
        SyntheticCheckpoint.write(config, json, Knobs.DEFAULT, 5, folder, workers, n -> {});
      }
      files[i] = folder.resolve("model.safetensors");
    }
    assertEquals(-1, Files.mismatch(files[0], files[1]));
    SafetensorsFile file = SafetensorsFile.open(files[1]);
    FormulaWeights weights = new FormulaWeights(config, Knobs.DEFAULT, 5);
    for (String name : weights.names()) {
      assertSame(weights.tensor(name), file.tensor(name));
    }
  }

  private Gemma2Config config(String json) throws IOException {
    Path file = Files.writeString(temp.resolve("config.json"), json);
    return loupe.gemma2.ConfigJson.read(
            loupe.loaders.StrictJson.readObject(file).fields(), "config.json")
        .config();
  }

  @Test
  void leavesAnOlderCheckpointAsItWasWhenItFails() throws IOException {
    GoldenCase golden = GoldenCase.of("single");
    Path folder = Files.createDirectories(temp.resolve("old"));
    Files.writeString(folder.resolve("config.json"), "old");
    Files.writeString(folder.resolve("model.safetensors"), "old");
    assertThrows(
        IllegalStateException.class,
        () -> {
          try (Workers workers = Workers.of(2)) {
            SyntheticCheckpoint.write(
                golden.config(),
                golden.configJson(),
                golden.knobs(),
                1,
                folder,
                workers,
                n -> {
                  throw new IllegalStateException("stopped");
                });
          }
        });
    assertEquals("old", Files.readString(folder.resolve("config.json")));
    assertEquals("old", Files.readString(folder.resolve("model.safetensors")));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(2, files.count());
    }
  }

  @Test
  void leavesNoFolderBehindWhenItFails() {
    Path folder = temp.resolve("new/deep");
    GoldenCase golden = GoldenCase.of("single");
    try (Workers workers = Workers.of(1)) {
      assertThrows(
          IllegalStateException.class,
          () ->
              SyntheticCheckpoint.write(
                  golden.config(),
                  golden.configJson(),
                  golden.knobs(),
                  1,
                  folder,
                  workers,
                  n -> {
                    throw new IllegalStateException("stopped");
                  }));
    }
    assertFalse(Files.exists(temp.resolve("new")));
  }

  @Test
  void refusesAPlaceThatIsAFile() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "");
    InputException e =
        assertThrows(
            InputException.class, () -> write(GoldenCase.of("single"), file, 1, new AtomicLong()));
    assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
  }
}
