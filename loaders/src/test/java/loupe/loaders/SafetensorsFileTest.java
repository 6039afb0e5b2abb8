package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import loupe.reference.DType;
import loupe.reference.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsFileTest {
  private static final SafetensorsFile DTYPES =
      SafetensorsFile.of(TestFiles.resourceBuffer("dtypes.safetensors"), "dtypes.safetensors");

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "C64")
  void readsEveryElementTypeAsAnIndependentProgramDoes(DType dtype) {
    FileTensor tensor = DTYPES.tensor(dtype.name());
    double[] expected = TestFiles.doubles(DTYPES.tensor(dtype + ".f64"));
    assertEquals(dtype, tensor.dtype());
    assertArrayEquals(expected, TestFiles.doubles(tensor));
    float[] floats = new float[expected.length];
    tensor.read(0, floats, 0, floats.length);
    for (int i = 0; i < floats.length; i++) {
      assertEquals((float) expected[i], floats[i], "element " + i);
    }
  }

  @Test
  void knowsEveryElementTypeOfTheFile() {
    Set<DType> met = EnumSet.noneOf(DType.class);
    for (String name : DTYPES.names()) {
      met.add(DTYPES.tensor(name).dtype());
    }
    assertEquals(EnumSet.allOf(DType.class), met);
  }

  @Test
  void readsTheSignOfZero() {
    double[] values = TestFiles.doubles(DTYPES.tensor("F32"));
    assertEquals(Double.NEGATIVE_INFINITY, 1 / values[1]);
    assertEquals(Double.NEGATIVE_INFINITY, 1 / TestFiles.doubles(DTYPES.tensor("F4"))[8]);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "C64")
  void readsAnyRunAcrossTinyWindows(DType dtype) {
    Bytes mapped =
        Bytes.map(
            TestFiles.write(folder.resolve("f"), TestFiles.resource("dtypes.safetensors")), 4);
    FileTensor tensor = SafetensorsFile.of(mapped).tensor(dtype.name());
    double[] expected = TestFiles.doubles(DTYPES.tensor(dtype.name()));
    Random random = new Random(5);
    for (int round = 0; round < 200; round++) {
      int from = random.nextInt(expected.length + 1);
      int count = random.nextInt(expected.length - from + 1);
      double[] got = new double[count + 2];
      float[] floats = new float[count + 2];
      tensor.read(from, got, 1, count);
      tensor.read(from, floats, 1, count);
      for (int i = 0; i < count; i++) {
        assertEquals(expected[from + i], got[i + 1]);
        assertEquals((float) expected[from + i], floats[i + 1]);
      }
      assertEquals(0.0, got[0]);
      assertEquals(0.0, got[count + 1]);
    }
    assertArrayEquals(TestFiles.bytes(DTYPES.tensor(dtype.name())), TestFiles.bytes(tensor));
  }

  @ParameterizedTest
  @ValueSource(strings = {"F16", "BF16"})
  void copiesTheBitsOfSixteenBitTypes(String name) {
    FileTensor tensor = DTYPES.tensor(name);
    ByteBuffer bytes = ByteBuffer.wrap(TestFiles.bytes(tensor)).order(ByteOrder.LITTLE_ENDIAN);
    short[] bits = new short[(int) tensor.elementCount()];
    tensor.readBits(3, bits, 3, bits.length - 3);
    tensor.readBits(0, bits, 0, 3);
    for (short word : bits) {
      assertEquals(bytes.getShort(), word);
    }
  }

  @Test
  void givesNoBitsOfOtherTypes() {
    short[] bits = new short[1];
    assertThrows(IllegalStateException.class, () -> DTYPES.tensor("F32").readBits(0, bits, 0, 1));
    assertThrows(IllegalStateException.class, () -> DTYPES.tensor("I16").readBits(0, bits, 0, 1));
  }

  @Test
  void givesComplexNumbersAsBytesOnly() {
    FileTensor complex = DTYPES.tensor("C64");
    ByteBuffer bytes = ByteBuffer.wrap(TestFiles.bytes(complex)).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(1f, bytes.getFloat());
    assertEquals(2f, bytes.getFloat());
    InputException e =
        assertThrows(InputException.class, () -> complex.read(0, new double[2], 0, 2));
    assertEquals(
        "dtypes.safetensors: tensor C64: complex numbers (C64) cannot be read as real ones; store its two parts",
        e.getMessage());
  }

  @Test
  void readsScalarsAndEmptyTensors() {
    FileTensor scalar = DTYPES.tensor("scalar");
    assertArrayEquals(new long[0], scalar.shape());
    assertEquals(1, scalar.elementCount());
    assertArrayEquals(new double[] {2.5}, TestFiles.doubles(scalar));
    FileTensor empty = DTYPES.tensor("empty");
    assertArrayEquals(new long[] {0, 3}, empty.shape());
    assertArrayEquals(new double[0], TestFiles.doubles(empty));
    assertArrayEquals(new byte[0], TestFiles.bytes(empty));
  }

  @Test
  void readsWhatTheLibraryWrites() {
    SafetensorsFile file =
        SafetensorsFile.of(TestFiles.resourceBuffer("library.safetensors"), "library.safetensors");
    assertEquals(Map.of("key", "value"), file.metadata());
    assertEquals(List.of("a", "b", "c", "d"), new ArrayList<>(file.names()));
    assertArrayEquals(new long[] {2, 3, 4}, file.tensor("b").shape());
    double[] a = TestFiles.doubles(file.tensor("a"));
    double[] c = TestFiles.doubles(file.tensor("c"));
    for (int i = 0; i < 24; i++) {
      assertEquals(i * 0.25 - 1, a[i]);
      assertEquals(i, c[i]);
    }
  }

  @Test
  void givesMetadataAsItIs() {
    assertEquals(
        Map.of("made by", "make.py", "\u00fcn\u00ef", "c\u00f6d\u00e9 \n\"\\"), DTYPES.metadata());
    assertThrows(UnsupportedOperationException.class, () -> DTYPES.metadata().clear());
  }

  @Test
  void namesWhatIsThereWhenATensorIsMissing() {
    InputException e = assertThrows(InputException.class, () -> DTYPES.tensor("no\nsuch"));
    assertEquals(
        "dtypes.safetensors: no tensor no\\u000asuch; it holds F8_E5M2, F8_E5M2.f64, F8_E4M3, F8_E4M3.f64, F8_E8M0 and 40 more",
        e.getMessage());
  }

  @Test
  void refusesARangeOutsideOfTheTensor() {
    FileTensor tensor = DTYPES.tensor("F32");
    double[] target = new double[20];
    for (long[] range : new long[][] {{-1, 1}, {0, 9}, {8, 1}, {9, 0}, {Long.MAX_VALUE, 2}}) {
      assertThrows(
          IllegalArgumentException.class, () -> tensor.read(range[0], target, 0, (int) range[1]));
    }
    assertThrows(IllegalArgumentException.class, () -> tensor.read(0, target, 0, -1));
    assertThrows(IllegalArgumentException.class, () -> tensor.readBytes(31, new byte[2], 0, 2));
  }

  @Test
  void doesNotAllocateInARead() {
    FileTensor tensor = DTYPES.tensor("BF16");
    double[] doubles = new double[200];
    float[] floats = new float[200];
    short[] bits = new short[200];
    Runnable reads =
        () -> {
          for (int i = 0; i < 1000; i++) {
            tensor.read(1, doubles, 0, 200);
            tensor.read(1, floats, 0, 200);
            tensor.readBits(1, bits, 0, 200);
          }
        };
    reads.run();
    long allocated = TestFiles.allocated(reads);
    assertTrue(allocated < 3000, allocated + " bytes for 3000 reads");
  }

  @Test
  void refusesWhatIsNoFile() {
    assertEquals(
        folder + ": is a folder, not a file",
        TestFiles.failure(() -> SafetensorsFile.open(folder)).getMessage());
    Path missing = folder.resolve("missing");
    assertEquals(
        missing + ": no such file",
        TestFiles.failure(() -> SafetensorsFile.open(missing)).getMessage());
  }
}
