package loupe.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The text that a command works on: {@code TEXT}, {@code --file F}, {@code -} for standard input,
 * or {@code --tokens} with ids instead. Exactly one of them. A picocli mixin.
 */
final class TextOptions {
  private static final String STANDARD_INPUT = "standard input";

  @Parameters(
      arity = "0..1",
      paramLabel = "TEXT",
      description = "The text, as one argument; - reads standard input.")
  private String text;

  @Option(
      names = "--file",
      paramLabel = "F",
      description = "Reads the text from this file, exactly as it is; UTF-8.")
  private Path file;

  @Option(
      names = "--tokens",
      paramLabel = "IDS",
      description = "Token ids instead of a text, such as 2,17,9; taken as they are.")
  private String tokens;

  /** The file of {@code --file}; else null. */
  Path file() {
    return file;
  }

  /**
   * The ids of {@code --tokens}, one or more, each 0 or more; empty if the user gives a text.
   * Throws {@link InputException} if there is not exactly one source.
   */
  Optional<int[]> ids() {
    requireOneSource();
    return tokens == null ? Optional.empty() : Optional.of(parse(tokens));
  }

  /**
   * The text, exactly as given: nothing is trimmed or normalised. Not for where {@link #ids} are
   * given. Throws {@link MalformedFileException} if it is not valid UTF-8.
   */
  String text(Terminal terminal) throws IOException {
    requireOneSource();
    if (tokens != null) {
      throw new InputException("--tokens gives ids, but a text is needed here");
    }
    if (file != null) {
      return decode(Files.readAllBytes(requireNoFolder()), file.toString());
    }
    return text.equals("-") ? decode(terminal.in().readAllBytes(), STANDARD_INPUT) : text;
  }

  /**
   * The bytes of the file or of standard input, for what is read line by line. Close it.
   *
   * @throws InputException if the user gives a text or ids instead
   */
  InputStream open(Terminal terminal) throws IOException {
    requireOneSource();
    if (file != null) {
      return Files.newInputStream(requireNoFolder());
    }
    if (tokens == null && text.equals("-")) {
      return terminal.in();
    }
    throw new InputException("lines are read from --file F or - (standard input) only");
  }

  /** What {@link #open} opens, for messages. */
  String source() {
    return file == null ? STANDARD_INPUT : file.toString();
  }

  private Path requireNoFolder() {
    if (Files.isDirectory(file)) {
      throw new InputException(file + ": is a folder, not a file");
    }
    return file;
  }

  /** Whether there is a text or are ids at all. */
  boolean isGiven() {
    return text != null || file != null || tokens != null;
  }

  private void requireOneSource() {
    int sources = (text == null ? 0 : 1) + (file == null ? 0 : 1) + (tokens == null ? 0 : 1);
    if (sources == 0) {
      throw new InputException(
          "a text is missing: give it as one argument, or by --file F, - (standard input), or"
              + " --tokens IDS");
    }
    if (sources > 1) {
      throw new InputException("give only one of TEXT, --file and --tokens");
    }
  }

  private static int[] parse(String tokens) {
    if (tokens.isBlank()) {
      throw new InputException("--tokens is empty: give one id or more, such as 2,17,9");
    }
    return Arrays.stream(tokens.split(",", -1)).mapToInt(TextOptions::id).toArray();
  }

  private static int id(String digits) {
    try {
      int id = Integer.parseInt(digits.strip());
      if (id >= 0) {
        return id;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new InputException(
        "--tokens: \"" + digits + "\" is no token id; give ids like 2,17,9, each 0 or more");
  }

  /** Strict UTF-8; {@code source} names the bytes in the message. */
  static String decode(byte[] bytes, String source) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result = decoder.decode(in, out, true);
    if (result.isError()) {
      throw new MalformedFileException(
          source, "byte " + in.position(), "is not valid UTF-8; convert the text to UTF-8");
    }
    return out.flip().toString();
  }
}
