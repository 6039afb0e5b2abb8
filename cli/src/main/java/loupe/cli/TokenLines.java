package loupe.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Function;
import loupe.loaders.StrictJson;
import loupe.reference.InputException;

/**
 * Answers lines that hold one JSON string each. A line that is none is answered {@code
 * {"error":...}}, and the others are answered all the same.
 */
final class TokenLines {
  private final Terminal terminal;
  private final Function<String, JsonElement> answer;
  private long line;
  private long failures;
  private String firstFailure;

  TokenLines(Terminal terminal, Function<String, JsonElement> answer) {
    this.terminal = terminal;
    this.answer = answer;
  }

  /**
   * Answers every line of the file or of standard input.
   *
   * @throws InputException at the end, if a line could not be answered
   */
  void answer(TextOptions text) throws IOException {
    String source = text.source();
    try (InputStream in = new BufferedInputStream(text.open(terminal))) {
      for (byte[] bytes = next(in); bytes != null; bytes = next(in)) {
        line++;
        JsonOutput.print(terminal, answer(bytes));
        if (in.available() == 0) {
          // Somebody may wait for this answer before they ask again.
          terminal.out().flush();
        }
      }
    }
    if (failures > 0) {
      throw new InputException(
          "%s: %d of %d lines could not be answered; the first was %s"
              .formatted(source, failures, line, firstFailure));
    }
  }

  private JsonElement answer(byte[] bytes) {
    String name = "line " + line;
    try {
      if (StrictJson.parse(TextOptions.decode(bytes, name), name) instanceof String string) {
        return answer.apply(string);
      }
      throw new InputException(name + ": is no JSON string; each line holds one, in quotes");
    } catch (InputException e) {
      firstFailure = failures++ == 0 ? e.getMessage() : firstFailure;
      JsonObject error = new JsonObject();
      error.addProperty("error", e.getMessage());
      return error;
    }
  }

  /** The next line without its line feed; null at the end. */
  private static byte[] next(InputStream in) throws IOException {
    int first = in.read();
    if (first < 0) {
      return null;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
    for (int b = first; b >= 0 && b != '\n'; b = in.read()) {
      bytes.write(b);
    }
    return bytes.toByteArray();
  }
}
