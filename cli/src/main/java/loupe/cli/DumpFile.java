package loupe.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import loupe.loaders.NpyFile;
import loupe.reference.InputException;
import loupe.reference.TensorSource;

/** Opens what a program dumped, in whichever form. */
final class DumpFile {
  private DumpFile() {}

  /**
   * The tensors of a dump.
   *
   * @throws InputException if it cannot be read or is malformed
   */
  static TensorSource open(Path dump) {
    String name = dump.getFileName().toString().toLowerCase(Locale.ROOT);
    if (Files.isDirectory(dump)) {
      throw new InputException(dump + ": is a folder");
    }
    return name.endsWith(".npy") ? NpyFile.open(dump) : TensorFile.open(dump);
  }
}
