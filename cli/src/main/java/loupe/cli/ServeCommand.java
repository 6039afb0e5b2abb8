package loupe.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import loupe.golden.oracle.Oracle;
import loupe.golden.oracle.OracleFiles;
import loupe.golden.oracle.Reply;
import loupe.reference.InputException;
import loupe.reference.Workers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code loupe serve}: the oracle as a child process or on loopback. */
@Command(
    description = {
      "Answers questions about every number of Gemma 2 and of SAEs: one line of JSON in,",
      "one line out, hundreds a second, each number with a proven bound if wanted, or a",
      "verdict on yours. golden/PROTOCOL.md describes the messages."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe serve --stdio           for a test that starts it as a child process",
      "  loupe serve --http 8080       the same messages by POST, on this computer only",
      "  echo '{\"id\":1,\"op\":\"hello\"}' | loupe serve --stdio",
      "  loupe serve --stdio --quirk gelu-erf    wrong on purpose: does your test see it?",
      "",
      "clients/ has clients for Python, Rust and TypeScript with random inputs for",
      "Hypothesis, proptest and fast-check."
    })
final class ServeCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private OracleOptions options;

  @Option(names = "--stdio", description = "Requests on standard input, until it ends.")
  private boolean stdio;

  @Option(
      names = "--http",
      paramLabel = "PORT",
      description = "Requests by POST on 127.0.0.1; port 0 takes a free one and says which.")
  private Integer port;

  @Option(
      names = "--files",
      description = "With --http: requests may name models, SAEs and tensors in files.")
  private boolean files;

  ServeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (stdio == (port != null)) {
      throw new InputException("serve needs one of --stdio and --http PORT");
    }
    if (port != null && (port < 0 || port > 65535)) {
      throw new InputException("--http must be a port from 0 to 65535, not " + port);
    }
    boolean mayRead = stdio || files;
    try (Workers workers = options.workers()) {
      Oracle oracle =
          options.oracle(
              mayRead ? new LocalFiles(terminal.environment()) : OracleFiles.EMBEDDED,
              workers,
              "serve",
              terminal);
      if (stdio) {
        answerLines(oracle);
      } else {
        OracleHttp.serve(oracle, port, terminal);
      }
      return ExitCode.DONE;
    }
  }

  private void answerLines(Oracle oracle) throws IOException {
    MessageLines lines = new MessageLines(terminal.in(), oracle.limits().lineBytes());
    for (Reply reply = lines.answer(oracle); reply != null; reply = lines.answer(oracle)) {
      terminal.out().print(reply.json());
      terminal.out().print('\n');
      if (!lines.isReady()) {
        terminal.out().flush();
      }
    }
  }
}
