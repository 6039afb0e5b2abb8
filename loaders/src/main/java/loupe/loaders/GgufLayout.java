package loupe.loaders;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The header of a GGUF file to be written: the counterpart of {@link GgufHeader}. */
final class GgufLayout {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  GgufLayout(Map<String, Object> keys, List<GgufWriter.Entry> entries) {
    number(GgufHeader.MAGIC, Integer.BYTES);
    number(3, Integer.BYTES);
    number(entries.size(), Long.BYTES);
    number(keys.size(), Long.BYTES);
    keys.forEach(this::key);
    Set<String> names = new HashSet<>();
    long offset = 0;
    for (GgufWriter.Entry entry : entries) {
      requireValid(entry, names);
      entry(entry, offset);
      offset = aligned(offset + entry.byteSize());
    }
  }

  /** The next place where a tensor can begin. */
  static long aligned(long position) {
    int alignment = GgufHeader.DEFAULT_ALIGNMENT;
    return (position + alignment - 1) / alignment * alignment;
  }

  long dataStart() {
    return aligned(out.size());
  }

  byte[] header() {
    return out.toByteArray();
  }

  private static void requireValid(GgufWriter.Entry entry, Set<String> names) {
    int bytes = entry.name().getBytes(StandardCharsets.UTF_8).length;
    if (bytes > GgufHeader.LONGEST_NAME || !names.add(entry.name())) {
      throw new IllegalArgumentException("a tensor cannot be named " + entry.name() + " (again)");
    }
    long[] shape = entry.shape();
    if (shape.length == 0
        || shape.length > GgufHeader.MOST_AXES
        || shape[shape.length - 1] % entry.type().blockElements() != 0) {
      throw new IllegalArgumentException(
          entry.name() + ": shape " + java.util.Arrays.toString(shape) + " as " + entry.type());
    }
  }

  private void entry(GgufWriter.Entry entry, long offset) {
    string(entry.name());
    number(entry.shape().length, Integer.BYTES);
    for (int axis = entry.shape().length - 1; axis >= 0; axis--) {
      number(entry.shape()[axis], Long.BYTES);
    }
    number(entry.type().code(), Integer.BYTES);
    number(offset, Long.BYTES);
  }

  private void key(String key, Object value) {
    string(key);
    if (value instanceof String[] || value instanceof float[] || value instanceof int[]) {
      type(GgufType.ARRAY);
      array(value);
    } else if (value instanceof String text) {
      type(GgufType.STRING);
      string(text);
    } else if (value instanceof Boolean set) {
      type(GgufType.BOOL);
      number(set ? 1 : 0, 1);
    } else if (value instanceof Float number) {
      type(GgufType.FLOAT32);
      number(Float.floatToIntBits(number), Float.BYTES);
    } else if (value instanceof Integer number && number >= 0) {
      type(GgufType.UINT32);
      number(number, Integer.BYTES);
    } else {
      throw new IllegalArgumentException(key + ": cannot write " + value);
    }
  }

  private void array(Object value) {
    if (value instanceof String[] texts) {
      type(GgufType.STRING);
      number(texts.length, Long.BYTES);
      for (String text : texts) {
        string(text);
      }
    } else if (value instanceof float[] numbers) {
      type(GgufType.FLOAT32);
      number(numbers.length, Long.BYTES);
      for (float number : numbers) {
        number(Float.floatToIntBits(number), Float.BYTES);
      }
    } else {
      int[] numbers = (int[]) value;
      type(GgufType.INT32);
      number(numbers.length, Long.BYTES);
      for (int number : numbers) {
        number(number, Integer.BYTES);
      }
    }
  }

  private void type(GgufType type) {
    number(type.ordinal(), Integer.BYTES);
  }

  private void string(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    number(utf8.length, Long.BYTES);
    out.writeBytes(utf8);
  }

  private void number(long value, int byteCount) {
    byte[] bytes =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    out.write(bytes, 0, byteCount);
  }
}
