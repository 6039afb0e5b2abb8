package loupe.golden.oracle;

import java.util.Optional;
import loupe.gemma2.Gemma2Config;
import loupe.golden.EmbeddedModel;
import loupe.loaders.Tokenizer;
import loupe.loaders.TokenizerFile;
import loupe.reference.Arithmetic;
import loupe.reference.TensorSource;
import loupe.sae.JumpReluSae;
import loupe.sae.SaeEntry;
import loupe.sae.SaeWeights;

/**
 * Where the oracle finds what a request names instead of holding. What cannot be had is refused as
 * {@link ErrorCode#UNAVAILABLE}, or by an {@link loupe.reference.InputException}.
 */
public interface OracleFiles {
  /** The embedded model and its SAEs; no file is ever opened. */
  OracleFiles EMBEDDED =
      new OracleFiles() {
        @Override
        public TensorSource tensors(String path) {
          throw refused(path);
        }

        @Override
        public NamedModel model(String name) {
          if (!name.equals(EmbeddedModel.NAME)) {
            throw refused(name);
          }
          return new NamedModel(
              EmbeddedModel.config().config(),
              EmbeddedModel.weights(),
              Optional.of(
                  TokenizerFile.open("embedded tokenizer.model", EmbeddedModel.tokenizerModel())));
        }

        @Override
        public JumpReluSae sae(String name, Arithmetic arithmetic) {
          for (SaeEntry entry : EmbeddedModel.saes()) {
            if (entry.id().equals(name)) {
              return new JumpReluSae(
                  arithmetic, SaeWeights.load(EmbeddedModel.saeParameters(entry), arithmetic));
            }
          }
          throw refused(name);
        }
      };

  /** The tensors of a file. */
  TensorSource tensors(String path);

  /** The model of this name: {@code tiny}, a folder, or a GGUF file. */
  NamedModel model(String name);

  /** The SAE of this id or path. */
  JumpReluSae sae(String name, Arithmetic arithmetic);

  /**
   * A model that a request names.
   *
   * @param tokenizer empty where it has none
   */
  record NamedModel(Gemma2Config config, TensorSource weights, Optional<Tokenizer> tokenizer) {}

  private static RefusedException refused(String name) {
    return new RefusedException(
        ErrorCode.UNAVAILABLE, name + ": files may not be read here; only tiny is known by name");
  }
}
