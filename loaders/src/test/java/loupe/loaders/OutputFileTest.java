package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loupe.reference.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class OutputFileTest {
  @TempDir Path folder;

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().collect(Collectors.toList());
    }
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes());
  }

  @Test
  void appearsWholeAndOnlyAtCommit() throws IOException {
    Path target = TestFiles.write(folder.resolve("out"), "old".getBytes());
    try (OutputFile file = OutputFile.create(target)) {
      file.write(bytes("new"), 2);
      assertEquals("old", Files.readString(target));
      assertEquals(5, file.size());
      file.commit();
    }
    assertEquals("\0\0new", Files.readString(target));
    assertEquals(List.of("out"), files());
  }

  @Test
  void leavesAnOlderFileAndNothingElseWithoutCommit() throws IOException {
    Path target = TestFiles.write(folder.resolve("out"), "old".getBytes());
    try (OutputFile file = OutputFile.create(target)) {
      file.write(bytes("new"), 0);
    }
    assertEquals("old", Files.readString(target));
    assertEquals(List.of("out"), files());
  }

  @Test
  void writesTwoFilesOfOneNameSideBySide() throws IOException {
    Path target = folder.resolve("out");
    try (OutputFile one = OutputFile.create(target);
        OutputFile two = OutputFile.create(target)) {
      one.write(bytes("one"), 0);
      two.write(bytes("two"), 0);
      two.commit();
      one.commit();
    }
    assertEquals("one", Files.readString(target));
    assertEquals(List.of("out"), files());
  }

  @Test
  void replacesWhatASymbolicLinkPointsTo() throws IOException {
    Path real = TestFiles.write(folder.resolve("real"), "old".getBytes());
    Path link = Files.createSymbolicLink(folder.resolve("link"), real);
    try (OutputFile file = OutputFile.create(link)) {
      file.write(bytes("new"), 0);
      file.commit();
    }
    assertTrue(Files.isSymbolicLink(link));
    assertEquals("new", Files.readString(real));
  }

  private static void assertRefused(Path target, String reason) {
    Throwable e = TestFiles.failure(() -> OutputFile.create(target));
    assertEquals(InputException.class, e.getClass());
    assertEquals(target + ": cannot be written: " + reason, e.getMessage());
  }

  @Test
  void refusesPlacesThatCannotBeWritten() {
    assertRefused(folder, "it is a folder; name a file");
    Path none = folder.resolve("none");
    assertRefused(none.resolve("f"), "there is no folder " + none + "; make it first");
    Path file = TestFiles.write(folder.resolve("file"), new byte[0]);
    assertRefused(file.resolve("f"), "there is no folder " + file + "; make it first");
    assertRefused(folder.resolve("x".repeat(250)), "File name too long");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void refusesDevices() {
    assertRefused(Path.of("/dev/null"), "not a regular file; name a file");
  }

  @Test
  void refusesAWriteProtectedFileOrFolder() throws IOException {
    Path file = TestFiles.write(folder.resolve("file"), new byte[0]);
    file.toFile().setReadOnly();
    Path closed = Files.createDirectory(folder.resolve("closed"));
    closed.toFile().setWritable(false);
    org.junit.jupiter.api.Assumptions.assumeFalse(
        Files.isWritable(file), "this user may write everything");
    assertRefused(file, "the file there is write-protected; name another");
    assertRefused(closed.resolve("f"), "permission denied");
    closed.toFile().setWritable(true);
  }

  @Test
  void reportsAFailedWrite() {
    OutputFile file = OutputFile.create(folder.resolve("out"));
    file.close();
    Throwable e =
        TestFiles.failure(
            () -> {
              file.write(bytes("late"), 0);
              return null;
            });
    assertEquals(InputException.class, e.getClass());
    assertTrue(e.getMessage().contains("out: cannot be written: "), e.getMessage());
  }
}
