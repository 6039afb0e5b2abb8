package loupe.loaders;

import java.util.LinkedHashMap;
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
  private static final Set<String> TURNS = Set.of("<start_of_turn>", "<end_of_turn>");

  private GgufVocabulary() {}

  /** The keys of a file without a vocabulary. */
  public static Map<String, Object> none() {
    return Map.of("tokenizer.ggml.model", "no_vocab");
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
    keys.put("tokenizer.ggml.model", "llama");
    keys.put("tokenizer.ggml.pre", "default");
    keys.put("tokenizer.ggml.tokens", tokens);
    keys.put("tokenizer.ggml.scores", scores);
    keys.put("tokenizer.ggml.token_type", types);
    model.bosId().ifPresent(id -> keys.put("tokenizer.ggml.bos_token_id", id));
    model.eosId().ifPresent(id -> keys.put("tokenizer.ggml.eos_token_id", id));
    model.id("<unk>").ifPresent(id -> keys.put("tokenizer.ggml.unknown_token_id", id));
    model.id("<pad>").ifPresent(id -> keys.put("tokenizer.ggml.padding_token_id", id));
    keys.put("tokenizer.ggml.add_bos_token", model.bosId().isPresent());
    keys.put("tokenizer.ggml.add_eos_token", false);
    keys.put("tokenizer.ggml.add_space_prefix", false);
    return keys;
  }
}
