package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.junit.jupiter.api.Test;

class IoReasonTest {
  @Test
  void saysInOneLineWhatAnExceptionMeans() {
    assertEquals("no such file", IoReason.of(new NoSuchFileException("f")));
    assertEquals("permission denied", IoReason.of(new AccessDeniedException("f")));
    assertEquals("not a folder", IoReason.of(new NotDirectoryException("f")));
    assertEquals("a loop of symbolic links", IoReason.of(new FileSystemLoopException("f")));
    assertEquals("not valid UTF-8", IoReason.of(new MalformedInputException(1)));
    assertEquals(
        "No space left on device",
        IoReason.of(new FileSystemException("f", null, "No space left on device")));
    assertEquals("first", IoReason.of(new IOException("first\nsecond")));
    assertEquals("IOException", IoReason.of(new IOException()));
  }
}
