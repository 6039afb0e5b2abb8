package loupe.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import loupe.reference.InputException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns whatever went wrong into one line on standard error and an exit code. */
final class Failures {
  private Failures() {}

  /**
   * Prints the line {@code loupe: ...}; below it the stack trace where {@code LOUPE_DEBUG=1}. A
   * closed pipe is no failure and prints nothing.
   */
  static int report(Throwable failure, Terminal terminal) {
    if (failure instanceof OutputException e && e.pipeClosed()) {
      return ExitCode.PIPE_CLOSED;
    }
    terminal.note(oneLine(message(failure)));
    if (terminal.debug()) {
      failure.printStackTrace(terminal.err());
    }
    return ExitCode.BAD_INPUT;
  }

  private static String message(Throwable failure) {
    if (failure instanceof InputException || failure instanceof OutputException) {
      return failure.getMessage();
    }
    if (failure instanceof ParameterException e) {
      return wrongUsage(e);
    }
    if (failure instanceof UncheckedIOException e) {
      return message(e.getCause());
    }
    if (failure instanceof FileSystemException e) {
      return file(e);
    }
    if (failure instanceof IOException && failure.getMessage() != null) {
      return failure.getMessage();
    }
    if (failure instanceof OutOfMemoryError) {
      return String.format(
          "out of memory (%s) with a heap of %d MB: allow more, such as LOUPE_JAVA_OPTS=-Xmx%dm",
          failure.getMessage(), heapMegabytes(), 2 * heapMegabytes());
    }
    return "internal error: " + failure + " (LOUPE_DEBUG=1 shows the stack trace)";
  }

  private static long heapMegabytes() {
    return Runtime.getRuntime().maxMemory() >> 20;
  }

  private static String file(FileSystemException e) {
    if (e instanceof NoSuchFileException) {
      return e.getFile() + ": no such file";
    }
    if (e instanceof AccessDeniedException) {
      return e.getFile() + ": permission denied";
    }
    return e.getMessage();
  }

  private static String wrongUsage(ParameterException e) {
    if (e.getCause() instanceof InputException cause) {
      return cause.getMessage();
    }
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    String what = e.getMessage();
    String hint = command + " --help shows what there is";
    if (e instanceof UnmatchedArgumentException unmatched) {
      List<String> arguments = unmatched.getUnmatched();
      String first = arguments.get(0);
      boolean isRoot = command.equals("loupe");
      if (unmatched.isUnknownOption()) {
        what = "there is no option " + first;
        hint += "; a text that begins with - goes after --";
      } else if (isRoot) {
        what = "there is no command " + first;
        List<String> similar = unmatched.getSuggestions();
        hint = similar.isEmpty() ? hint : "did you mean " + String.join(" or ", similar) + "?";
      } else {
        what = "one argument too many: " + first;
        hint += "; a text is one argument, so put quotes around it";
      }
    }
    return what + " (" + hint + ")";
  }

  /** Line breaks and other control characters would make it more than one line. */
  private static String oneLine(String message) {
    return String.valueOf(message).replaceAll("[\\p{Cntrl}\\u0085\\u2028\\u2029]+", " ").strip();
  }
}
