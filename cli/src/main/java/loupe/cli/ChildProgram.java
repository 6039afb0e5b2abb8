package loupe.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import loupe.golden.oracle.Conformance;
import loupe.reference.InputException;

/**
 * A program that answers on its standard output, a line for each line. It is started again where it
 * hung or died.
 */
final class ChildProgram implements Conformance.Port, AutoCloseable {
  private final List<String> command;
  private final int seconds;
  private final int limit;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread daemon = new Thread(task, "loupe-conform");
            daemon.setDaemon(true);
            return daemon;
          });
  private Process process;
  private MessageLines lines;

  /**
   * @param seconds that an answer may take
   * @param limit bytes that it may have
   */
  ChildProgram(List<String> command, int seconds, int limit) {
    this.command = command;
    this.seconds = seconds;
    this.limit = limit;
  }

  /**
   * Starts the program, unless it runs.
   *
   * @throws InputException if that cannot be
   */
  void start() {
    if (process != null && process.isAlive()) {
      return;
    }
    try {
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    } catch (IOException e) {
      throw new InputException(
          "%s: cannot be started: %s".formatted(command.get(0), e.getMessage()));
    }
    lines = new MessageLines(process.getInputStream(), limit);
  }

  @Override
  public String ask(String line) throws Conformance.SilentException {
    start();
    // Both directions in a thread: a program that does not read blocks the writer.
    Future<String> answer = thread.submit(() -> exchange(line));
    try {
      return answer.get(seconds, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      stop();
      throw new Conformance.SilentException(
          "the program gave no answer within %d s and was ended".formatted(seconds));
    } catch (ExecutionException e) {
      String ending = ending();
      stop();
      throw new Conformance.SilentException(ending);
    } catch (InterruptedException e) {
      stop();
      Thread.currentThread().interrupt();
      throw new Conformance.SilentException("interrupted");
    }
  }

  private String exchange(String line) throws IOException {
    process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
    if (!lines.read()) {
      throw new IOException("ended");
    }
    return lines
        .text()
        .orElseThrow(() -> new IOException("a line of more than " + limit + " bytes"));
  }

  private String ending() {
    try {
      if (process.waitFor(1, TimeUnit.SECONDS)) {
        return "the program ended with exit code " + process.exitValue();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return "the program closed its output, or its line has more than " + limit + " bytes";
  }

  private void stop() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    process = null;
  }

  /** Ends the program: its input ends, and it has a moment to go by itself. */
  @Override
  public void close() {
    thread.shutdownNow();
    if (process == null) {
      return;
    }
    try {
      process.getOutputStream().close();
      if (process.waitFor(2, TimeUnit.SECONDS)) {
        return;
      }
    } catch (IOException e) {
      // It is ended below.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    stop();
  }
}
