package loupe.golden.facts;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.loaders.Tokenizer;
import loupe.reference.TensorSource;
import loupe.sae.AttachedSae;

/**
 * What a user has, and wants to know right. Each part is opened when the first fact asks for it.
 */
public interface Subject {
  /**
   * The names by which facts may call the model, such as {@code gemma-2-2b}, without their owner;
   * none where its name is not known.
   */
  Set<String> modelNames();

  /** What a user calls the model, for messages. */
  String modelLabel();

  /** Its configuration. */
  Gemma2Config config();

  /** Whether there are weights. */
  boolean hasWeights();

  /** The model, with {@link #hasWeights}. */
  Gemma2 model();

  /** Its checkpoint, with {@link #hasWeights}. */
  TensorSource checkpoint();

  /** The files of the checkpoint, as many as it has shards; 1 where it is embedded. */
  int checkpointFiles();

  /** The tokenizer, if there is one. */
  Optional<Tokenizer> tokenizer();

  /** The bytes of {@code tokenizer.model}, if that is the tokenizer's form. */
  Optional<byte[]> tokenizerModel();

  /** Whether the user chose the tokenizer apart from the model. */
  boolean tokenizerIsChosen();

  /** Ids that end a text. */
  Set<Integer> eosIds();

  /**
   * An SAE.
   *
   * @param id such as {@code gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71}
   * @throws NotApplicable if it is not here; the message says where to get it
   */
  AttachedSae sae(String id);

  /** The file of an SAE, where it is one; {@link NotApplicable} as {@link #sae}. */
  Optional<Path> saeFile(String id);

  /** The documents that the user gives for a fact about a text that is not part of it. */
  Optional<List<String>> documents(String factId);
}
