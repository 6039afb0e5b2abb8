package loupe.loaders;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.OptionalInt;
import loupe.reference.InputException;

/** What the two file forms have in common: the pieces, and the ids that begin and end a text. */
abstract sealed class VocabularyTokenizer implements Tokenizer
    permits SentencePieceModel, HuggingFaceBpe {
  private final Vocabulary vocabulary;
  private final int bosId;
  private final int eosId;

  /**
   * @param bosId or -1
   * @param eosId or -1
   */
  VocabularyTokenizer(Vocabulary vocabulary, int bosId, int eosId) {
    this.vocabulary = vocabulary;
    this.bosId = bosId;
    this.eosId = eosId;
  }

  final Vocabulary vocabulary() {
    return vocabulary;
  }

  /**
   * Adds the ids of a text to {@code ids}, which is modified.
   *
   * @param control whether control pieces are parsed
   */
  abstract void encode(String text, boolean control, IntArrayList ids);

  @Override
  public final int[] encode(String text, boolean addBos, Specials specials) {
    Vocabulary.requireUnicode(text);
    IntArrayList ids = new IntArrayList(text.length() / 2 + 2);
    if (addBos) {
      if (bosId < 0) {
        throw new InputException(origin() + ": names no BOS token; encode without it");
      }
      ids.add(bosId);
    }
    encode(text, specials == Specials.PARSE, ids);
    return ids.toIntArray();
  }

  @Override
  public final int vocabSize() {
    return vocabulary.size();
  }

  @Override
  public final String piece(int id) {
    return vocabulary.piece(id);
  }

  @Override
  public final OptionalInt id(String piece) {
    return optional(vocabulary.id(piece));
  }

  @Override
  public final OptionalInt bosId() {
    return optional(bosId);
  }

  @Override
  public final OptionalInt eosId() {
    return optional(eosId);
  }

  private static OptionalInt optional(int id) {
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  @Override
  public final String origin() {
    return vocabulary.file();
  }
}
