package loupe.cli;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import loupe.loaders.OutputFile;

/** Writes a text file whole or not at all. */
final class TextFile {
  private TextFile() {}

  /** UTF-8; an older file of that name is replaced at the end. */
  static void write(Path file, String text) {
    try (OutputFile out = OutputFile.create(file)) {
      out.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
      out.commit();
    }
  }

  /** Text inside of XML or HTML: also without the characters that XML cannot hold. */
  static String escaped(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                default -> out.appendCodePoint(isAllowed(c) ? c : 0xFFFD);
              }
            });
    return out.toString();
  }

  private static boolean isAllowed(int c) {
    boolean isControl = c < 0x20 && c != '\n' && c != '\t' || c >= 0x7F && c <= 0x9F;
    return !isControl && !(c >= 0xD800 && c <= 0xDFFF) && c != 0xFFFE && c != 0xFFFF;
  }
}
