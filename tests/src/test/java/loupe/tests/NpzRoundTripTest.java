package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import loupe.loaders.FileTensor;
import loupe.loaders.NpzFile;
import loupe.loaders.NpzWriter;
import loupe.reference.DType;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;

class NpzRoundTripTest {
  private static final Path FILE = temporary();
  private static final Path COPY = temporary();

  private static Path temporary() {
    try {
      return Files.createTempFile("loupe", ".npz");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterContainer
  static void deleteFiles() throws IOException {
    Files.delete(FILE);
    Files.delete(COPY);
  }

  /** Any bits: NaNs with their payload, denormal numbers, both zeros. */
  private static float[] floats(Random random, int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = Float.intBitsToFloat(random.nextInt());
    }
    return values;
  }

  private static double[] doubles(Random random, int size) {
    double[] values = new double[size];
    for (int i = 0; i < size; i++) {
      values[i] = Double.longBitsToDouble(random.nextLong());
    }
    return values;
  }

  private static byte[] bytes(FileTensor tensor) {
    byte[] bytes = new byte[(int) tensor.elementCount() * tensor.dtype().bits() / 8];
    tensor.readBytes(0, bytes, 0, bytes.length);
    return bytes;
  }

  @Property(tries = 200)
  void readsBackTheBitsThatItWrote(
      @ForAll @Size(max = 4) Set<@IntRange(max = 99) Integer> numbers,
      @ForAll @Size(max = 4) List<@IntRange(max = 6) Integer> axes,
      @ForAll long seed)
      throws IOException {
    Random random = new Random(seed);
    long[] shape = axes.stream().mapToLong(Integer::longValue).toArray();
    int size = axes.stream().reduce(1, (a, b) -> a * b);
    List<String> names = new ArrayList<>();
    List<float[]> singles = new ArrayList<>();
    List<double[]> doubles = new ArrayList<>();
    try (NpzWriter writer = NpzWriter.create(FILE)) {
      for (int number : numbers) {
        names.add("größe/" + number);
        singles.add(floats(random, size));
        doubles.add(doubles(random, size));
        writer.add("größe/" + number, singles.get(singles.size() - 1), shape);
        writer.add("double " + number, doubles.get(doubles.size() - 1), shape);
      }
      writer.commit();
    }
    NpzFile file = NpzFile.open(FILE);
    assertEquals(2 * names.size(), file.names().size());
    for (int i = 0; i < names.size(); i++) {
      FileTensor single = file.tensor(names.get(i));
      assertEquals(DType.F32, single.dtype());
      assertArrayEquals(shape, single.shape());
      assertArrayEquals(littleEndian(singles.get(i)), bytes(single));
      FileTensor twice = file.tensor(names.get(i).replace("größe/", "double "));
      assertEquals(DType.F64, twice.dtype());
      assertArrayEquals(littleEndian(doubles.get(i)), bytes(twice));
    }
    assertACopyHasTheSameBytes(file);
  }

  private static void assertACopyHasTheSameBytes(NpzFile file) throws IOException {
    try (NpzWriter writer = NpzWriter.create(COPY)) {
      for (String name : file.names()) {
        writer.add(name, file.tensor(name));
      }
      writer.commit();
    }
    assertArrayEquals(Files.readAllBytes(FILE), Files.readAllBytes(COPY));
  }

  private static byte[] littleEndian(float[] values) {
    byte[] bytes = new byte[4 * values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (Float.floatToRawIntBits(values[i / 4]) >>> 8 * (i % 4));
    }
    return bytes;
  }

  private static byte[] littleEndian(double[] values) {
    byte[] bytes = new byte[8 * values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (Double.doubleToRawLongBits(values[i / 8]) >>> 8 * (i % 8));
    }
    return bytes;
  }
}
