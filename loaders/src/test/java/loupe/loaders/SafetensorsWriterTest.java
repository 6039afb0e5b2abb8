package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import loupe.loaders.SafetensorsWriter.Entry;
import loupe.reference.DType;
import loupe.reference.DoubleTensor;
import loupe.reference.FloatTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsWriterTest {
  @TempDir Path folder;

  private Path out() {
    return folder.resolve("out.safetensors");
  }

  @Test
  void writesTheSameBytesAsTheLibrary() throws IOException {
    SafetensorsFile library =
        SafetensorsFile.of(TestFiles.resourceBuffer("library.safetensors"), "library");
    List<Entry> entries = new ArrayList<>();
    for (String name : List.of("d", "c", "b", "a")) {
      FileTensor tensor = library.tensor(name);
      entries.add(new Entry(name, tensor.dtype(), tensor.shape()));
    }
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(out(), entries, Map.of("key", "value"))) {
      for (Entry entry : entries) {
        writer.copy(entry.name(), library.tensor(entry.name()));
      }
      writer.commit();
    }
    assertArrayEquals(TestFiles.resource("library.safetensors"), Files.readAllBytes(out()));
  }

  @ParameterizedTest
  @EnumSource
  void copiesEveryElementType(DType dtype) throws IOException {
    SafetensorsFile all = SafetensorsFile.of(TestFiles.resourceBuffer("dtypes.safetensors"), "all");
    FileTensor tensor = all.tensor(dtype.name());
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(
            out(), List.of(new Entry("t", dtype, tensor.shape())), all.metadata())) {
      writer.copy("t", tensor);
      writer.commit();
    }
    SafetensorsFile copy = SafetensorsFile.open(out());
    assertEquals(all.metadata(), copy.metadata());
    assertEquals(dtype, copy.tensor("t").dtype());
    assertArrayEquals(tensor.shape(), copy.tensor("t").shape());
    assertArrayEquals(TestFiles.bytes(tensor), TestFiles.bytes(copy.tensor("t")));
  }

  private static List<Entry> mixed() {
    return List.of(
        new Entry("u8", DType.U8, 3),
        new Entry("f32", DType.F32, 4, 5, 6),
        new Entry("bf16", DType.BF16, 7),
        new Entry("f64", DType.F64, 2, 9),
        new Entry("scalar", DType.F64),
        new Entry("empty", DType.F32, 3, 0),
        new Entry("nothing", DType.F16, 0));
  }

  /** Writes the same values in pieces, whose order and lengths depend on the seed. */
  private byte[] writtenInPieces(long seed) throws IOException {
    Random random = new Random(seed);
    List<int[]> pieces = new ArrayList<>();
    int[] sizes = {3, 120, 7, 18, 1};
    for (int tensor = 0; tensor < sizes.length; tensor++) {
      for (int at = 0; at < sizes[tensor]; ) {
        int length = 1 + random.nextInt(sizes[tensor] - at);
        pieces.add(new int[] {tensor, at, length});
        at += length;
      }
    }
    Collections.shuffle(pieces, random);
    float[] floats = new float[200];
    double[] doubles = new double[200];
    short[] bits = new short[200];
    byte[] bytes = new byte[200];
    for (int i = 0; i < 200; i++) {
      floats[i] = i + 0.5f;
      doubles[i] = -i / 3.0;
      bits[i] = (short) (40_000 + i);
      bytes[i] = (byte) i;
    }
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(out(), mixed(), Map.of("b", "1", "a", "2"))) {
      for (int[] piece : pieces) {
        int at = piece[1];
        switch (piece[0]) {
          case 0 -> writer.writeBytes("u8", at, bytes, at, piece[2]);
          case 1 -> writer.write("f32", at, floats, at, piece[2]);
          case 2 -> writer.writeBits("bf16", at, bits, at, piece[2]);
          case 3 -> writer.write("f64", at, doubles, at, piece[2]);
          default -> writer.write("scalar", at, doubles, 7, piece[2]);
        }
      }
      writer.commit();
    }
    return Files.readAllBytes(out());
  }

  @Test
  void givesTheSameBytesForAnyOrderAndSizeOfPieces() throws IOException {
    byte[] expected = writtenInPieces(0);
    for (int seed = 1; seed < 30; seed++) {
      assertArrayEquals(expected, writtenInPieces(seed), "seed " + seed);
    }
    String start =
        """
        {"__metadata__":{"a":"2","b":"1"},"f64":{"dtype":"F64","shape":[2,9],"data_offsets":[0,144]},""";
    assertEquals(start, new String(expected, 8, start.length()));
    SafetensorsFile file = SafetensorsFile.open(out());
    assertEquals("[f64, scalar, f32, empty, bf16, nothing, u8]", file.names().toString());
    double[] f32 = TestFiles.doubles(file.tensor("f32"));
    assertEquals(119.5, f32[119]);
    assertEquals(-17 / 3.0, TestFiles.doubles(file.tensor("f64"))[17]);
    assertEquals(-7 / 3.0, TestFiles.doubles(file.tensor("scalar"))[0]);
    short[] bits = new short[7];
    file.tensor("bf16").readBits(0, bits, 0, 7);
    assertEquals((short) 40_006, bits[6]);
    assertEquals("000102", HexFormat.of().formatHex(TestFiles.bytes(file.tensor("u8"))));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 131_071, 131_072, 131_073, 300_001})
  void writesPiecesLargerThanItsBuffer(int count) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = i;
    }
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(
            out(),
            List.of(new Entry("t", DType.F64, count), new Entry("u", DType.F32, 2 * count)),
            Map.of())) {
      writer.write("t", 0, new DoubleTensor(values, count));
      float[] floats = new float[2 * count];
      floats[2 * count - 1] = 9;
      writer.write("u", 0, new FloatTensor(floats, 2, count));
      writer.commit();
    }
    assertArrayEquals(values, TestFiles.doubles(SafetensorsFile.open(out()).tensor("t")));
    assertEquals(9, TestFiles.doubles(SafetensorsFile.open(out()).tensor("u"))[2 * count - 1]);
  }

  @Test
  void writesZerosAsHolesEvenAtTheEnd() throws IOException {
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(out(), List.of(new Entry("t", DType.F32, 10)), Map.of())) {
      writer.writeZeros("t", 0, 3);
      writer.write("t", 3, new float[] {1, 2}, 0, 2);
      writer.writeZeros("t", 5, 5);
      writer.commit();
    }
    assertArrayEquals(
        new double[] {0, 0, 0, 1, 2, 0, 0, 0, 0, 0},
        TestFiles.doubles(SafetensorsFile.open(out()).tensor("t")));
  }

  @Test
  void beginsTheDataAtAMultipleOfEightBytes() throws IOException {
    for (int length = 1; length < 10; length++) {
      String name = "n".repeat(length);
      try (SafetensorsWriter writer =
          SafetensorsWriter.create(out(), List.of(new Entry(name, DType.U8, 0)), Map.of())) {
        writer.commit();
      }
      assertEquals(0, Files.size(out()) % 8);
      assertEquals(List.of(name + " U8 [0] "), TestFiles.contents(SafetensorsFile.open(out())));
    }
  }

  @Test
  void writesHostileNamesAndMetadata() {
    String name = "a\"\\/\n\t\0\u007f\u2028é\ud83d\ude00 {},:";
    Map<String, String> metadata = new LinkedHashMap<>(Map.of(name, name, "", "__metadata__"));
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(
            out(), List.of(new Entry(name, DType.U8, 0), new Entry("", DType.U8, 0)), metadata)) {
      writer.commit();
    }
    SafetensorsFile file = SafetensorsFile.open(out());
    assertEquals(metadata, file.metadata());
    assertEquals(List.of(name, ""), new ArrayList<>(file.names()));
  }

  @Test
  void writesFilesWithoutTensors() throws IOException {
    try (SafetensorsWriter writer = SafetensorsWriter.create(out(), List.of(), Map.of())) {
      writer.commit();
    }
    assertEquals("{}      ", new String(Files.readAllBytes(out()), 8, 8));
    try (SafetensorsWriter writer = SafetensorsWriter.create(out(), List.of(), Map.of("k", "v"))) {
      writer.commit();
    }
    assertEquals(Map.of("k", "v"), SafetensorsFile.open(out()).metadata());
  }

  @Test
  void refusesToFinishWhileAnElementIsMissing() {
    try (SafetensorsWriter writer = SafetensorsWriter.create(out(), mixed(), Map.of())) {
      writer.write("f64", 0, new double[18], 0, 7);
      writer.write("f64", 8, new double[18], 0, 10);
      Throwable e = assertThrows(IllegalStateException.class, writer::commit);
      assertEquals("f64: not written from byte 56 on, of 144", e.getMessage());
    }
    assertFalse(Files.exists(out()));
  }

  @Test
  void refusesToWriteAnElementTwice() {
    try (SafetensorsWriter writer = SafetensorsWriter.create(out(), mixed(), Map.of())) {
      writer.write("f64", 5, new double[3], 0, 3);
      writer.write("f64", 10, new double[3], 0, 3);
      for (int[] piece : new int[][] {{5, 1}, {7, 1}, {4, 2}, {7, 2}, {4, 5}, {8, 3}, {0, 18}}) {
        Throwable e =
            assertThrows(
                IllegalStateException.class,
                () -> writer.write("f64", piece[0], new double[18], 0, piece[1]));
        assertTrue(e.getMessage().contains("are written twice"), e.getMessage());
      }
      assertThrows(IllegalStateException.class, () -> writer.writeZeros("f64", 12, 1));
    }
  }

  @Test
  void refusesWhatWasNotDeclared() {
    Class<IllegalArgumentException> wrong = IllegalArgumentException.class;
    try (SafetensorsWriter writer = SafetensorsWriter.create(out(), mixed(), Map.of())) {
      assertThrows(wrong, () -> writer.write("none", 0, new float[1], 0, 1));
      assertThrows(wrong, () -> writer.write("f64", 0, new float[1], 0, 1));
      assertThrows(wrong, () -> writer.write("f32", 0, new double[1], 0, 1));
      assertThrows(wrong, () -> writer.writeBits("f32", 0, new short[1], 0, 1));
      assertThrows(wrong, () -> writer.write("f32", 119, new float[2], 0, 2));
      assertThrows(wrong, () -> writer.write("f32", -1, new float[2], 0, 2));
    }
    for (List<Entry> entries :
        List.of(
            List.of(new Entry("a", DType.U8, 1), new Entry("a", DType.U8, 1)),
            List.of(new Entry("__metadata__", DType.U8, 1)),
            List.of(new Entry("a\ud800", DType.U8, 1)),
            List.of(new Entry("a", DType.U8, -1)),
            List.of(new Entry("a", DType.F4, 3)))) {
      assertThrows(wrong, () -> SafetensorsWriter.create(out(), entries, Map.of()));
    }
    assertEquals(0, folder.toFile().list().length);
  }
}
