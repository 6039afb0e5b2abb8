package loupe.loaders;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicInteger;
import loupe.reference.InputException;

/**
 * An output file that appears whole or not at all: it is written beside its place under another
 * name, and {@link #commit} renames it. Closed without commit, or with the JVM ended in between, an
 * older file of that name stays as it was and nothing new is left.
 *
 * <p>Failures (missing folder, no permission, full disk) are {@link InputException}s.
 */
public final class OutputFile implements AutoCloseable {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final Path target;
  private final Path place;
  private final Path temporary;
  private final FileChannel channel;
  private boolean committed;

  private OutputFile(Path target, Path place, Path temporary) throws IOException {
    this.target = target;
    this.place = place;
    this.temporary = temporary;
    this.channel =
        FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    temporary.toFile().deleteOnExit();
  }

  /** Begins an output file; its folder must exist. */
  public static OutputFile create(Path target) {
    try {
      // Through a symbolic link: the file that it points to is replaced, not the link.
      Path place = Files.exists(target) ? target.toRealPath() : target.toAbsolutePath();
      requireWritable(target, place);
      for (int attempt = 0; ; attempt++) {
        Path temporary = place.resolveSibling(temporaryName(place));
        try {
          return new OutputFile(target, place, temporary);
        } catch (FileAlreadyExistsException e) {
          if (attempt == 100) {
            throw e;
          }
        }
      }
    } catch (IOException e) {
      throw failure(target, e);
    }
  }

  private static String temporaryName(Path place) {
    long process = ProcessHandle.current().pid();
    return "." + place.getFileName() + "." + process + "-" + NUMBER.incrementAndGet() + ".part";
  }

  private static void requireWritable(Path target, Path place) {
    Path folder = place.getParent();
    if (Files.isDirectory(place) || folder == null) {
      throw new InputException(target + ": cannot be written: it is a folder; name a file");
    }
    if (!Files.isDirectory(folder)) {
      throw new InputException(
          target + ": cannot be written: there is no folder " + folder + "; make it first");
    }
    if (Files.exists(place) && !Files.isRegularFile(place)) {
      throw new InputException(target + ": cannot be written: not a regular file; name a file");
    }
    if (Files.exists(place) && !Files.isWritable(place)) {
      throw new InputException(
          target + ": cannot be written: the file there is write-protected; name another");
    }
  }

  /** Where the file will appear, as the user named it. */
  public Path target() {
    return target;
  }

  /** Writes all remaining bytes of {@code source} at a byte offset; gaps read as zeros. */
  public void write(ByteBuffer source, long byteOffset) {
    try {
      long at = byteOffset;
      while (source.hasRemaining()) {
        at += channel.write(source, at);
      }
    } catch (IOException e) {
      throw failure(target, e);
    }
  }

  /** Bytes so far: up to the last that was written. */
  public long size() {
    try {
      return channel.size();
    } catch (IOException e) {
      throw failure(target, e);
    }
  }

  /** Puts the finished file in its place, instead of an older one. */
  public void commit() {
    try {
      channel.close();
      try {
        Files.move(temporary, place, StandardCopyOption.ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(temporary, place, StandardCopyOption.REPLACE_EXISTING);
      }
      committed = true;
    } catch (IOException e) {
      throw failure(target, e);
    }
  }

  /** Removes what was written, unless it was committed. */
  @Override
  public void close() {
    if (committed) {
      return;
    }
    try {
      channel.close();
    } catch (IOException e) {
      // The file is thrown away: whether its last bytes arrived does not matter.
    } finally {
      temporary.toFile().delete();
    }
  }

  private static InputException failure(Path target, IOException e) {
    return new InputException(target + ": cannot be written: " + IoReason.of(e), e);
  }
}
