package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import loupe.reference.DType;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpzFileTest {
  @TempDir Path folder;

  private static NpzFile resource(String name) {
    return NpzFile.of(TestFiles.resourceBuffer(name), name);
  }

  /** What make.py put at an index. */
  private static double value(DType dtype, int index) {
    return switch (dtype) {
      case F16, F32, F64 -> index * 0.25 - 1;
      case BOOL -> index % 3 == 1 ? 1 : 0;
      default -> index;
    };
  }

  private static void assertValues(FileTensor tensor) {
    double[] values = TestFiles.doubles(tensor);
    float[] floats = new float[values.length];
    tensor.read(0, floats, 0, floats.length);
    for (int i = 0; i < values.length; i++) {
      assertEquals(value(tensor.dtype(), i), values[i], tensor.name() + " element " + i);
      assertEquals(values[i], floats[i], tensor.name() + " element " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "stored.npz",
        "deflated.npz",
        "zip64.npz",
        "zip64_deflated.npz",
        "streamed.npz",
        "streamed_deflated.npz"
      })
  void readsWhatNumpyWrites(String name) {
    NpzFile file = resource(name);
    for (String tensor : file.names()) {
      if (!tensor.equals("c8")) {
        assertValues(file.tensor(tensor));
      }
    }
    NpzFile mapped = NpzFile.open(TestFiles.write(folder.resolve("f"), TestFiles.resource(name)));
    assertEquals(TestFiles.contents(file), TestFiles.contents(mapped));
  }

  @ParameterizedTest
  @CsvSource({
    "f2,F16",
    "f4,F32",
    "f8,F64",
    "i1,I8",
    "i2,I16",
    "i4,I32",
    "i8,I64",
    "u1,U8",
    "u2,U16",
    "u4,U32",
    "u8,U64",
    "b1,BOOL",
    "c8,C64",
    "big_f2,F16",
    "big_f8,F64",
    "big_i8,I64",
    "fortran_big,F64",
    "größe,F32"
  })
  void knowsTheElementTypesOfNumpy(String name, DType dtype) {
    assertEquals(dtype, resource("stored.npz").tensor(name).dtype());
    assertEquals(dtype, resource("deflated.npz").tensor(name).dtype());
  }

  @Test
  void readsShapes() {
    NpzFile file = resource("stored.npz");
    assertArrayEquals(new long[] {2, 3, 4}, file.tensor("fortran").shape());
    assertArrayEquals(new long[] {}, file.tensor("scalar").shape());
    assertArrayEquals(new long[] {5}, file.tensor("vector").shape());
    assertArrayEquals(new long[] {3, 0, 2}, file.tensor("empty").shape());
    assertEquals(30, file.names().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"fortran", "fortran_big", "fortran_i1", "fortran_matrix", "big_u4", "f2"})
  void readsAnyRunAcrossTinyWindows(String name) {
    Path path = TestFiles.write(folder.resolve("f"), TestFiles.resource("stored.npz"));
    FileTensor tensor = NpzFile.of(Bytes.map(path, 4)).tensor(name);
    int size = (int) tensor.elementCount();
    Random random = new Random(6);
    for (int round = 0; round < 200; round++) {
      int from = random.nextInt(size + 1);
      int count = random.nextInt(size - from + 1);
      double[] doubles = new double[count];
      float[] floats = new float[count];
      tensor.read(from, doubles, 0, count);
      tensor.read(from, floats, 0, count);
      for (int i = 0; i < count; i++) {
        assertEquals(value(tensor.dtype(), from + i), doubles[i]);
        assertEquals(value(tensor.dtype(), from + i), floats[i]);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"big_f4,f4", "big_f8,f8", "fortran,f4", "fortran_big,f8", "big_f2,f2"})
  void givesTheSameBytesWhateverTheOrder(String name, String plain) {
    NpzFile file = resource("stored.npz");
    byte[] expected = TestFiles.bytes(file.tensor(plain));
    assertArrayEquals(expected, TestFiles.bytes(file.tensor(name)));
    byte[] part = new byte[7];
    file.tensor(name).readBytes(3, part, 0, 7);
    assertArrayEquals(java.util.Arrays.copyOfRange(expected, 3, 10), part);
  }

  @ParameterizedTest
  @ValueSource(strings = {"f2", "big_f2", "fortran_f2"})
  void copiesTheBitsOfFloat16(String name) {
    FileTensor tensor = resource("stored.npz").tensor(name);
    ByteBuffer bytes = ByteBuffer.wrap(TestFiles.bytes(tensor)).order(ByteOrder.LITTLE_ENDIAN);
    short[] bits = new short[(int) tensor.elementCount()];
    tensor.readBits(0, bits, 0, bits.length);
    for (short word : bits) {
      assertEquals(bytes.getShort(), word);
    }
  }

  @Test
  void verifiesChecksumsAtTheFirstReadAndOnlyOfWhatIsRead() {
    byte[] damaged = TestFiles.resource("stored.npz");
    byte[] element = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putFloat(4.75f).array();
    // The last element of the first F32 tensor.
    String text = new String(damaged, java.nio.charset.StandardCharsets.ISO_8859_1);
    String last = new String(element, 0, 4, java.nio.charset.StandardCharsets.ISO_8859_1);
    damaged[text.indexOf(last) + 1] ^= 4;
    NpzFile file = NpzFile.of(ByteBuffer.wrap(damaged), "f.npz");
    FileTensor tensor = file.tensor("f4");
    for (int i = 0; i < 2; i++) {
      Throwable e =
          TestFiles.failure(
              () -> {
                tensor.read(0, new float[1], 0, 1);
                return null;
              });
      assertTrue(e.getMessage().startsWith("f.npz: member f4.npy: checksum "), e.getMessage());
      assertTrue(e.getMessage().endsWith("the file is damaged, get it again"), e.getMessage());
    }
    assertValues(file.tensor("f8"));
  }

  @Test
  void inflatesOnceForSeveralThreads() {
    FileTensor tensor = resource("deflated.npz").tensor("matrix");
    AtomicInteger right = new AtomicInteger();
    try (Workers workers = Workers.of(4)) {
      workers.forEach(
          400,
          task -> {
            double[] one = new double[1];
            tensor.read(task % 35, one, 0, 1);
            if (one[0] == value(DType.F32, task % 35)) {
              right.incrementAndGet();
            }
          });
    }
    assertEquals(400, right.get());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void readsAllVersionsOfNpy(int version) {
    String name = "version" + version + ".npy";
    NpyFile file = NpyFile.of(TestFiles.resourceBuffer(name), "in/a/jar/" + name);
    assertEquals("[version" + version + "]", file.names().toString());
    assertArrayEquals(new long[] {5, 7}, file.tensor().shape());
    assertValues(file.tensor());
    NpyFile mapped =
        NpyFile.open(TestFiles.write(folder.resolve("W.npy"), TestFiles.resource(name)));
    assertValues(mapped.tensor("W"));
  }

  @Test
  void readsAnArchiveWithoutMembers() {
    assertTrue(NpzFile.of(ByteBuffer.wrap(new ZipBuilder().build()), "f").names().isEmpty());
  }
}
