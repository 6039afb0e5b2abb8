package loupe.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import loupe.golden.EmbeddedModel;

/** Files of the class path, for commands that want files. */
final class Resource {
  private Resource() {}

  /** Copies a file below {@code loupe/} into a folder, under its own name. */
  static Path copy(String name, Path folder) throws IOException {
    try (InputStream in = EmbeddedModel.class.getResourceAsStream("/loupe/" + name)) {
      Path target = folder.resolve(name.substring(name.lastIndexOf('/') + 1));
      Files.write(target, in.readAllBytes());
      return target;
    }
  }
}
