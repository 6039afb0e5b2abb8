package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import loupe.reference.Float32;
import loupe.reference.FloatTensor;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.Weight;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights that kernels load from a mapped file itself. */
class DirectMemoryTest {
  private static final int ROWS = 2000;
  private static final int K = 1000;

  @TempDir private Path folder;

  private Path file() throws IOException {
    String header =
        "{\"w\":{\"dtype\":\"BF16\",\"shape\":[%d,%d],\"data_offsets\":[0,%d]}}"
            .formatted(ROWS, K, 2 * ROWS * K);
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + 2 * ROWS * K);
    bytes.order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).put(text);
    for (int i = 0; i < ROWS * K; i++) {
      bytes.putShort((short) (0x3f00 + i % 97));
    }
    return Files.write(folder.resolve("w.safetensors"), bytes.array());
  }

  private static FloatTensor x(int rows) {
    float[] x = new float[rows * K];
    for (int i = 0; i < x.length; i++) {
      x[i] = i % K % 31 - 15;
    }
    return new FloatTensor(x, rows, K);
  }

  @Test
  void oneRowByAMappedWeightIsWhatItIsAmongManyRows() throws IOException {
    StoredTensor stored = SafetensorsFile.open(file()).tensor("w");
    assertNotNull(stored.direct(0, K));
    Float32 float32 = new Float32(Workers.of(1));
    Weight w = float32.weight(stored);
    float[] one = ((FloatTensor) float32.project(x(1), w)).data();
    float[] many = ((FloatTensor) float32.project(x(5), w)).data();
    assertArrayEquals(Arrays.copyOf(many, ROWS), one);
  }

  @Test
  void aFileThatIsCutShortInUseIsReported() throws IOException {
    Path file = file();
    StoredTensor stored = SafetensorsFile.open(file).tensor("w");
    Float32 float32 = new Float32(Workers.of(1));
    Weight w = float32.weight(stored);
    float32.project(x(1), w);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(100_000);
    }
    waitUntilLookedAtAgain();
    InputException e = assertThrows(InputException.class, () -> float32.project(x(1), w));
    assertTrue(e.getMessage().contains("was cut short while it was being used"), e.getMessage());
  }

  @Test
  void aFileWithAnotherInItsPlaceIsReadAsItWas() throws IOException {
    Path file = file();
    StoredTensor stored = SafetensorsFile.open(file).tensor("w");
    float[] before = new float[3];
    stored.read(7, before, 0, 3);
    Path other = Files.writeString(folder.resolve("other"), "short");
    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
    waitUntilLookedAtAgain();
    float[] after = new float[3];
    stored.read(7, after, 0, 3);
    assertArrayEquals(before, after);
  }

  private static void waitUntilLookedAtAgain() {
    long start = System.nanoTime();
    while (System.nanoTime() - start < 3_000_000) {
      Thread.onSpinWait();
    }
  }
}
