package loupe.loaders;

import loupe.reference.InputException;
import loupe.reference.MalformedFileException;

/** The pieces of a tokenizer, both ways: id to string and string to id. */
final class Vocabulary {
  /** Bounds for files that lie; the largest published Gemma vocabulary has 262,145 pieces. */
  static final int MAX_PIECES = 1 << 21;

  /**
   * The longest piece, in UTF-16 units. The longest of the published Gemma vocabularies have a few
   * dozen; the bound keeps the work for each character of a text bounded, whatever the file says.
   */
  static final int MAX_PIECE_LENGTH = 4096;

  private final String file;
  private final String[] pieces;
  private final PieceIndex ids;
  private int longest;

  /**
   * @param pieces {@code [d_vocab]}, the piece of each id; kept, not copied
   * @throws MalformedFileException if there is none, or one is empty, too long, or there twice
   */
  Vocabulary(String file, String[] pieces) {
    this.file = file;
    this.pieces = pieces;
    if (pieces.length == 0) {
      throw new MalformedFileException(file, "", "the vocabulary is empty");
    }
    ids = new PieceIndex(pieces.length);
    for (int id = 0; id < pieces.length; id++) {
      String piece = pieces[id];
      checkPiece(file, id, piece);
      longest = Math.max(longest, piece.length());
      int other = ids.add(piece);
      if (other != id) {
        String reason = "is the same as piece " + other + ": " + Printable.quote(piece);
        throw new MalformedFileException(file, "piece " + id, reason);
      }
    }
  }

  private static void checkPiece(String file, int id, String piece) {
    String reason = null;
    if (piece.isEmpty()) {
      reason = "is empty";
    } else if (piece.length() > MAX_PIECE_LENGTH) {
      reason = "has " + piece.length() + " characters, more than " + MAX_PIECE_LENGTH;
    }
    if (reason != null) {
      throw new MalformedFileException(file, "piece " + id, reason);
    }
  }

  int size() {
    return pieces.length;
  }

  /** The length of the longest piece in UTF-16 units. */
  int longest() {
    return longest;
  }

  /** The id of a piece, or -1. */
  int id(String piece) {
    return ids.find(piece, 0, piece.length());
  }

  /** The id of the piece that the part {@code [from, to)} of a text is, or -1. */
  int id(String text, int from, int to) {
    return ids.find(text, from, to);
  }

  /** The piece of an id that a person may have given. */
  String piece(int id) {
    if (id < 0 || id >= pieces.length) {
      throw new InputException(
          file + ": there is no token id " + id + "; ids are 0 to " + (pieces.length - 1));
    }
    return pieces[id];
  }

  String file() {
    return file;
  }

  /** Throws {@link InputException} unless the text is Unicode text. */
  static void requireUnicode(String text) {
    int at = Printable.loneSurrogate(text);
    if (at >= 0) {
      throw new InputException(
          "the text is no Unicode text: half of a surrogate pair (U+%04X) at character %d"
              .formatted((int) text.charAt(at), at));
    }
  }
}
