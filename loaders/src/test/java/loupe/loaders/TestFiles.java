package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import loupe.reference.MalformedFileException;
import loupe.reference.TensorSource;

/** Files for tests: from resources, or built by hand. */
final class TestFiles {
  private TestFiles() {}

  static byte[] resource(String name) {
    try (InputStream in = TestFiles.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ByteBuffer resourceBuffer(String name) {
    return ByteBuffer.wrap(resource(name));
  }

  static Path write(Path file, byte[] content) {
    try {
      return Files.write(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A safetensors file with this header text, not padded, and so many bytes 0, 1, 2, ... */
  static byte[] safetensors(String header, int dataBytes) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return safetensors(text.length, text, dataBytes);
  }

  static byte[] safetensors(long declaredLength, byte[] header, int dataBytes) {
    ByteBuffer out =
        ByteBuffer.allocate(8 + header.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(declaredLength).put(header);
    for (int i = 0; i < dataBytes; i++) {
      out.put((byte) i);
    }
    return out.array();
  }

  /** An npy array of version 1.0 with this header text. */
  static byte[] npy(String header, int dataBytes) {
    byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
    ByteBuffer out =
        ByteBuffer.allocate(10 + text.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    out.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    out.putShort((short) text.length).put(text);
    for (int i = 0; i < dataBytes; i++) {
      out.put((byte) i);
    }
    return out.array();
  }

  /** All elements as float64. */
  static double[] doubles(FileTensor tensor) {
    double[] out = new double[(int) tensor.elementCount()];
    tensor.read(0, out, 0, out.length);
    return out;
  }

  static byte[] bytes(FileTensor tensor) {
    byte[] out = new byte[(int) tensor.byteSize()];
    tensor.readBytes(0, out, 0, out.length);
    return out;
  }

  /** Name, type, shape and bytes of every tensor, in order. */
  static List<String> contents(TensorSource source) {
    List<String> out = new ArrayList<>();
    for (String name : source.names()) {
      FileTensor tensor = (FileTensor) source.tensor(name);
      out.add(
          "%s %s %s %s"
              .formatted(
                  name,
                  tensor.dtype(),
                  java.util.Arrays.toString(tensor.shape()),
                  java.util.HexFormat.of().formatHex(bytes(tensor))));
    }
    return out;
  }

  /** {@code content} with {@code old} replaced by {@code text} of the same length, once. */
  static byte[] replaced(byte[] content, String old, String text) {
    String all = new String(content, StandardCharsets.ISO_8859_1);
    int at = all.indexOf(old);
    if (at < 0 || old.length() != text.length()) {
      throw new IllegalArgumentException(old + " is not there, or of another length");
    }
    byte[] out = content.clone();
    byte[] put = text.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(put, 0, out, at, put.length);
    return out;
  }

  static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /** Bytes that the calling thread allocates in {@code task}. */
  static long allocated(Runnable task) {
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    task.run();
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  /** The file is refused in one line that begins with {@code start} and has {@code part} in it. */
  static void assertMalformed(Supplier<?> open, String start, String part) {
    Throwable e = failure(open);
    assertEquals(MalformedFileException.class, e.getClass(), e.toString());
    String message = e.getMessage();
    assertTrue(message.startsWith(start), message);
    assertTrue(message.contains(part), message);
    assertTrue(message.length() < 300 && message.lines().count() == 1, message);
  }

  /** What {@code open} throws. */
  static Throwable failure(Supplier<?> open) {
    try {
      Object opened = open.get();
      throw new AssertionError("accepted: " + opened);
    } catch (RuntimeException e) {
      return e;
    }
  }
}
