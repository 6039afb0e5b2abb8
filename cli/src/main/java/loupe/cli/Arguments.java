package loupe.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import loupe.reference.InputException;

/**
 * Whether the arguments are what the user typed. Java decodes them by the locale before any of our
 * code runs, and puts U+FFFD where that fails; a text that silently changed would give wrong ids.
 */
final class Arguments {
  /** Where Linux shows the arguments as bytes. */
  private static final Path RAW_ARGUMENTS = Path.of("/proc/self/cmdline");

  private Arguments() {}

  /**
   * Throws {@link InputException} if an argument holds U+FFFD, unless the user typed it: that is
   * known only where the bytes can be seen and were meant as UTF-8.
   *
   * @param scriptChoseUtf8 whether the launcher script started this process, which sees to it that
   *     Java decodes the arguments as UTF-8 whatever the user's locale
   */
  static void refuseUndecoded(String[] args, boolean scriptChoseUtf8) {
    boolean suspicious = false;
    for (String arg : args) {
      suspicious |= arg.indexOf('\uFFFD') >= 0;
    }
    if (!suspicious) {
      return;
    }
    if (!scriptChoseUtf8) {
      throw new InputException(
          "an argument could not be decoded (it holds U+FFFD): Java takes arguments to be "
              + System.getProperty("sun.jnu.encoding", "in an unknown encoding")
              + " by the locale; start the script loupe instead of the jar, set LC_ALL=C.UTF-8, or"
              + " give the text by --file");
    }
    if (!bytesAreUtf8(RAW_ARGUMENTS)) {
      throw new InputException(
          "an argument is not valid UTF-8 (it holds U+FFFD once decoded): give the text by --file,"
              + " as UTF-8");
    }
  }

  /** Whether the file can be read, and is UTF-8. */
  static boolean bytesAreUtf8(Path rawArguments) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(Files.readAllBytes(rawArguments)));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    } catch (IOException e) {
      return false;
    }
  }
}
