package loupe.loaders;

import java.util.OptionalInt;
import loupe.reference.InputException;

/**
 * Text to token ids and back. Safe for use by several threads.
 *
 * <p>The two implementations, {@link SentencePieceModel} and {@link HuggingFaceBpe}, are the two
 * file forms. They are not two readings of one thing: for the same vocabulary the SentencePiece
 * library and the Hugging Face {@code tokenizers} library give different ids: for a U+2581 that
 * stands in the text and, with some published files, for runs of more spaces than the longest piece
 * of spaces. So each form keeps to its own library.
 *
 * <p>"Control pieces" are {@code <bos>} and the like. In a {@code tokenizer.model} they are the
 * pieces of type control or unknown. A {@code tokenizer.json} stores no types; there they are
 * {@code <pad>}, {@code <eos>}, {@code <bos>} and {@code <unk>}.
 */
public interface Tokenizer {

  /** What a control piece that is written out in a text, such as {@code <bos>}, means. */
  enum Specials {
    /** It is text like any other. What users type is encoded so. */
    TEXT,
    /** It is the token of that name. */
    PARSE
  }

  /**
   * The ids of a text. Pieces that the vocabulary marks as user-defined ({@code <start_of_turn>},
   * runs of newlines) are always parsed; nothing is normalised beyond what the file says.
   *
   * @param addBos whether the BOS id comes first
   * @throws InputException if the text holds half of a surrogate pair, or BOS is asked for and the
   *     file names none
   */
  int[] encode(String text, boolean addBos, Specials specials);

  /** A decoder for ids that come one at a time. */
  TextDecoder decoder();

  /** The number of ids; they are 0 to this - 1. */
  int vocabSize();

  /**
   * The vocabulary's own string of an id, such as {@code ▁the}, {@code <0x0A>} or {@code <bos>}.
   *
   * @throws InputException if there is no such id
   */
  String piece(int id);

  /** The id of the vocabulary's own string. */
  OptionalInt id(String piece);

  /** The id that begins a text, if the file names one. */
  OptionalInt bosId();

  /** The id that ends a text, if the file names one. */
  OptionalInt eosId();

  /**
   * Whether the id is a control piece, which no text gives by default and which decodes to nothing.
   *
   * @throws InputException if there is no such id
   */
  boolean isControl(int id);

  /** The file, for messages. */
  String origin();

  /**
   * The text of some ids: bytes are put together as UTF-8 (U+FFFD where they are none), U+2581 is a
   * space, control pieces are nothing.
   *
   * @throws InputException if there is no such id
   */
  default String decode(int... ids) {
    TextDecoder decoder = decoder();
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.accept(id));
    }
    return text.append(decoder.finish()).toString();
  }
}
