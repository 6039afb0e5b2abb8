package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import loupe.loaders.SafetensorsWriter.Entry;
import loupe.reference.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tensors beyond 2 GiB; the files are all holes but for the few elements that are looked at. */
class LargeFileTest {
  private static final long COUNT = 1_300_000_000L;

  /**
   * Elements at the ends, and around the bytes 2^30, 2^31 and 2^32 of a file of 2-byte elements.
   */
  private static final long[] PLACES =
      LongStream.of(0, 1L << 29, 1L << 30, COUNT - 60)
          .flatMap(p -> LongStream.range(p - 60, p + 60))
          .filter(p -> p >= 0 && p < COUNT)
          .toArray();

  @TempDir Path folder;

  private static short valueAt(long element) {
    return (short) (element * 31 + 7);
  }

  private static void assertElements(FileTensor tensor) {
    assertEquals(COUNT, tensor.elementCount());
    short[] bits = new short[1];
    float[] floats = new float[1];
    byte[] bytes = new byte[2];
    for (long place : PLACES) {
      tensor.readBits(place, bits, 0, 1);
      assertEquals(valueAt(place), bits[0], () -> "element " + place);
      tensor.readBytes(2 * place, bytes, 0, 2);
      short little = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getShort();
      assertEquals(valueAt(place), little, () -> "bytes of element " + place);
      tensor.read(place, floats, 0, 1);
      assertEquals(SmallFloats.ofF16(valueAt(place)), floats[0], () -> "value " + place);
    }
    short[] run = new short[120];
    for (long from : new long[] {(1L << 29) - 60, (1L << 30) - 60, COUNT - 120}) {
      tensor.readBits(from, run, 0, 120);
      for (int i = 0; i < 120; i++) {
        assertEquals(valueAt(from + i), run[i]);
      }
    }
  }

  @Test
  void writesAndReadsSafetensors() {
    Path file = folder.resolve("large.safetensors");
    List<Entry> entries =
        List.of(new Entry("large", DType.F16, 100, COUNT / 100), new Entry("after", DType.U8, 3));
    try (SafetensorsWriter writer = SafetensorsWriter.create(file, entries, Map.of())) {
      long done = 0;
      for (long place : PLACES) {
        writer.writeZeros("large", done, place - done);
        writer.writeBits("large", place, new short[] {valueAt(place)}, 0, 1);
        done = place + 1;
      }
      writer.writeZeros("large", done, COUNT - done);
      writer.writeBytes("after", 0, new byte[] {1, 2, 3}, 0, 3);
      writer.commit();
    }
    SafetensorsFile source = SafetensorsFile.open(file);
    assertElements(source.tensor("large"));
    assertArrayEquals(new double[] {1, 2, 3}, TestFiles.doubles(source.tensor("after")));
  }

  @Test
  void readsNpy() throws IOException {
    Path file = folder.resolve("large.npy");
    byte[] header = NpyFormat.header("large", DType.F16, new long[] {COUNT});
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(header);
      for (long place : PLACES) {
        out.seek(header.length + 2 * place);
        out.writeShort(Short.reverseBytes(valueAt(place)));
      }
      out.setLength(header.length + 2 * COUNT);
    }
    assertElements(NpyFile.open(file).tensor());
  }

  /** A Q8_0 tensor of 3.4 GB, of which a few blocks are not zeros, and one after it. */
  @Test
  void readsGgufWithBlocksAcrossTheWindows() throws IOException {
    Path file = folder.resolve("large.gguf");
    long blocks = 100_000_000L;
    byte[] header =
        new GgufBuilder()
            .entry("large", GgmlType.Q8_0.code(), 0, 32 * 100, blocks / 100)
            .entry("after", GgmlType.F32.code(), blocks * 34, 1)
            .build();
    long begin = (header.length + 31) / 32 * 32;
    // The block across byte 2^30 of the file, that across 2^31, and the last.
    long[] places = {0, ((1L << 30) - begin) / 34, ((1L << 31) - begin) / 34, blocks - 1};
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(header);
      for (long place : places) {
        out.seek(begin + 34 * place);
        out.writeShort(Short.reverseBytes((short) 0x3c00));
        for (int i = 0; i < 32; i++) {
          out.writeByte((int) (place + i));
        }
      }
      out.seek(begin + 34 * blocks);
      out.writeInt(Integer.reverseBytes(Float.floatToIntBits(2.5f)));
    }
    assertEquals(0, 34 * blocks % 32);
    FileTensor tensor = GgufFile.open(file).tensor("large");
    float[] run = new float[64];
    for (long place : places) {
      long first = Math.min(32 * place, 32 * blocks - 64);
      tensor.read(first, run, 0, 64);
      for (int i = 0; i < 64; i++) {
        long element = first + i - 32 * place;
        float expected = element >= 0 && element < 32 ? (byte) (place + element) : 0;
        assertEquals(expected, run[i], () -> "block " + place);
      }
    }
    assertArrayEquals(new double[] {2.5}, TestFiles.doubles(GgufFile.open(file).tensor("after")));
  }
}
