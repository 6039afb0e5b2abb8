package loupe.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import loupe.gemma2.Gemma2Config;
import loupe.reference.KernelProvider;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code loupe info}: what a model is, and how it would be run here. */
@Command(
    description = {
      "Shows a model's configuration with every default resolved, its sizes, the memory",
      "it needs, and how numbers are computed here. What is known to be wrong is said",
      "on standard error."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe info",
      "  loupe info --model gemma-2-2b --arithmetic float64",
      "  loupe info --model gemma-2-2b --json"
    })
final class InfoCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private ModelOptions model;
  @Mixin private JsonOutput json;

  InfoCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ModelFiles files = new ModelFiles(model);
    Gemma2Config config = files.config().config();
    KernelProvider kernels = KernelProvider.choose(terminal.environment());
    List<String> more = ModelInfo.warnings(files, kernels);
    List<String> warnings = new ArrayList<>(config.warnings());
    warnings.addAll(more);
    if (files.hasWeights()) {
      // Says the configuration's warnings, and refuses weights that do not fit it.
      LoadedModel.open(files, model, Integer.MAX_VALUE, terminal).close();
      more.forEach(this::warn);
    } else {
      warnings.forEach(this::warn);
    }
    ModelInfo info = info(files, kernels, warnings);
    if (json.wanted()) {
      JsonOutput.print(terminal, new InfoJson(info).document());
    } else {
      new InfoText(info, terminal).print();
    }
    return ExitCode.DONE;
  }

  private void warn(String warning) {
    terminal.note("warning: " + warning);
  }

  private ModelInfo info(ModelFiles files, KernelProvider kernels, List<String> warnings) {
    ArithmeticOptions numbers = model.numbers();
    String arithmetic = numbers.name();
    int elementBytes = arithmetic.equals("float32") ? Float.BYTES : Double.BYTES;
    int chunk = model.chunk().orElse(LoadedModel.CHUNK);
    return new ModelInfo(
        files.name(),
        files.config(),
        files.hasWeights() ? Optional.of(ModelInfo.Stored.of(files.weights())) : Optional.empty(),
        files.tokenizer(),
        new ModelInfo.Numbers(arithmetic, numbers.threads(), kernels),
        new MemoryNeed(files.config().config(), elementBytes, chunk),
        files.notes(),
        warnings);
  }
}
