package loupe.cli;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import loupe.golden.check.Candidate;
import loupe.golden.oracle.Conformance;
import loupe.golden.oracle.Limits;
import loupe.golden.oracle.Oracle;
import loupe.golden.oracle.OracleFiles;
import loupe.golden.oracle.Scorecard;
import loupe.loaders.OutputFile;
import loupe.reference.DType;
import loupe.reference.Hooks;
import loupe.reference.InputException;
import loupe.reference.PortContract;
import loupe.reference.Workers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code loupe conform}: grades a program that answers the oracle's protocol. */
@Command(
    description = {
      "Starts a program, asks it the operations of the oracle's protocol on its standard",
      "input, and grades what it answers: a scorecard, operation by operation, with the",
      "tokenizer of the embedded model and sampling. What hello does not list, or the",
      "program does not know, is skipped, and that is said. golden/PROTOCOL.md describes",
      "the messages."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe conform -- ./my-port --oracle",
      "  loupe conform --op rope --op 'sae*' --precision bf16 --cases 200 -- ./my-port",
      "  loupe conform --op '*tokenize' -- ./my-port",
      "  loupe conform --failures failed.jsonl -- ./my-port; loupe answer failed.jsonl",
      "",
      "The exit code is a verdict: 0 where no operation fails, 1 where one does."
    })
final class ConformCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--op",
      paramLabel = "GLOB",
      description = "Operations to ask for; all by default.")
  private List<String> globs = List.of("*");

  @Option(
      names = "--precision",
      paramLabel = "P",
      description = {
        "bf16, f16, f32, f64 or a policy, for inputs and grading. By default inputs",
        "are f32, and each answer is graded by its own element type."
      })
  private String precision;

  @Option(names = "--cases", paramLabel = "N", description = "For each operation; 20 by default.")
  private int cases = 20;

  @Option(names = "--seed", paramLabel = "N", description = "Of the requests; 1 by default.")
  private long seed = 1;

  @Option(
      names = "--timeout",
      paramLabel = "S",
      description = "Seconds for an answer; 10 by default.")
  private int timeout = 10;

  @Option(
      names = "--failures",
      paramLabel = "F",
      description = "Writes the first failed request of each operation, with the answer.")
  private Path failures;

  @Mixin private JsonOutput json;

  @Parameters(
      arity = "1..*",
      paramLabel = "-- PROGRAM",
      description = "The program and its arguments.")
  private List<String> program;

  ConformCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ThreadOption.atLeastOne("--cases", cases);
    ThreadOption.atLeastOne("--timeout", timeout);
    Set<String> wanted = new LinkedHashSet<>();
    globs.forEach(glob -> wanted.addAll(Hooks.select(glob, Conformance.operations())));
    Scorecard card;
    try (Workers workers = Workers.of(1);
        ChildProgram child = new ChildProgram(program, timeout, Limits.DEFAULT.lineBytes())) {
      child.start();
      Oracle oracle = new Oracle(OracleFiles.EMBEDDED, Limits.DEFAULT, workers, Version.text());
      card =
          new Conformance(oracle, child, Optional.ofNullable(precision), dtype(), cases)
              .examine(wanted, seed);
    }
    if (card.asked() == 0) {
      throw new InputException(
          program.get(0) + " knows none of the operations: nothing can be graded");
    }
    if (failures != null) {
      write(card);
    }
    if (json.wanted()) {
      JsonOutput.print(terminal, card.json());
    } else {
      print(card);
    }
    return card.isBad() ? ExitCode.BAD_VERDICT : ExitCode.DONE;
  }

  private DType dtype() {
    if (precision == null) {
      return DType.F32;
    }
    return Candidate.of(precision, PortContract.ELEMENTARY_ULP).get(0).contract().storage().dtype();
  }

  private void write(Scorecard card) {
    String lines =
        card.marks().stream()
            .flatMap(mark -> mark.failedRequest().stream())
            .map(line -> line + "\n")
            .collect(Collectors.joining());
    try (OutputFile file = OutputFile.create(failures)) {
      file.write(ByteBuffer.wrap(lines.getBytes(StandardCharsets.UTF_8)), 0);
      file.commit();
    }
  }

  private void print(Scorecard card) {
    TextTable table =
        new TextTable(
            TextTable.Align.LEFT,
            TextTable.Align.LEFT,
            TextTable.Align.RIGHT,
            TextTable.Align.RIGHT,
            TextTable.Align.RIGHT,
            TextTable.Align.RIGHT);
    table.add("operation", "", "passed", "failed", "undecided", "worst / bound");
    for (Scorecard.Mark mark : card.marks()) {
      boolean skipped = mark.skipped().isPresent();
      table.add(
          mark.operation(),
          mark.verdict(),
          skipped ? "" : mark.passed() + "",
          skipped ? "" : mark.failed() + "",
          skipped ? "" : mark.undecided() + "",
          Double.isNaN(mark.worst()) ? "" : String.format(Locale.ROOT, "%.3g", mark.worst()));
    }
    table.lines().forEach(terminal.out()::println);
    for (Scorecard.Mark mark : card.marks()) {
      mark.firstFailure().ifPresent(why -> terminal.out().println(mark.operation() + ": " + why));
      mark.skipped().ifPresent(why -> terminal.out().println(mark.operation() + ": " + why));
    }
    long bad = card.marks().stream().filter(mark -> mark.failed() > 0).count();
    terminal
        .out()
        .println(
            "%s: %d operations asked for, %d skipped, %d fail; seed %d, %d cases each"
                .formatted(
                    card.isBad() ? "fail" : "pass",
                    card.asked(),
                    card.marks().size() - card.asked(),
                    bad,
                    card.seed(),
                    cases));
  }
}
