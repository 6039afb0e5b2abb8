package loupe.loaders;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.loaders.SentencePieces.PieceType;
import loupe.reference.InputException;

/**
 * A {@code tokenizer.model} as keys of a GGUF file: the counterpart of {@link GgufTokenizer}. As
 * llama.cpp wants it, user-defined pieces have spaces for U+2581, the marks of turns are control
 * pieces, and rows of the embedding beyond the vocabulary are pieces of type unused.
 */
public final class GgufVocabulary {
  private static final String PREFIX = "tokenizer.ggml.";
  private static final Set<String> TURNS = Set.of("<start_of_turn>", "<end_of_turn>");

  private GgufVocabulary() {}

  /**
   * The keys of a file without a vocabulary.
   *
   * @param eosIds ids that end a text: the first, and the second that ends a turn, have keys
   */
  public static Map<String, Object> none(int bosId, List<Integer> eosIds) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put(PREFIX + "model", "no_vocab");
    keys.put(PREFIX + "bos_token_id", bosId);
    if (!eosIds.isEmpty()) {
      keys.put(PREFIX + "eos_token_id", eosIds.get(0));
    }
    if (eosIds.size() > 1) {
      keys.put(PREFIX + "eot_token_id", eosIds.get(1));
    }
    return keys;
  }

  /**
   * The keys of a vocabulary.
   *
   * @param rows of the embedding
   * @throws InputException if it is that of a {@code tokenizer.json}, whose ids GGUF's kind of
   *     vocabulary does not give, or has more pieces than the embedding has rows
   */
  public static Map<String, Object> keys(Tokenizer tokenizer, int rows) {
    if (!(tokenizer instanceof SentencePieceModel model)) {
      throw new InputException(
          tokenizer.origin()
              + ": GGUF holds vocabularies of SentencePiece; put the tokenizer.model into the"
              + " folder, or name it by --tokenizer");
    }
    if (model.vocabSize() > rows) {
      throw new InputException(
          "%s: has %d pieces, and the embedding %d rows; is it the model's own?"
              .formatted(tokenizer.origin(), model.vocabSize(), rows));
    }
    String[] tokens = new String[rows];
    float[] scores = new float[rows];
    int[] types = new int[rows];
    for (int id = 0; id < rows; id++) {
      boolean padding = id >= model.vocabSize();
      PieceType type = padding ? PieceType.UNUSED : model.type(id);
      String piece = padding ? "[PAD" + id + "]" : model.piece(id);
      tokens[id] = type == PieceType.USER_DEFINED ? piece.replace('\u2581', ' ') : piece;
      scores[id] = padding ? -10000 : -Math.max(0, model.rank(id));
      types[id] = (TURNS.contains(piece) ? PieceType.CONTROL : type).ordinal();
    }
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put(PREFIX + "model", "llama");
    keys.put(PREFIX + "pre", "default");
    keys.put(PREFIX + "tokens", tokens);
    keys.put(PREFIX + "scores", scores);
    keys.put(PREFIX + "token_type", types);
    model.bosId().ifPresent(id -> keys.put(PREFIX + "bos_token_id", id));
    model.eosId().ifPresent(id -> keys.put(PREFIX + "eos_token_id", id));
    model.id("<unk>").ifPresent(id -> keys.put(PREFIX + "unknown_token_id", id));
    model.id("<pad>").ifPresent(id -> keys.put(PREFIX + "padding_token_id", id));
    keys.put(PREFIX + "add_bos_token", model.bosId().isPresent());
    keys.put(PREFIX + "add_eos_token", false);
    keys.put(PREFIX + "add_space_prefix", false);
    return keys;
  }
}
