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
  @Mixin private ReportOptions reports;
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
    if (dumps.dumps().size() > 1 && reports.areForOne()) {
      throw new InputException("--html and --known-failures are about one --dump");
    }
    reports.open();
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
      reports.finish();
      return exit;
    }
  }

  private int one(Path dump, Grading grading) {
    Grading.Graded graded = grading.grade(dump);
    reports.add(graded);
    if (json.wanted()) {
      printJson(graded, ReportJson.document(graded.report()));
    } else {
      new CheckText(terminal, graded).print(all);
      reports.print(graded, terminal);
    }
    return reports.exitCode(graded);
  }

  private void printJson(Grading.Graded graded, JsonObject document) {
    reports.describe(graded, document);
    JsonOutput.print(terminal, graded.describe(document));
  }

  /** A dump that cannot be read has a line too, and the others are still graded. */
  private int line(Path dump, Grading grading) {
    try {
      Grading.Graded graded = grading.grade(dump);
      reports.add(graded);
      printJson(graded, ReportJson.line(dump.toString(), graded.report()));
      return reports.exitCode(graded);
    } catch (InputException e) {
      reports.addError(dump.toString(), e.getMessage());
      JsonOutput.print(terminal, ReportJson.error(dump.toString(), e.getMessage()));
      terminal.note(e.getMessage());
      return ExitCode.BAD_INPUT;
    }
  }
}
