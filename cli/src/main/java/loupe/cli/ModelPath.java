package loupe.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import loupe.golden.EmbeddedModel;
import loupe.reference.InputException;

/** What the path of a model says by itself. */
final class ModelPath {
  /** How the folder of a model begins in the cache of Hugging Face. */
  private static final String CACHED = "models--";

  private static final String GGUF = ".gguf";

  private ModelPath() {}

  /** The path, if a model can be there; {@link InputException} if not. */
  static Path require(Path model) {
    if (isGguf(model)) {
      return model;
    }
    if (!Files.exists(model)) {
      throw new InputException(
          model
              + ": no such folder; --model takes a folder in Hugging Face layout, a .gguf file, or "
              + EmbeddedModel.NAME);
    }
    if (!Files.isDirectory(model)) {
      throw new InputException(
          model
              + ": neither a folder nor a .gguf file; --model takes the folder with config.json and"
              + " the weights");
    }
    return model;
  }

  /** Whether it is a GGUF file, by its name. */
  static boolean isGguf(Path model) {
    return model.toString().toLowerCase(Locale.ROOT).endsWith(GGUF);
  }

  /** {@code google/gemma-2-2b} for a folder in the cache of Hugging Face, else its last part. */
  static String modelName(Path place) {
    Path path = place.toAbsolutePath().normalize();
    for (Path part : path) {
      if (part.toString().startsWith(CACHED)) {
        return part.toString().substring(CACHED.length()).replace("--", "/");
      }
    }
    return path.getFileName() == null ? "" : path.getFileName().toString();
  }
}
