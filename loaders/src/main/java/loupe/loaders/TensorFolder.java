package loupe.loaders;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/** A folder with one tensor in each file: npy, or {@link RawTensor}. Other files do not count. */
public final class TensorFolder extends GatheredTensors {
  private TensorFolder(String origin, Map<String, StoredTensor> tensors) {
    super(origin, tensors);
  }

  /**
   * The tensors, sorted by file name.
   *
   * @throws InputException if there is none, two have one name, or a file is malformed
   */
  public static TensorFolder open(Path folder) {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (Path file : files(folder)) {
      boolean isNpy = file.toString().endsWith(".npy");
      if (!isNpy && !RawTensor.isNamedSo(file)) {
        continue;
      }
      TensorSource source = isNpy ? NpyFile.open(file) : RawTensor.open(file);
      for (String name : source.names()) {
        if (tensors.put(name, source.tensor(name)) != null) {
          throw new InputException(folder + ": two files hold a tensor " + Printable.of(name));
        }
      }
    }
    if (tensors.isEmpty()) {
      throw new InputException(
          folder + ": has no file NAME.npy, nor one named as in NAME.2x5x64.f32");
    }
    return new TensorFolder(folder.toString(), tensors);
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw new InputException(folder + ": cannot be read: " + IoReason.of(e), e);
    }
  }
}
