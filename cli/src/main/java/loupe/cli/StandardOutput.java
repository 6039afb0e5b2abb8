package loupe.cli;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Passes bytes on and throws {@link OutputException} where that fails. A {@link
 * java.io.PrintStream} keeps quiet about an {@link IOException}, so a full disk would look like
 * success, and a closed pipe would let the program work on for nobody; this unchecked exception
 * goes through it. After the first failure nothing more is written and nothing more is thrown.
 */
final class StandardOutput extends OutputStream {
  private final OutputStream out;
  private boolean failed;

  StandardOutput(OutputStream out) {
    this.out = out;
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    if (failed) {
      return;
    }
    try {
      out.write(bytes, offset, length);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  @Override
  public void flush() {
    if (failed) {
      return;
    }
    try {
      out.flush();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private OutputException failure(IOException e) {
    failed = true;
    return new OutputException(e);
  }
}
