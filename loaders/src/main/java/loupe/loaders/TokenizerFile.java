package loupe.loaders;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;

/** Opens a {@code tokenizer.model} or a {@code tokenizer.json}, whichever a file is. */
public final class TokenizerFile {
  /** The files of a model's folder, the one that wins first. */
  private static final String[] NAMES = {"tokenizer.model", "tokenizer.json"};

  /** A bound for files that lie; the largest published Gemma file has 34 MB. */
  private static final long MAX_BYTES = 128L << 20;

  private static final int BUFFER_BYTES = 1 << 16;

  private TokenizerFile() {}

  /**
   * Reads a file. It is a {@code tokenizer.json} if it begins with a brace or its name ends in
   * {@code .json}, else a {@code tokenizer.model}.
   *
   * @throws InputException if the file cannot be read, does not hold what its form demands, or
   *     holds what is not implemented
   */
  public static Tokenizer open(Path file) {
    Bytes.requireRegular(file);
    try (InputStream content = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES)) {
      long byteSize = Files.size(file);
      if (byteSize > MAX_BYTES) {
        throw new MalformedFileException(
            file.toString(), "", byteSize + " bytes, more than a tokenizer has; name another file");
      }
      return open(file.toString(), content);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + IoReason.of(e), e);
    }
  }

  /**
   * Reads the bytes of a file, such as a resource.
   *
   * @param name the file's name, for messages and {@link Tokenizer#origin}
   * @param bytes not modified
   * @throws InputException as in {@link #open(Path)}
   */
  public static Tokenizer open(String name, byte[] bytes) {
    try {
      return open(name, new ByteArrayInputStream(bytes));
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private static Tokenizer open(String name, InputStream content) throws IOException {
    content.mark(1);
    boolean json = content.read() == '{' || name.toLowerCase(Locale.ROOT).endsWith(".json");
    content.reset();
    return json
        ? TokenizerJsonReader.read(name, content)
        : SentencePieceReader.read(name, content.readAllBytes());
  }

  /**
   * The tokenizer of a model's folder: {@code tokenizer.model} if it is there, else {@code
   * tokenizer.json}; {@link Tokenizer#origin} says which.
   *
   * @throws InputException as in {@link #open(Path)}
   */
  public static Optional<Tokenizer> inFolder(Path folder) {
    for (String name : NAMES) {
      if (Files.exists(folder.resolve(name))) {
        return Optional.of(open(folder.resolve(name)));
      }
    }
    return Optional.empty();
  }
}
