package loupe.cli;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import loupe.golden.JsonNumbers;
import loupe.golden.quirk.Quirk;
import loupe.reference.InputException;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import loupe.sae.SaeMetrics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code loupe encode}: an SAE on activations from a file. */
@Command(
    description = {
      "Runs an SAE or transcoder on given activations [pos, d_in]: writes pre,",
      "features and reconstruction, and prints its metrics as JSON."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe trace --out t.safetensors --hooks blocks.3.hook_resid_post \"Four score\"",
      "  loupe encode --sae tiny/res/layer_3 --in t.safetensors \\",
      "      --tensor blocks.3.hook_resid_post --out f.safetensors --skip-bos",
      "",
      "l0 is the mean count of features above 0, fvu the fraction of variance unexplained."
    })
final class EncodeCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private QuirkOption quirk;
  @Mixin private SaeOptions saes;
  @Mixin private ArithmeticOptions numbers;
  @Mixin private JsonOutput json;

  @Option(
      names = "--in",
      required = true,
      paramLabel = "F",
      description = "A safetensors or npz file with the activations.")
  private Path in;

  @Option(
      names = "--tensor",
      required = true,
      paramLabel = "T",
      description = {
        "The tensor of F that is encoded: [pos, d_in], or more axes, of which",
        "all but the first are flattened, such as [pos, head, d_head]."
      })
  private String tensor;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "G",
      description = "The safetensors file that is written.")
  private Path out;

  @Option(
      names = "--target",
      paramLabel = "U",
      description = {
        "The tensor of F that the reconstruction is compared with: T by",
        "default, but for a transcoder there is none."
      })
  private String target;

  @Option(names = "--skip-bos", description = "Leaves position 0 out of the metrics.")
  private boolean skipBos;

  EncodeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    quirk.admit("encode", terminal, Quirk.Part.SAE);
    if (saes.saes().size() != 1) {
      throw new InputException("encode takes one --sae, not " + saes.saes().size());
    }
    try (Workers workers = numbers.workers()) {
      FoundSae found =
          new SaeFinder(
                  saes,
                  numbers.arithmetic(workers, terminal.environment()),
                  quirk.quirk(),
                  terminal.environment())
              .find(saes.saes().get(0), Optional.empty());
      TensorSource file = TensorFile.open(in);
      ActivationRows inputs = new ActivationRows(file.tensor(tensor), found.sae().dIn(), "d_in");
      String compared = target == null && !found.isTranscoder() ? tensor : target;
      ActivationRows targets =
          compared == null
              ? null
              : new ActivationRows(file.tensor(compared), found.sae().dOut(), "d_out");
      SaeMetrics metrics = new Encoding(terminal, found, inputs, targets, skipBos).writeTo(out);
      JsonObject document = document(metrics);
      quirk.mark(document);
      JsonOutput.print(terminal, document);
      return ExitCode.DONE;
    }
  }

  private static JsonObject document(SaeMetrics metrics) {
    JsonObject document = new JsonObject();
    document.add("l0", JsonNumbers.orNull(metrics.l0().orElse(Double.NaN)));
    document.add("fvu", JsonNumbers.orNull(metrics.fvu().orElse(Double.NaN)));
    document.add("mse", JsonNumbers.orNull(metrics.mse().orElse(Double.NaN)));
    document.add("cosine", JsonNumbers.orNull(metrics.cosine().orElse(Double.NaN)));
    return document;
  }
}
