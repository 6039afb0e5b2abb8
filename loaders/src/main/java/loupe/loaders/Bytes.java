package loupe.loaders;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import loupe.reference.InputException;

/**
 * The bytes of a file (memory-mapped) or of a buffer, at 64-bit offsets. A mapping ends at
 * 2<sup>31</sup>-1 bytes, so a file is mapped in windows of 2<sup>30</sup> bytes; each reaches
 * {@value #OVERLAP} bytes into the next, so that an element which begins in a window can be read
 * from it whole. Safe for several threads. There is nothing to close: a mapping lives as long as it
 * can be reached.
 */
final class Bytes {
  /** The widest element: 8 bytes. */
  static final int OVERLAP = 8;

  static final int WINDOW_BITS = 30;

  private static final long LOOK_AGAIN_NANOS = 1_000_000;

  private final String origin;

  /** The file that is mapped; null where the bytes are not a file's. */
  private final Path file;

  /** Which file that was when it was mapped. */
  private final Object key;

  private final long size;
  private final int windowBits;
  private final ByteBuffer[] windows;
  private volatile long looked = System.nanoTime() - LOOK_AGAIN_NANOS;
  private volatile boolean whole = true;

  private Bytes(
      String origin, Path file, Object key, long size, int windowBits, ByteBuffer[] windows) {
    this.origin = origin;
    this.file = file;
    this.key = key;
    this.size = size;
    this.windowBits = windowBits;
    this.windows = windows;
  }

  /** Maps a regular file. */
  static Bytes map(Path file) {
    return map(file, WINDOW_BITS);
  }

  /** As {@link #map(Path)}, with windows of 2<sup>windowBits</sup> bytes, 8 or more. */
  static Bytes map(Path file, int windowBits) {
    requireRegular(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      ByteBuffer[] windows = new ByteBuffer[windowCount(size, windowBits)];
      for (int w = 0; w < windows.length; w++) {
        long from = (long) w << windowBits;
        long length = Math.min(size - from, (1L << windowBits) + OVERLAP);
        windows[w] = channel.map(FileChannel.MapMode.READ_ONLY, from, length);
      }
      Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
      return new Bytes(file.toString(), file, key, size, windowBits, windows);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + IoReason.of(e), e);
    }
  }

  /** Refuses folders, pipes and devices: opening a pipe would wait for ever. */
  static void requireRegular(Path file) {
    if (!Files.exists(file)) {
      throw new InputException(file + ": no such file");
    }
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          file + (Files.isDirectory(file) ? ": is a folder, not a file" : ": not a regular file"));
    }
  }

  /** The bytes between position and limit of {@code buffer}; shared, not copied. */
  static Bytes of(ByteBuffer buffer, String origin) {
    ByteBuffer own = buffer.slice();
    return new Bytes(origin, null, null, own.limit(), Integer.SIZE - 1, new ByteBuffer[] {own});
  }

  /** Windows that were filled elsewhere; window {@code w} begins at {@code w << windowBits}. */
  static Bytes of(ByteBuffer[] windows, long size, int windowBits, String origin) {
    return new Bytes(origin, null, null, size, windowBits, windows);
  }

  static int windowCount(long size, int windowBits) {
    return (int) Math.max(1, (size + (1L << windowBits) - 1) >>> windowBits);
  }

  /** The file, or the name of what the bytes came from. */
  String origin() {
    return origin;
  }

  long size() {
    return size;
  }

  int windowBits() {
    return windowBits;
  }

  /** The window that begins at {@code index << windowBits()}; do not move its position. */
  ByteBuffer window(int index) {
    return windows[index];
  }

  /**
   * Looks whether a mapped file has become shorter, at most once a millisecond: the JVM reports a
   * page that is gone some time later, somewhere else, or ends where vectors were loaded from it.
   *
   * @throws InternalError as the JVM does
   */
  void requireWhole() {
    long time = System.nanoTime();
    if (file != null && time - looked >= LOOK_AGAIN_NANOS) {
      try {
        BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
        // Another file in its place leaves what is mapped as it is.
        whole = now.size() >= size || !Objects.equals(now.fileKey(), key);
      } catch (IOException e) {
        // Gone from its folder: what is mapped stays as it is.
        whole = true;
      }
      looked = time;
    }
    if (!whole) {
      throw new InternalError(origin + " has become shorter");
    }
  }

  byte byteAt(long byteOffset) {
    int w = (int) (byteOffset >>> windowBits);
    return windows[w].get((int) (byteOffset - ((long) w << windowBits)));
  }

  /** The little-endian unsigned number of 1 to 8 bytes at {@code byteOffset}. */
  long number(long byteOffset, int byteCount) {
    long value = 0;
    for (int i = byteCount - 1; i >= 0; i--) {
      value = value << 8 | (byteAt(byteOffset + i) & 0xff);
    }
    return value;
  }

  /** Copies {@code byteCount} bytes to {@code target}, which is modified. */
  void copy(long byteOffset, byte[] target, int targetOffset, int byteCount) {
    long from = byteOffset;
    int at = targetOffset;
    int left = byteCount;
    while (left > 0) {
      ByteBuffer window = windows[(int) (from >>> windowBits)];
      int index = (int) (from & (1L << windowBits) - 1);
      int length = Math.min(left, window.limit() - index);
      window.get(index, target, at, length);
      from += length;
      at += length;
      left -= length;
    }
  }

  /** A copy of {@code byteCount} bytes. */
  byte[] copy(long byteOffset, int byteCount) {
    byte[] out = new byte[byteCount];
    copy(byteOffset, out, 0, byteCount);
    return out;
  }

  /** A view of bytes from {@code byteOffset} on: {@code byteCount} of them, or fewer. */
  ByteBuffer view(long byteOffset, long byteCount) {
    ByteBuffer window = windows[(int) (byteOffset >>> windowBits)];
    int index = (int) (byteOffset & (1L << windowBits) - 1);
    return window.slice(index, (int) Math.min(byteCount, window.limit() - index));
  }

  /** The bytes {@code [from, to)} as a stream. */
  InputStream stream(long from, long to) {
    return new InputStream() {
      private long next = from;

      @Override
      public int read() {
        return next == to ? -1 : byteAt(next++) & 0xff;
      }

      @Override
      public int read(byte[] target, int offset, int length) {
        if (next == to && length > 0) {
          return -1;
        }
        int count = (int) Math.min(length, to - next);
        copy(next, target, offset, count);
        next += count;
        return count;
      }
    };
  }
}
