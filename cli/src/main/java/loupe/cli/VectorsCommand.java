package loupe.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import loupe.golden.vectors.Vectors;
import loupe.reference.Workers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code loupe vectors}: conformance vectors as files. */
@Command(
    description = {
      "Writes conformance vectors for programs in any language: requests and the answers",
      "that a correct program must give, bit by bit with a bound for each element; one",
      "for each known bug. README.md in the folder has a loop that uses them."
    },
    footerHeading = "%nExample:%n",
    footer = "  loupe vectors --out vectors")
final class VectorsCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private ThreadOption threads;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "D",
      description = "The folder; files of these names in it are replaced.")
  private Path out;

  VectorsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    try (Workers workers = Workers.of(threads.count())) {
      Map<String, byte[]> files = Vectors.files(workers);
      Vectors.write(files, out);
      long bytes = files.values().stream().mapToLong(content -> content.length).sum();
      terminal.out().println("%s: %d files, %s".formatted(out, files.size(), ByteSize.text(bytes)));
      return ExitCode.DONE;
    }
  }
}
