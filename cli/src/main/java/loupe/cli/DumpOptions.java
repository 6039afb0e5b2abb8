package loupe.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import loupe.golden.dialect.Dictionary;
import loupe.golden.dialect.Renaming;
import loupe.reference.InputException;
import picocli.CommandLine.Option;

/** The options that say what a program dumped, and in whose words. A picocli mixin. */
final class DumpOptions {
  @Option(
      names = "--dump",
      required = true,
      paramLabel = "F",
      description = {
        "Tensors of the program: safetensors, npz, npy or gguf, the text that",
        "llama.cpp's eval-callback prints, the JSON of Hugging Face's model",
        "debugger, or a folder of npy and NAME.2x5x64.f32 files. Several with --jsonl."
      })
  private List<Path> dumps;

  @Option(
      names = "--dialect",
      paramLabel = "D",
      description = "Whose names the dump has, one of loupe names; found out by default.")
  private String dialect;

  @Option(
      names = "--rename",
      paramLabel = "THEIRS=OURS",
      description = {
        "What a name of the dump means, with {layer} for the layer's number;",
        "nothing after the sign leaves the tensor out. Repeatable."
      })
  private List<String> renames = List.of();

  List<Path> dumps() {
    return dumps;
  }

  /** The dialect that the user names, if any; {@link InputException} if there is none such. */
  Optional<String> dialect() {
    return Optional.ofNullable(dialect).map(name -> Dictionary.get().dialect(name).name());
  }

  /** What the user says about names. */
  Renaming renaming(int layers) {
    return new Renaming(renames, layers);
  }
}
