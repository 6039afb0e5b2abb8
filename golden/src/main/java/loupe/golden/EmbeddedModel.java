package loupe.golden;

import loupe.gemma2.ConfigJson;
import loupe.reference.TensorSource;

/**
 * The model that comes with the program: a Gemma 2 of 2.1 million parameters, trained on the State
 * of the Union addresses and Moby-Dick, with its tokenizer and its SAEs. Files are read from the
 * class path at each call and kept by the caller.
 */
public final class EmbeddedModel {
  /** What it is called on the command line, and as a release of SAEs. */
  public static final String NAME = "tiny";

  private static final String FOLDER = "tiny/";

  private EmbeddedModel() {}

  /** Its configuration, with the defaults that were taken. */
  public static ConfigJson.Resolved config() {
    String path = FOLDER + "config.json";
    return ConfigJson.read(Resources.json(path).fields(), "embedded " + path);
  }

  /** Its checkpoint. */
  public static TensorSource weights() {
    return Resources.safetensors(FOLDER + "model.safetensors");
  }

  /** Its tokenizer as SentencePiece writes it: the one that is used. */
  public static byte[] tokenizerModel() {
    return Resources.bytes(FOLDER + "tokenizer.model");
  }

  /** The same vocabulary as Hugging Face's tokenizers write it. */
  public static byte[] tokenizerJson() {
    return Resources.bytes(FOLDER + "tokenizer.json");
  }
}
