package loupe.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import loupe.golden.GgufExport;
import loupe.loaders.GgmlType;
import loupe.loaders.Tokenizer;
import loupe.reference.InputException;
import loupe.reference.Workers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code loupe convert}: a model as a GGUF file. */
@Command(
    description = {
      "Writes a model as a GGUF file, for llama.cpp and programs built on it. What",
      "GGUF cannot express is refused; what is changed on the way is said."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe convert --model gemma-2-2b --type q8_0 --out gemma-2-2b.gguf",
      "  loupe convert --type f32 --fold-query-scale --out tiny.gguf",
      "  loupe look --model tiny.gguf \"Four score\"     reads it back",
      "",
      "Matrices whose rows are no multiple of 32 elements become f16 in a q8_0 file."
    })
final class ConvertCommand implements Callable<Integer> {
  private static final List<GgmlType> TYPES =
      List.of(GgmlType.F32, GgmlType.F16, GgmlType.BF16, GgmlType.Q8_0);

  private final Terminal terminal;
  @Mixin private ModelOptions options;
  @Mixin private JsonOutput json;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "F",
      description = "The .gguf file that is written.")
  private Path out;

  @Option(
      names = {"--type", "--outtype"},
      defaultValue = "bf16",
      paramLabel = "T",
      description = "How matrices are stored: f32, f16, bf16 (default) or q8_0.")
  private String type;

  @Option(
      names = "--fold-query-scale",
      description = {
        "Multiplies a query_pre_attn_scalar that GGUF cannot express into the",
        "query weights."
      })
  private boolean foldQueryScale;

  ConvertCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    GgmlType wanted = wantedType();
    if (!out.toString().toLowerCase(Locale.ROOT).endsWith(".gguf")) {
      throw new InputException("--out " + out + ": the name of a GGUF file ends in .gguf");
    }
    ModelFiles files = new ModelFiles(options);
    GgufExport export =
        new GgufExport(files.config().config(), files.weights(), wanted, foldQueryScale);
    Optional<Tokenizer> tokenizer = files.tokenizer();
    List<String> notes = new ArrayList<>(export.notes());
    if (tokenizer.isEmpty()) {
      notes.add("the model has no tokenizer, so the file has no vocabulary: it takes ids only");
    }
    try (Workers workers = options.numbers().workers();
        Progress bar = terminal.progress("writing " + out, export.elementCount())) {
      export.write(out, files.modelName(), tokenizer, workers, bar::advance);
    }
    notes.forEach(note -> terminal.note(out + ": " + note));
    report(wanted, notes);
    return ExitCode.DONE;
  }

  private GgmlType wantedType() {
    for (GgmlType known : TYPES) {
      if (known.name().equalsIgnoreCase(type)) {
        return known;
      }
    }
    throw new InputException("--type: there is no " + type + "; there are f32, f16, bf16, q8_0");
  }

  private void report(GgmlType wanted, List<String> notes) throws IOException {
    long bytes = Files.size(out);
    if (json.wanted()) {
      JsonObject document = new JsonObject();
      document.addProperty("out", out.toString());
      document.addProperty("type", wanted.name().toLowerCase(Locale.ROOT));
      document.addProperty("bytes", bytes);
      JsonArray said = new JsonArray();
      notes.forEach(said::add);
      document.add("notes", said);
      JsonOutput.print(terminal, document);
      return;
    }
    terminal.out().println(out + ": " + ByteSize.text(bytes) + ", " + wanted);
  }
}
