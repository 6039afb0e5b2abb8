package loupe.cli;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import loupe.golden.check.ReportJson;
import loupe.reference.Arithmetic;
import loupe.reference.InputException;
import loupe.reference.Workers;
import loupe.sae.AttachedSae;
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
      "  loupe check --dump sae.safetensors --sae tiny/res/layer_3 \"Four score\"",
      "",
      "The text or the ids are what the program was given; ids are taken as they are.",
      "The exit code is a verdict: 0 for pass or undecidable, 1 for fail.",
      "Of logits or layer outputs alone the limit is measured, not proven: implausible",
      "is a fail too, with a chance of a false alarm that the report states."
    })
final class CheckCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private ModelOptions modelOptions;
  @Mixin private TextOptions text;
  @Mixin private DumpOptions dumps;
  @Mixin private SaeOptions saes;
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
    if (dumps.dumps().size() > 1 && !jsonLines) {
      throw new InputException("several --dump need --jsonl");
    }
    if (dumps.dumps().size() > 1 && reports.areForOne()) {
      throw new InputException("--html and --known-failures are about one --dump");
    }
    reports.open();
    precision.candidates("");
    dumps.dialect();
    ModelFiles files = new ModelFiles(modelOptions);
    try (Workers workers = modelOptions.numbers().workers()) {
      Function<Path, Grading.Graded> grading = grading(files, workers);
      int exit = ExitCode.DONE;
      for (Path dump : dumps.dumps()) {
        exit = Math.max(exit, jsonLines ? line(dump, grading) : one(dump, grading));
      }
      reports.finish();
      return exit;
    }
  }

  /** What grades a dump: of the model, or of an SAE. */
  private Function<Path, Grading.Graded> grading(ModelFiles files, Workers workers)
      throws IOException {
    if (saes.saes().isEmpty()) {
      AtomicReference<String> words = new AtomicReference<>();
      UnaryOperator<String> remembered =
          given -> {
            words.set(given);
            return given;
          };
      int[] ids = files.promptIds(text, remembered, terminal);
      Supplier<Map<String, int[]>> prompts = () -> files.promptsOfBugs(words.get());
      return new Grading(files, ids, dumps, precision, prompts, workers)::grade;
    }
    if (saes.saes().size() > 1) {
      throw new InputException("check takes one --sae, not " + saes.saes().size());
    }
    if (precision.asksWhichPolicy()) {
      throw new InputException(
          "--which-policy goes without --sae: policies are of engines, which have no SAEs");
    }
    Optional<int[]> ids =
        text.isGiven() ? Optional.of(files.promptIds(text, terminal)) : Optional.empty();
    Function<Arithmetic, AttachedSae> sae =
        arithmetic ->
            new SaeFinder(saes, arithmetic, Optional.empty(), terminal.environment())
                .find(saes.saes().get(0), Optional.of(files.shape()))
                .attached();
    return new SaeGrading(files, ids, dumps, precision, sae, workers)::grade;
  }

  private int one(Path dump, Function<Path, Grading.Graded> grading) {
    Grading.Graded graded = grading.apply(dump);
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
  private int line(Path dump, Function<Path, Grading.Graded> grading) {
    try {
      Grading.Graded graded = grading.apply(dump);
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
