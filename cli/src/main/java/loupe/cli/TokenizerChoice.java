package loupe.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import loupe.golden.EmbeddedModel;
import loupe.loaders.Tokenizer;
import loupe.loaders.TokenizerFile;
import loupe.reference.InputException;

/** Which tokenizer goes with a model: the one of {@code --tokenizer}, else the model's own. */
final class TokenizerChoice {
  private TokenizerChoice() {}

  /**
   * The tokenizer, opened; empty for a model's folder without one.
   *
   * @throws InputException if the tokenizer's file or the model is not there, or the file is
   *     malformed
   */
  static Optional<Tokenizer> find(ModelOptions options) {
    if (options.tokenizer() != null) {
      return Optional.of(TokenizerFile.open(options.tokenizer()));
    }
    if (options.model().equals(EmbeddedModel.NAME)) {
      return Optional.of(
          TokenizerFile.open("embedded tiny/tokenizer.model", EmbeddedModel.tokenizerModel()));
    }
    Path model = Path.of(options.model());
    if (!Files.exists(model)) {
      throw new InputException(
          model + ": no such folder or file; --model takes a model's folder, or tiny");
    }
    return TokenizerFile.inFolder(model);
  }

  /**
   * As {@link #find}, for where there must be one.
   *
   * @throws InputException also if there is none
   */
  static Tokenizer require(ModelOptions options) {
    return find(options)
        .orElseThrow(
            () ->
                new InputException(
                    options.model()
                        + ": there is no tokenizer.model and no tokenizer.json; give one by"
                        + " --tokenizer F, or ids by --tokens"));
  }
}
