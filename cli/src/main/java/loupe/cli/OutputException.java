package loupe.cli;

import java.io.IOException;

/** Standard output took no more. Thrown at the write that failed, to end the command there. */
final class OutputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean pipeClosed;

  OutputException(IOException cause) {
    super("standard output could not be written: " + cause.getMessage(), cause);
    String reason = cause.getMessage();
    this.pipeClosed = reason != null && reason.contains("Broken pipe");
  }

  /** Whether the reader went away, which is its right: the program then ends without a word. */
  boolean pipeClosed() {
    return pipeClosed;
  }
}
