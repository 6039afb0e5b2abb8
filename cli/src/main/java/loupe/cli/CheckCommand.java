package loupe.cli;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import loupe.golden.check.ReportJson;
import loupe.reference.InputException;
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
      "  loupe check --dump hf.safetensors --dialect hf --json \"The capital of France is\"",
      "  loupe check --dump a.safetensors --dump b.safetensors --jsonl --tokens 2,9,4",
      "",
      "The text or the ids are what the program was given; ids are taken as they are.",
      "The exit code is a verdict: 0 for pass or undecidable, 1 for fail."
    })
final class CheckCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private ModelOptions modelOptions;
  @Mixin private TextOptions text;
  @Mixin private DumpOptions dumps;
  @Mixin private PrecisionOption precision;
  @Mixin private JsonOutput json;

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
    if (dumps.dumps().size() > 1 && !jsonLines) {
      throw new InputException("several --dump need --jsonl");
    }
    precision.candidates();
    dumps.dialect();
    ModelFiles files = new ModelFiles(modelOptions);
    int[] ids = files.promptIds(text, terminal);
    try (Workers workers = modelOptions.numbers().workers()) {
      Grading grading = new Grading(files, ids, dumps, precision, workers);
      int exit = ExitCode.DONE;
      for (Path dump : dumps.dumps()) {
        exit = Math.max(exit, jsonLines ? line(dump, grading) : one(dump, grading));
      }
      return exit;
    }
  }

  private int one(Path dump, Grading grading) {
    Grading.Graded graded = grading.grade(dump);
    if (json.wanted()) {
      JsonOutput.print(terminal, graded.describe(ReportJson.document(graded.report())));
    } else {
      new CheckText(terminal, graded).print(all);
    }
    return graded.exitCode();
  }

  /** A dump that cannot be read has a line too, and the others are still graded. */
  private int line(Path dump, Grading grading) {
    try {
      Grading.Graded graded = grading.grade(dump);
      JsonObject document = ReportJson.line(dump.toString(), graded.report());
      JsonOutput.print(terminal, graded.describe(document));
      return graded.exitCode();
    } catch (InputException e) {
      JsonOutput.print(terminal, ReportJson.error(dump.toString(), e.getMessage()));
      terminal.note(e.getMessage());
      return ExitCode.BAD_INPUT;
    }
  }
}
