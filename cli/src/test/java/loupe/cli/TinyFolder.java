package loupe.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The embedded model as a folder in Hugging Face layout, to be spoiled by a test. */
record TinyFolder(Path path) {
  /** Writes configuration, weights and both tokenizers into a new folder. */
  static TinyFolder in(Path parent) throws IOException {
    TinyFolder folder = new TinyFolder(Files.createTempDirectory(parent, "tiny"));
    for (String name :
        new String[] {"config.json", "model.safetensors", "tokenizer.model", "tokenizer.json"}) {
      Resource.copy("tiny/" + name, folder.path);
    }
    return folder;
  }

  Path file(String name) {
    return path.resolve(name);
  }

  /** Replaces a part of {@code config.json}, which must be there. */
  TinyFolder withConfig(String part, String replacement) throws IOException {
    String json = Files.readString(file("config.json"), StandardCharsets.UTF_8);
    if (!json.contains(part)) {
      throw new IllegalArgumentException("config.json does not hold " + part);
    }
    Files.writeString(file("config.json"), json.replace(part, replacement));
    return this;
  }

  TinyFolder without(String name) throws IOException {
    Files.delete(file(name));
    return this;
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
