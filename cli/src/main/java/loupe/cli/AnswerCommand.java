package loupe.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import loupe.golden.oracle.Oracle;
import loupe.golden.oracle.Reply;
import loupe.golden.oracle.Schemas;
import loupe.reference.Workers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code loupe answer}: the oracle's answers to a file of requests. */
@Command(
    description = {
      "Answers requests of the oracle's protocol, one line of JSON each, with one line",
      "each: so a request is a test that anybody can repeat. golden/PROTOCOL.md",
      "describes the messages."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe answer < requests.jsonl",
      "  echo '{\"id\":1,\"op\":\"tokenize\",\"args\":{\"text\":\"Four score\"}}' | loupe answer",
      "  loupe answer --schema             the JSON Schemas of all messages",
      "",
      "Exit codes: 0 all were answered, 1 a verdict was fail, 2 a request was refused."
    })
final class AnswerCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private OracleOptions options;

  @Option(names = "--schema", description = "Prints the JSON Schemas of all messages.")
  private boolean schema;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "Requests; standard input if left out.")
  private Path file;

  AnswerCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    if (schema) {
      terminal.out().print(Schemas.text());
      return ExitCode.DONE;
    }
    try (Workers workers = options.workers();
        InputStream in = file == null ? terminal.in() : Files.newInputStream(file)) {
      return answer(
          options.oracle(new LocalFiles(terminal.environment()), workers, "answer", terminal), in);
    }
  }

  private int answer(Oracle oracle, InputStream in) throws IOException {
    MessageLines lines = new MessageLines(in, oracle.limits().lineBytes());
    int refused = 0;
    boolean failed = false;
    for (Reply reply = lines.answer(oracle); reply != null; reply = lines.answer(oracle)) {
      terminal.out().print(reply.json());
      terminal.out().print('\n');
      refused += reply.kind() == Reply.Kind.ERROR ? 1 : 0;
      failed |= reply.kind() == Reply.Kind.FAIL;
    }
    if (refused > 0) {
      terminal.note(refused + (refused == 1 ? " request was" : " requests were") + " refused");
      return ExitCode.BAD_INPUT;
    }
    return failed ? ExitCode.BAD_VERDICT : ExitCode.DONE;
  }
}
