package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import loupe.loaders.SafetensorsWriter.Entry;
import loupe.reference.DType;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;

class SafetensorsRoundTripTest {
  private static final Path FILE = temporary();

  private static Path temporary() {
    try {
      return Files.createTempFile("loupe", ".safetensors");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @AfterContainer
  static void deleteFile() throws IOException {
    Files.delete(FILE);
  }

  @Property(tries = 300, seed = "11")
  void readsBackWhatItWrote(
      @ForAll @NotEmpty @Size(max = 5) List<DType> dtypes,
      @ForAll @Size(max = 4) List<@IntRange(max = 5) Integer> axes,
      @ForAll Map<String, String> metadata,
      @ForAll long seed) {
    Random random = new Random(seed);
    List<Entry> entries = new ArrayList<>();
    List<byte[]> contents = new ArrayList<>();
    for (DType dtype : dtypes) {
      long[] shape = axes.stream().mapToLong(Integer::longValue).toArray();
      if (dtype.bits() < 8) {
        shape = java.util.Arrays.copyOf(shape, shape.length + 1);
        shape[shape.length - 1] = 4;
      }
      Entry entry = new Entry("tensor " + entries.size(), dtype, shape);
      byte[] content = new byte[(int) entry.byteSize()];
      random.nextBytes(content);
      entries.add(entry);
      contents.add(content);
    }
    Map<String, String> valid = new java.util.TreeMap<>();
    metadata.forEach((k, v) -> valid.put(withoutSurrogates(k), withoutSurrogates(v)));
    try (SafetensorsWriter writer = SafetensorsWriter.create(FILE, entries, valid)) {
      for (int i = 0; i < entries.size(); i++) {
        byte[] content = contents.get(i);
        int cut = random.nextInt(content.length + 1);
        writer.writeBytes(entries.get(i).name(), cut, content, cut, content.length - cut);
        writer.writeBytes(entries.get(i).name(), 0, content, 0, cut);
      }
      writer.commit();
    }
    SafetensorsFile file = SafetensorsFile.open(FILE);
    assertEquals(valid, file.metadata());
    assertEquals(entries.size(), file.names().size());
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      FileTensor tensor = file.tensor(entry.name());
      assertEquals(entry.dtype(), tensor.dtype());
      org.junit.jupiter.api.Assertions.assertArrayEquals(entry.shape(), tensor.shape());
      org.junit.jupiter.api.Assertions.assertArrayEquals(contents.get(i), TestFiles.bytes(tensor));
    }
  }

  private static String withoutSurrogates(String text) {
    return text.replaceAll("\\p{Cs}", "");
  }
}
