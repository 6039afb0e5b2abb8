package loupe.loaders;

import java.util.Optional;
import java.util.Set;
import loupe.loaders.SentencePieces.PieceType;

/**
 * The vocabulary in a GGUF file as a tokenizer, with the ids of the {@code tokenizer.model} that it
 * was made from. llama.cpp's converter changes two things, which are undone here: it writes pieces
 * of spaces with spaces and not with U+2581, and declares pieces such as {@code <start_of_turn>} to
 * be control pieces, which in Gemma's vocabulary only padding, begin, end and unknown are.
 *
 * <p>Keys: docs/gguf.md of ggml-org/ggml; conversion/base.py of llama.cpp, {@code
 * _create_vocab_sentencepiece}.
 */
final class GgufTokenizer {
  private static final String PREFIX = "tokenizer.ggml.";

  /** What stays a control piece: the same names as in a {@code tokenizer.json}. */
  private static final Set<String> CONTROL = Set.of("<pad>", "<eos>", "<bos>", "<unk>");

  private GgufTokenizer() {}

  /** The tokenizer, if the file has a vocabulary. */
  static Optional<Tokenizer> read(GgufFile file) {
    GgufMetadata metadata = file.metadata();
    if (!metadata.has(PREFIX + "model")) {
      return Optional.empty();
    }
    String model = metadata.string(PREFIX + "model");
    if (model.equals("no_vocab") || model.equals("none")) {
      return Optional.empty();
    }
    if (!model.equals("llama")) {
      throw metadata.failure(
          PREFIX + "model",
          "is "
              + Printable.of(model)
              + "; only llama (SentencePiece BPE) is implemented: give the model's own by"
              + " --tokenizer");
    }
    // llama.cpp takes true where the key is missing.
    refuse(metadata, "add_space_prefix", true);
    refuse(metadata, "remove_extra_whitespaces", false);
    return Optional.of(read(file.origin(), metadata));
  }

  private static void refuse(GgufMetadata metadata, String key, boolean absent) {
    if (metadata.has(PREFIX + key) ? metadata.bool(PREFIX + key) : absent) {
      throw metadata.failure(
          PREFIX + key,
          "is true (or left at its default), which Gemma does not do and is not implemented; give"
              + " the model's own tokenizer by --tokenizer");
    }
  }

  private static Tokenizer read(String origin, GgufMetadata metadata) {
    String[] pieces = metadata.strings(PREFIX + "tokens", Vocabulary.MAX_PIECES);
    float[] scores = metadata.floats(PREFIX + "scores", Vocabulary.MAX_PIECES);
    int[] numbers = metadata.ints(PREFIX + "token_type", Vocabulary.MAX_PIECES);
    requireLength(metadata, "scores", scores.length, pieces.length);
    requireLength(metadata, "token_type", numbers.length, pieces.length);
    PieceType[] types = new PieceType[pieces.length];
    boolean bytes = false;
    for (int id = 0; id < pieces.length; id++) {
      types[id] = PieceType.of(numbers[id]);
      if (types[id] == null) {
        throw metadata.failure(
            PREFIX + "token_type", "token " + id + " has the unknown type " + numbers[id]);
      }
      if (types[id] == PieceType.CONTROL && !CONTROL.contains(pieces[id])) {
        types[id] = PieceType.USER_DEFINED;
      }
      if (types[id] == PieceType.USER_DEFINED) {
        pieces[id] = pieces[id].replace(' ', '\u2581');
      }
      bytes |= types[id] == PieceType.BYTE;
    }
    SentencePieces all = new SentencePieces(origin, pieces, types, scores);
    return all.model(bytes, id(metadata, "bos", pieces), id(metadata, "eos", pieces));
  }

  private static void requireLength(GgufMetadata metadata, String key, int is, int pieces) {
    if (is != pieces) {
      throw metadata.failure(PREFIX + key, "has " + is + " elements for " + pieces + " tokens");
    }
  }

  private static int id(GgufMetadata metadata, String which, String[] pieces) {
    String key = PREFIX + which + "_token_id";
    if (!metadata.has(key)) {
      return -1;
    }
    long id = metadata.integer(key);
    if (id < 0 || id >= pieces.length) {
      throw metadata.failure(key, "there is no token " + id);
    }
    return (int) id;
  }
}
