package loupe.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import loupe.golden.JsonNumbers;
import loupe.golden.TraceComparison;
import loupe.reference.InputException;
import loupe.reference.TensorSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code loupe compare}: two traces, tensor by tensor. */
@Command(
    description = {
      "Compares two traces (safetensors or npz), tensor by tensor. A is the",
      "reference: distances are given in units of the largest |A| of the tensor."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe compare reference.safetensors mine.safetensors",
      "  loupe compare --tolerance 1e-5 reference.safetensors mine.safetensors",
      "  loupe compare --json reference.safetensors mine.safetensors",
      "",
      "With --tolerance the exit code is a verdict: 0 where each tensor that both have is",
      "within, 1 where one is beyond or of another shape. Of attention scores only those",
      "entries count that mask and window admit."
    })
final class CompareCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private JsonOutput json;

  @Parameters(index = "0", paramLabel = "A", description = "The reference.")
  private Path a;

  @Parameters(index = "1", paramLabel = "B", description = "What is compared with it.")
  private Path b;

  @Option(
      names = "--tolerance",
      paramLabel = "R",
      description = "Largest distance allowed, in units of the tensor's largest |A|.")
  private Double tolerance;

  @Option(names = "--all", description = "Lists every tensor instead of the 20 worst.")
  private boolean all;

  CompareCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (tolerance != null && !(tolerance >= 0)) {
      throw new InputException("--tolerance must be 0 or more, not " + tolerance);
    }
    TraceComparison comparison = compared(TensorFile.open(a), TensorFile.open(b));
    if (json.wanted()) {
      JsonOutput.print(terminal, document(comparison));
    } else {
      new ComparisonText(terminal, comparison, tolerance).print(all);
    }
    boolean bad = tolerance != null && !comparison.within(tolerance);
    return bad ? ExitCode.BAD_VERDICT : ExitCode.DONE;
  }

  private TraceComparison compared(TensorSource reference, TensorSource other) {
    long elements = 0;
    for (String name : reference.names()) {
      elements += other.names().contains(name) ? reference.tensor(name).elementCount() : 0;
    }
    try (Progress progress = terminal.progress("comparing", elements)) {
      return TraceComparison.of(reference, other, progress::advance);
    }
  }

  private static JsonObject document(TraceComparison comparison) {
    JsonArray tensors = new JsonArray();
    for (TraceComparison.Entry entry : comparison.tensors()) {
      tensors.add(document(entry));
    }
    JsonArray missing = new JsonArray();
    for (TraceComparison.Missing one : comparison.missing()) {
      JsonObject object = new JsonObject();
      object.addProperty("name", one.name());
      object.addProperty("in", one.in());
      missing.add(object);
    }
    JsonObject document = new JsonObject();
    document.add("tensors", tensors);
    document.add("missing", missing);
    return document;
  }

  private static JsonObject document(TraceComparison.Entry entry) {
    JsonObject object = new JsonObject();
    object.addProperty("name", entry.name());
    if (entry.difference().isEmpty()) {
      object.add("max_abs", JsonNull.INSTANCE);
      object.add("rel_to_max", JsonNull.INSTANCE);
      object.add("worst_index", JsonNull.INSTANCE);
      return object;
    }
    TraceComparison.Difference difference = entry.difference().get();
    object.add("max_abs", JsonNumbers.of(difference.maxAbs()));
    object.add("rel_to_max", JsonNumbers.of(difference.relToMax()));
    JsonArray index = new JsonArray();
    for (long i : difference.worstIndex()) {
      index.add(i);
    }
    object.add("worst_index", index);
    return object;
  }
}
