package loupe.cli;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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

  /** Makes an element of a BF16 tensor of the checkpoint not a number. */
  TinyFolder withNaN(String tensor, int element) throws IOException {
    byte[] bytes = Files.readAllBytes(file("model.safetensors"));
    ByteBuffer weights = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int headerLength = (int) weights.getLong(0);
    int begin =
        JsonParser.parseString(new String(bytes, 8, headerLength, StandardCharsets.UTF_8))
            .getAsJsonObject()
            .getAsJsonObject(tensor)
            .getAsJsonArray("data_offsets")
            .get(0)
            .getAsInt();
    weights.putShort(8 + headerLength + begin + 2 * element, (short) 0x7fc0);
    Files.write(file("model.safetensors"), bytes);
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
