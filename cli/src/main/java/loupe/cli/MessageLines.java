package loupe.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import loupe.golden.oracle.Oracle;
import loupe.golden.oracle.Reply;

/**
 * Lines of bytes from a stream, none of them kept beyond the limit. A last line without a line feed
 * counts; a stream that ends with a line feed has no further line.
 */
final class MessageLines {
  private static final int BUFFER_BYTES = 1 << 16;

  private final InputStream in;
  private final int limit;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int next;
  private int end;
  private byte[] line = new byte[BUFFER_BYTES];
  private int length;
  private boolean tooLong;

  MessageLines(InputStream in, int limit) {
    this.in = in;
    this.limit = limit;
  }

  /** The answer to the next line; null at the end. */
  Reply answer(Oracle oracle) throws IOException {
    if (!read()) {
      return null;
    }
    return tooLong ? oracle.tooLong() : oracle.answer(ByteBuffer.wrap(line, 0, length));
  }

  /** Reads a line; false at the end of the stream. */
  boolean read() throws IOException {
    length = 0;
    tooLong = false;
    boolean any = false;
    while (next < end || fill()) {
      any = true;
      int feed = next;
      while (feed < end && buffer[feed] != '\n') {
        feed++;
      }
      keep(feed - next);
      next = feed + 1;
      if (feed < end) {
        return true;
      }
      next = end;
    }
    return any;
  }

  /** The line that was read; empty where it was too long. */
  Optional<String> text() {
    return tooLong
        ? Optional.empty()
        : Optional.of(new String(line, 0, length, StandardCharsets.UTF_8));
  }

  private void keep(int count) {
    if (tooLong || length + (long) count > limit) {
      tooLong = true;
      return;
    }
    if (length + count > line.length) {
      line = Arrays.copyOf(line, Math.min(limit, Math.max(2 * line.length, length + count)));
    }
    System.arraycopy(buffer, next, line, length, count);
    length += count;
  }

  private boolean fill() throws IOException {
    next = 0;
    end = Math.max(0, in.read(buffer));
    return end > 0;
  }

  /** Whether the next line can be read without waiting, as far as is known. */
  boolean isReady() {
    return next < end;
  }
}
