package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import loupe.loaders.GgufWriter.Entry;
import loupe.reference.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GgufWriterTest {
  @TempDir Path folder;

  private static short encoded(GgmlType type, float value) {
    ByteBuffer out = ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN);
    GgmlEncoder.encode("t", type, new float[] {value}, 1, out);
    return out.getShort(0);
  }

  private static float decoded(GgmlType type, int bits) {
    return type == GgmlType.F16
        ? SmallFloats.ofF16((short) bits)
        : Float.intBitsToFloat(bits << 16);
  }

  /** Every number of the type, its neighbours in float32, and the middles between two. */
  @ParameterizedTest
  @CsvSource({"F16, 31743", "BF16, 32639"})
  void sixteenBitsAreTheNearestAndTheEvenOneOfTwo(GgmlType type, int largest) {
    for (int bits = 0; bits < largest; bits++) {
      float low = decoded(type, bits);
      float high = decoded(type, bits + 1);
      float middle = (float) (((double) low + high) / 2);
      int even = (bits & 1) == 0 ? bits : bits + 1;
      assertEquals(bits, encoded(type, low));
      assertEquals((short) (bits | 0x8000), encoded(type, -low));
      assertEquals(even, encoded(type, middle));
      assertEquals(bits, encoded(type, Math.nextDown(middle)));
      assertEquals(bits + 1, encoded(type, Math.nextUp(middle)));
    }
  }

  @Test
  void numbersBeyondATypeAreRefusedByName() {
    assertEquals(0x7bff, encoded(GgmlType.F16, Math.nextDown(65520f)));
    for (float value : new float[] {65520, -1e30f, Float.NaN, Float.POSITIVE_INFINITY}) {
      InputException e =
          assertThrows(InputException.class, () -> encoded(GgmlType.F16, value), "" + value);
      assertTrue(e.getMessage().startsWith("t: holds " + value), e.getMessage());
    }
    assertThrows(InputException.class, () -> encoded(GgmlType.BF16, Float.MAX_VALUE));
  }

  @Test
  void eightBitsAreWithinHalfAStepAndReadAsWritten() {
    Random random = new Random(9);
    float[] values = new float[32 * 40];
    for (int i = 0; i < values.length; i++) {
      values[i] = i < 32 ? 0 : (float) random.nextGaussian() * (1 << i / 96);
    }
    Path file = folder.resolve("q.gguf");
    List<Entry> entries = List.of(new Entry("q", GgmlType.Q8_0, 10, 128));
    try (GgufWriter writer = GgufWriter.create(file, Map.of(), entries)) {
      float[] rest = java.util.Arrays.copyOfRange(values, 64, values.length);
      writer.write("q", 64, rest, rest.length);
      writer.write("q", 0, values, 64);
      writer.commit();
    }
    double[] read = TestFiles.doubles(GgufFile.open(file).tensor("q"));
    for (int block = 0; block < values.length; block += 32) {
      float largest = 0;
      for (int i = block; i < block + 32; i++) {
        largest = Math.max(largest, Math.abs(values[i]));
      }
      // Half a step, and what the float16 of the step may be off at the 127th.
      double most = largest / 127 / 2 + largest * 0x1p-11;
      for (int i = block; i < block + 32; i++) {
        assertEquals(values[i], read[i], most * 1.0001);
      }
    }
  }

  @Test
  void keysAndTensorsComeBack() {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("general.architecture", "x");
    keys.put("a.uint", Integer.MAX_VALUE);
    keys.put("a.float", 0.1f);
    keys.put("a.bool", true);
    keys.put("a.texts", new String[] {"", "\u2581\ud83d\ude00"});
    keys.put("a.floats", new float[] {1.5f, -2});
    keys.put("a.ints", new int[] {-1, 7});
    Path file = folder.resolve("k.gguf");
    List<Entry> entries =
        List.of(
            new Entry("one", GgmlType.F32, 3),
            new Entry("two", GgmlType.BF16, 2, 1),
            new Entry("none", GgmlType.F16, 0));
    try (GgufWriter writer = GgufWriter.create(file, keys, entries)) {
      writer.write("two", 0, new float[] {1, -0.5f}, 2);
      writer.write("one", 1, new float[] {8, 9}, 2);
      writer.write("one", 0, new float[] {7}, 1);
      assertFalse(Files.exists(file));
      writer.commit();
    }
    GgufFile read = GgufFile.open(file);
    Map<String, Object> values = read.metadata().values();
    assertEquals(List.copyOf(keys.keySet()), List.copyOf(values.keySet()));
    assertEquals((long) Integer.MAX_VALUE, values.get("a.uint"));
    assertEquals(0.1f, values.get("a.float"));
    assertEquals(List.of("", "\u2581\ud83d\ude00"), values.get("a.texts"));
    assertEquals(List.of(1.5f, -2f), values.get("a.floats"));
    assertEquals(List.of(-1L, 7L), values.get("a.ints"));
    assertArrayEquals(new double[] {7, 8, 9}, TestFiles.doubles(read.tensor("one")));
    assertArrayEquals(new long[] {2, 1}, read.tensor("two").shape());
    assertArrayEquals(new double[] {1, -0.5}, TestFiles.doubles(read.tensor("two")));
  }

  @Test
  void mistakesOfTheCallerAreFound() {
    Path file = folder.resolve("m.gguf");
    List<Entry> entries = List.of(new Entry("q", GgmlType.Q8_0, 64));
    try (GgufWriter writer = GgufWriter.create(file, Map.of(), entries)) {
      float[] block = new float[32];
      assertThrows(IllegalArgumentException.class, () -> writer.write("q", 16, block, 32));
      assertThrows(IllegalArgumentException.class, () -> writer.write("q", 0, block, 16));
      assertThrows(IllegalArgumentException.class, () -> writer.write("p", 0, block, 32));
      writer.write("q", 32, block, 32);
      assertThrows(IllegalStateException.class, () -> writer.write("q", 32, block, 32));
      assertThrows(IllegalStateException.class, writer::commit);
    }
    assertFalse(Files.exists(file));
    assertThrows(
        IllegalArgumentException.class,
        () -> GgufWriter.create(file, Map.of(), List.of(new Entry("q", GgmlType.Q8_0, 33))));
    assertThrows(
        IllegalArgumentException.class, () -> GgufWriter.create(file, Map.of("a", 1L), List.of()));
    assertFalse(Files.exists(file));
  }
}
