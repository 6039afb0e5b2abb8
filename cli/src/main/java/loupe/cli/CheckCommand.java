package loupe.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import loupe.gemma2.Gemma2Config;
import loupe.golden.check.Candidate;
import loupe.golden.check.DumpPrecision;
import loupe.golden.check.Grader;
import loupe.golden.check.Report;
import loupe.golden.check.ReportJson;
import loupe.reference.InputException;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code loupe check}: grades the dump of another program. */
@Command(
    description = {
      "Grades what another program computed: is a difference rounding, or a bug, and",
      "where does it begin? Each tensor of the dump is computed anew from the tensors",
      "that the program had before it, with a proven bound for every element."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe check --dump mine.safetensors --model gemma-2-2b --tokens 2,651,6037",
      "  loupe check --dump mine.npz --precision bf16 --json \"The capital of France is\"",
      "  loupe check --dump a.safetensors --dump b.safetensors --jsonl --tokens 2,9,4",
      "",
      "The text or the ids are what the program was given; ids are taken as they are.",
      "The exit code is a verdict: 0 for pass or undecidable, 1 for fail."
    })
final class CheckCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private ModelOptions modelOptions;
  @Mixin private TextOptions text;
  @Mixin private PrecisionOption precision;
  @Mixin private JsonOutput json;

  @Option(
      names = "--dump",
      required = true,
      paramLabel = "F",
      description = "Tensors of the program, safetensors or npz. Several with --jsonl.")
  private List<Path> dumps;

  @Option(names = "--jsonl", description = "One JSON document on one line for each dump.")
  private boolean jsonLines;

  @Option(names = "--all", description = "Lists every tensor instead of the noteworthy ones.")
  private boolean all;

  CheckCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    modelOptions.quirk().admit("check", terminal);
    if (dumps.size() > 1 && !jsonLines) {
      throw new InputException("several --dump need --jsonl");
    }
    modelOptions.quirk().admit("check", terminal);
    precision.candidates();
    ModelFiles files = new ModelFiles(modelOptions);
    Gemma2Config config = files.config().config();
    int[] ids = files.promptIds(text, terminal);
    try (Workers workers = modelOptions.numbers().workers()) {
      Grader grader = new Grader(config, files.weights(), workers);
      int exit = ExitCode.DONE;
      for (Path dump : dumps) {
        int one = jsonLines ? line(dump, config, grader, ids) : one(dump, config, grader, ids);
        exit = Math.max(exit, one);
      }
      return exit;
    }
  }

  private int one(Path dump, Gemma2Config config, Grader grader, int[] ids) {
    Report report = grade(dump, config, grader, ids);
    if (json.wanted()) {
      JsonOutput.print(terminal, ReportJson.document(report));
    } else {
      new CheckText(terminal, report).print(all);
    }
    return exitCode(report);
  }

  /** A dump that cannot be read has a line too, and the others are still graded. */
  private int line(Path dump, Gemma2Config config, Grader grader, int[] ids) {
    try {
      Report report = grade(dump, config, grader, ids);
      JsonOutput.print(terminal, ReportJson.line(dump.toString(), report));
      return exitCode(report);
    } catch (InputException e) {
      JsonOutput.print(terminal, ReportJson.error(dump.toString(), e.getMessage()));
      terminal.note(e.getMessage());
      return ExitCode.BAD_INPUT;
    }
  }

  private Report grade(Path dump, Gemma2Config config, Grader grader, int[] ids) {
    TensorSource tensors = TensorFile.open(dump);
    List<Candidate> candidates =
        precision
            .candidates()
            .orElseGet(
                () ->
                    precision.candidates(DumpPrecision.of(tensors, grader.known(tensors), config)));
    return grader.grade(ids, tensors, candidates);
  }

  private static int exitCode(Report report) {
    return report.outcome() == Report.Outcome.FAIL ? ExitCode.BAD_VERDICT : ExitCode.DONE;
  }
}
