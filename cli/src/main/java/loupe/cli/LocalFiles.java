package loupe.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import loupe.golden.oracle.OracleFiles;
import loupe.reference.Arithmetic;
import loupe.reference.InputException;
import loupe.reference.TensorSource;
import loupe.sae.JumpReluSae;

/** What requests name, found as the commands find what {@code --model} and {@code --sae} name. */
record LocalFiles(Map<String, String> environment) implements OracleFiles {
  @Override
  public TensorSource tensors(String path) {
    try {
      return TensorFile.open(Path.of(path));
    } catch (InvalidPathException e) {
      throw noPath(path);
    }
  }

  @Override
  public NamedModel model(String name) {
    try {
      ModelFiles files = ModelFiles.of(name);
      return new NamedModel(files.config().config(), files.weights(), files.tokenizer());
    } catch (InvalidPathException e) {
      throw noPath(name);
    }
  }

  @Override
  public JumpReluSae sae(String name, Arithmetic arithmetic) {
    try {
      return new SaeFinder(new SaeOptions(), arithmetic, Optional.empty(), environment)
          .find(name, Optional.empty())
          .sae();
    } catch (InvalidPathException e) {
      throw noPath(name);
    }
  }

  private static InputException noPath(String name) {
    return new InputException(name + ": no path of a file can be written so");
  }
}
