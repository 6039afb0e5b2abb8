package loupe.loaders;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import loupe.reference.InputException;
import loupe.reference.TensorSource;

/**
 * The weights in a folder in Hugging Face layout: {@code model.safetensors} or, where that is
 * missing, the shards that {@code model.safetensors.index.json} lists.
 */
public final class Checkpoint {
  static final String SINGLE = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";

  private Checkpoint() {}

  /** Whether a folder has weights in a form that {@link #open} reads. */
  public static boolean isIn(Path folder) {
    return Files.exists(folder.resolve(SINGLE)) || Files.exists(folder.resolve(INDEX));
  }

  /**
   * Opens the weights in {@code folder}, all shards included.
   *
   * @throws InputException if there are none, or a file is malformed
   */
  public static TensorSource open(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new InputException(
          folder + (Files.exists(folder) ? ": not a folder" : ": no such folder"));
    }
    Path single = folder.resolve(SINGLE);
    if (Files.exists(single)) {
      return SafetensorsFile.open(single);
    }
    Path index = folder.resolve(INDEX);
    if (Files.exists(index)) {
      return ShardedSafetensors.open(index);
    }
    throw new InputException(
        "%s: neither %s nor %s is there%s".formatted(folder, SINGLE, INDEX, found(folder)));
  }

  /** How many files the weights in {@code folder} are in; 0 where there are none. */
  public static int fileCount(Path folder) {
    if (Files.exists(folder.resolve(SINGLE))) {
      return 1;
    }
    Path index = folder.resolve(INDEX);
    return Files.exists(index)
        ? new TreeSet<>(StrictJson.readObject(index).object("weight_map").fields().values()).size()
        : 0;
  }

  /** What is there instead, where it looks like weights. */
  private static String found(Path folder) {
    Set<String> names = new TreeSet<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(folder, "*.{safetensors,bin,pt,pth,gguf,h5,msgpack}")) {
      for (Path file : files) {
        names.add(file.getFileName().toString());
      }
    } catch (IOException e) {
      throw new InputException(folder + ": cannot be read: " + IoReason.of(e), e);
    }
    return names.isEmpty() ? "" : "; it holds " + Printable.list(names);
  }
}
