package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import loupe.reference.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Files that the {@code gguf} package wrote (see {@code README.md} beside them). */
class GgufFileTest {
  private static final GgufFile TYPES =
      GgufFile.of(TestFiles.resourceBuffer("types.gguf"), "types.gguf");

  @TempDir Path folder;

  private static float[] floats(FileTensor tensor) {
    float[] out = new float[(int) tensor.elementCount()];
    tensor.read(0, out, 0, out.length);
    return out;
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }

  @ParameterizedTest
  @EnumSource(GgmlType.class)
  void everyTypeHasTheBitsOfThePackage(GgmlType type) {
    FileTensor tensor = TYPES.tensor(type.name());
    float[] expected = floats(TYPES.tensor(type == GgmlType.F32 ? "F32" : type + ".f32"));
    assertArrayEquals(bits(expected), bits(floats(tensor)));
    assertEquals(type, TYPES.type(type.name()));
    assertEquals(type.isQuantized() ? DType.F32 : type.dtype(), tensor.dtype());
  }

  @ParameterizedTest
  @EnumSource(value = GgmlType.class, mode = EnumSource.Mode.MATCH_ANY, names = "Q.*")
  void anyRunOfElementsIsWhatTheWholeHasThere(GgmlType type) {
    FileTensor tensor = TYPES.tensor(type.name());
    float[] whole = floats(tensor);
    byte[] bytes = TestFiles.bytes(tensor);
    Random random = new Random(3);
    for (int i = 0; i < 300; i++) {
      int from = random.nextInt(whole.length);
      int count = random.nextInt(Math.min(1500, whole.length - from) + 1);
      float[] run = new float[count + 2];
      tensor.read(from, run, 1, count);
      double[] wide = new double[count];
      tensor.read(from, wide, 0, count);
      for (int k = 0; k < count; k++) {
        assertEquals(Float.floatToRawIntBits(whole[from + k]), Float.floatToRawIntBits(run[k + 1]));
        assertEquals((double) whole[from + k], wide[k]);
      }
      byte[] part = new byte[count];
      tensor.readBytes(from, part, 0, count);
      assertArrayEquals(java.util.Arrays.copyOfRange(bytes, from, from + count), part);
    }
  }

  @Test
  void tensorsLieAcrossTheWindowsOfAMapping() {
    Path file = TestFiles.write(folder.resolve("t.gguf"), TestFiles.resource("types.gguf"));
    GgufFile cut = GgufFile.of(Bytes.map(file, 8));
    assertEquals(TestFiles.contents(TYPES), TestFiles.contents(cut));
  }

  @Test
  void shapesAreInOurOrder() {
    assertArrayEquals(new long[] {3, 4, 5}, TYPES.tensor("F32").shape());
    assertArrayEquals(new long[] {6, 512}, TYPES.tensor("Q6_K").shape());
  }

  @Test
  void readsEveryKindOfValueAndALargeAlignment() {
    GgufFile file = GgufFile.of(TestFiles.resourceBuffer("aligned.gguf"), "a.gguf");
    Map<String, Object> values = file.metadata().values();
    assertEquals("test", values.get("general.architecture"));
    assertEquals(255L, values.get("v.uint8"));
    assertEquals(-128L, values.get("v.int8"));
    assertEquals(65535L, values.get("v.uint16"));
    assertEquals(-32768L, values.get("v.int16"));
    assertEquals(4294967295L, values.get("v.uint32"));
    assertEquals(-2147483648L, values.get("v.int32"));
    assertEquals(Long.MAX_VALUE, values.get("v.uint64"));
    assertEquals(Long.MIN_VALUE, values.get("v.int64"));
    assertEquals(0.1f, values.get("v.float32"));
    assertEquals(0.1, values.get("v.float64"));
    assertEquals(true, values.get("v.bool"));
    assertEquals("größe \u2581\ud83d\ude00\n", values.get("v.string"));
    assertEquals(List.of("", "a", "\u2581b"), values.get("v.strings"));
    assertEquals(List.of(0.5f, -1.5f), values.get("v.floats"));
    assertEquals(List.of(1L, -2L, 3L), values.get("v.ints"));
    assertEquals(List.of(true, false), values.get("v.bools"));
    assertArrayEquals(new double[] {0, 1, 2, 3, 4, 5}, TestFiles.doubles(file.tensor("one")));
    assertArrayEquals(new double[] {0, 1, 2}, TestFiles.doubles(file.tensor("two")));
  }

  @Test
  void accessorsNameTheKeyThatIsWrong() {
    GgufMetadata metadata =
        GgufFile.of(TestFiles.resourceBuffer("aligned.gguf"), "a.gguf").metadata();
    assertEquals(4096, metadata.integer("general.alignment"));
    assertTrue(metadata.bool("v.bool"));
    assertArrayEquals(new int[] {1, -2, 3}, metadata.ints("v.ints", 3));
    assertArrayEquals(new float[] {0.5f, -1.5f}, metadata.floats("v.floats", 9));
    assertFalse(metadata.has("v"));
    Stream.<java.util.function.Supplier<?>>of(
            () -> metadata.integer("v.float32"),
            () -> metadata.string("v.float32"),
            () -> metadata.floats("v.float32", 9),
            () -> metadata.strings("v.float32", 9))
        .forEach(s -> TestFiles.assertMalformed(s, "a.gguf: key v.float32: ", ", not float32"));
    TestFiles.assertMalformed(() -> metadata.bool("v"), "a.gguf: key v: ", "missing");
    TestFiles.assertMalformed(() -> metadata.ints("v.ints", 2), "a.gguf: key v.ints: ", "3 el");
  }

  @Test
  void readsVersionTwoAndTensorsInAnyOrderAndAnUnpaddedEnd() {
    byte[] file =
        new GgufBuilder()
            .version(2)
            .entry("b", 0, 32, 2)
            .entry("a", 24, 0, 3)
            .entry("empty", 0, 64, 0, 5)
            .data(40)
            .build();
    GgufFile read = GgufFile.of(ByteBuffer.wrap(file), "f");
    assertEquals(Set.of("a", "b", "empty"), read.names());
    assertEquals("a I8 [3] 000102", TestFiles.contents(read).get(1));
    assertEquals(Map.of(GgmlType.F32, 2, GgmlType.I8, 1), read.typeCounts());
  }

  @Test
  void aFileWithoutTensorsIsAFile() {
    byte[] file = new GgufBuilder().string("general.name", "\ufffd").build();
    assertEquals(
        Map.of("general.name", "\ufffd"),
        GgufFile.of(ByteBuffer.wrap(file), "f").metadata().values());
    assertEquals(Set.of(), GgufFile.of(ByteBuffer.wrap(file), "f").names());
  }
}
