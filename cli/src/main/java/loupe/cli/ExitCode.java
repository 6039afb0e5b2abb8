package loupe.cli;

/** What the program returns to its caller. */
final class ExitCode {
  /** Done, and where a verdict was asked for, it is good. */
  static final int DONE = 0;

  /** The verdict is bad. */
  static final int BAD_VERDICT = 1;

  /** Wrong usage, bad input, or a result that could not be written: stderr says which. */
  static final int BAD_INPUT = 2;

  /**
   * The reader of standard output went away before the end: what a shell reports for other programs
   * that a closed pipe ended (128 + SIGPIPE). Not 0, since a verdict may have been cut off.
   */
  static final int PIPE_CLOSED = 141;

  private ExitCode() {}
}
