package loupe.loaders;

import java.util.Arrays;
import loupe.reference.MalformedFileException;

/**
 * The pieces of a SentencePiece vocabulary, from whichever file: what makes a tokenizer of them.
 *
 * @param file for messages
 * @param pieces {@code [d_vocab]}
 * @param types {@code [d_vocab]}
 * @param scores {@code [d_vocab]} or more: the higher, the earlier joined
 */
record SentencePieces(String file, String[] pieces, PieceType[] types, float[] scores) {
  private static final int BYTES = 256;

  /** {@code ModelProto.SentencePiece.Type}, at the index of its number; GGUF's are the same. */
  enum PieceType {
    NONE,
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE;

    private static final PieceType[] VALUES = values();

    /** The type of this number, or null. */
    static PieceType of(int number) {
      return number < 1 || number >= VALUES.length ? null : VALUES[number];
    }

    /** Whether the piece can come out of merging. */
    boolean merges() {
      return this == NORMAL || this == USER_DEFINED || this == UNUSED;
    }

    /** Whether the piece stands for no text. */
    boolean control() {
      return this == CONTROL || this == UNKNOWN;
    }
  }

  /**
   * The tokenizer.
   *
   * @param byteFallback whether characters without a piece become bytes
   * @param bosId or -1
   * @param eosId or -1
   * @throws MalformedFileException if the pieces are not those of a vocabulary
   */
  SentencePieceModel model(boolean byteFallback, int bosId, int eosId) {
    for (int id = 0; id < pieces.length; id++) {
      if (pieces[id].indexOf('\0') >= 0) {
        throw wrong(id, "holds U+0000");
      }
      if (!Float.isFinite(scores[id])) {
        throw wrong(id, "has the score " + scores[id]);
      }
    }
    Vocabulary vocabulary = new Vocabulary(file, pieces);
    return new SentencePieceModel(
        vocabulary,
        types,
        ranks(),
        byteIds(vocabulary, byteFallback),
        unknownId(byteFallback),
        bosId,
        eosId);
  }

  private MalformedFileException wrong(int id, String reason) {
    return new MalformedFileException(file, "piece " + id, reason);
  }

  /** The id of a piece of type control, or -1. */
  int controlId(String piece) {
    int id = Arrays.asList(pieces).indexOf(piece);
    return id >= 0 && types[id] == PieceType.CONTROL ? id : -1;
  }

  /** The piece of type unknown; -1 if there is none, which only bytes can stand in for. */
  private int unknownId(boolean byteFallback) {
    int unknown = -1;
    int count = 0;
    for (int id = 0; id < types.length; id++) {
      if (types[id] == PieceType.UNKNOWN) {
        unknown = id;
        count++;
      }
    }
    if (count > 1 || count == 0 && !byteFallback) {
      throw new MalformedFileException(file, "", "there must be one piece of type unknown");
    }
    return unknown;
  }

  /** {@code [256]}, the id of each byte, or null where bytes are not used. */
  private int[] byteIds(Vocabulary vocabulary, boolean byteFallback) {
    int found = 0;
    int[] ids = new int[BYTES];
    for (int value = 0; value < BYTES; value++) {
      ids[value] = vocabulary.id("<0x%02X>".formatted(value));
      if (ids[value] >= 0 && types[ids[value]] == PieceType.BYTE) {
        found++;
      }
    }
    int typed = 0;
    for (PieceType type : types) {
      typed += type == PieceType.BYTE ? 1 : 0;
    }
    if (typed != found || found != (byteFallback ? BYTES : 0)) {
      throw new MalformedFileException(
          file,
          "",
          "byte_fallback is %b, %d pieces are of type byte and %d of them are <0x00> to <0xFF>; only all or none can be used"
              .formatted(byteFallback, typed, found));
    }
    return byteFallback ? ids : null;
  }

  /**
   * {@code [d_vocab]}: 0 for the pieces with the highest score, 1 for those with the next, and so
   * on; -1 for those that do not come out of merging.
   */
  private int[] ranks() {
    long[] order = new long[types.length];
    for (int id = 0; id < order.length; id++) {
      // The bits of a float, so changed, are in the order of the values; as in the library, -0 is
      // below 0.
      int bits = Float.floatToIntBits(scores[id]);
      int ascending = bits ^ (bits >> 31 & Integer.MAX_VALUE);
      order[id] = (long) ~ascending << 32 | id;
    }
    Arrays.sort(order);
    int[] ranks = new int[order.length];
    int rank = 0;
    for (int i = 0; i < order.length; i++) {
      int id = (int) order[i];
      if (i > 0 && order[i] >> 32 != order[i - 1] >> 32) {
        rank++;
      }
      ranks[id] = types[id].merges() ? rank : -1;
    }
    return ranks;
  }
}
