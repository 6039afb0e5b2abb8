package loupe.cli;

import java.nio.file.Path;
import java.util.Locale;
import loupe.loaders.GgufFile;
import loupe.loaders.NpzFile;
import loupe.loaders.SafetensorsFile;
import loupe.reference.InputException;
import loupe.reference.TensorSource;

/** Opens a file of named tensors that a command is given. */
final class TensorFile {
  private TensorFile() {}

  /**
   * The tensors of a {@code .npz} or {@code .gguf} file, or of a safetensors file whatever it is
   * called.
   *
   * @throws InputException if it cannot be read or is malformed
   */
  static TensorSource open(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".gguf")) {
      return GgufFile.open(file);
    }
    return name.endsWith(".npz") ? NpzFile.open(file) : SafetensorsFile.open(file);
  }
}
