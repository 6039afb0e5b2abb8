package loupe.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import loupe.loaders.EvalCallbackText;
import loupe.loaders.ModelDebugger;
import loupe.loaders.NpyFile;
import loupe.loaders.RawTensor;
import loupe.loaders.TensorFolder;
import loupe.reference.InputException;
import loupe.reference.TensorSource;

/** Opens what a program dumped, in whichever form. */
final class DumpFile {
  private static final String FULL_TREE = "_FULL_TENSORS.json";

  private DumpFile() {}

  /**
   * The tensors of a dump.
   *
   * @throws InputException if it cannot be read or is malformed
   */
  static TensorSource open(Path dump) {
    if (Files.isDirectory(dump)) {
      return folder(dump);
    }
    String name = String.valueOf(dump.getFileName()).toLowerCase(Locale.ROOT);
    if (name.endsWith(".npy")) {
      return NpyFile.open(dump);
    }
    if (name.endsWith(".json")) {
      return ModelDebugger.open(dump);
    }
    if (name.endsWith(".txt") || name.endsWith(".log")) {
      return EvalCallbackText.open(dump);
    }
    return RawTensor.isNamedSo(dump) ? RawTensor.open(dump) : TensorFile.open(dump);
  }

  /** The model debugger writes into a folder; other programs write a file for each tensor. */
  private static TensorSource folder(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> trees = files.filter(file -> file.toString().endsWith(FULL_TREE)).toList();
      return trees.size() == 1 ? ModelDebugger.open(trees.get(0)) : TensorFolder.open(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
