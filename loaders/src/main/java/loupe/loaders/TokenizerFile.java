package loupe.loaders;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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

  private TokenizerFile() {}

  /**
   * Reads a file. It is a {@code tokenizer.json} if it begins with a brace or its name ends in
   * {@code .json}, else a {@code tokenizer.model}.
   *
   * @throws InputException if the file cannot be read, does not hold what its form demands, or
   *     holds what is not implemented
   */
  public static Tokenizer open(Path file) {
    try {
      long byteSize = Files.size(file);
      if (byteSize > MAX_BYTES) {
        throw new MalformedFileException(
            file.toString(), "", byteSize + " bytes, more than a tokenizer has");
      }
      return open(file.toString(), Files.readAllBytes(file));
    } catch (NoSuchFileException missing) {
      throw new InputException(file + ": there is no such file", missing);
    } catch (IOException failure) {
      throw new InputException(file + ": cannot be read: " + failure.getMessage(), failure);
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
    boolean brace = bytes.length > 0 && bytes[0] == '{';
    if (!brace && !name.toLowerCase(Locale.ROOT).endsWith(".json")) {
      return SentencePieceReader.read(name, bytes);
    }
    return TokenizerJsonReader.read(
        name,
        new InputStreamReader(
            new ByteArrayInputStream(bytes), StandardCharsets.UTF_8.newDecoder()));
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
