package loupe.cli;

import java.nio.file.Path;
import java.util.Locale;
import loupe.loaders.NpzFile;
import loupe.loaders.SafetensorsFile;
import loupe.reference.InputException;
import loupe.reference.TensorSource;

/** Opens a file of named tensors that a command is given. */
final class TensorFile {
  private TensorFile() {}

  /**
   * The tensors of a {@code .npz} file, or of a safetensors file whatever it is called.
   *
   * @throws InputException if it cannot be read or is malformed
   */
  static TensorSource open(Path file) {
    boolean npz = file.toString().toLowerCase(Locale.ROOT).endsWith(".npz");
    return npz ? NpzFile.open(file) : SafetensorsFile.open(file);
  }
}
