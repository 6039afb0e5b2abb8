package loupe.loaders;

import it.unimi.dsi.fastutil.Hash;
import it.unimi.dsi.fastutil.objects.Object2IntOpenCustomHashMap;
import java.util.concurrent.ThreadLocalRandom;
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
  private final Object2IntOpenCustomHashMap<String> ids;
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
    ids = newIds(pieces.length);
    for (int id = 0; id < pieces.length; id++) {
      String piece = pieces[id];
      checkPiece(file, id, piece);
      longest = Math.max(longest, piece.length());
      int other = ids.putIfAbsent(piece, id);
      if (other >= 0) {
        String reason = "is the same as piece " + other + ": " + Printable.quote(piece);
        throw new MalformedFileException(file, "piece " + id, reason);
      }
    }
  }

  /** An empty map from pieces to ids that answers -1 for what it does not have. */
  static Object2IntOpenCustomHashMap<String> newIds(int expected) {
    Object2IntOpenCustomHashMap<String> map =
        new Object2IntOpenCustomHashMap<>(expected, Hash.FAST_LOAD_FACTOR, new SeededHash());
    map.defaultReturnValue(-1);
    return map;
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
    return ids.getInt(piece);
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

  /**
   * A hash that differs from run to run, so that no file can be made whose pieces all fall on one
   * place (which is easy with {@link String#hashCode}) and whose loading then never ends.
   */
  private static final class SeededHash implements Hash.Strategy<String> {
    private static final int SEED = ThreadLocalRandom.current().nextInt();

    @Override
    public int hashCode(String text) {
      int hash = SEED;
      for (int i = 0; i < text.length(); i++) {
        hash = (hash ^ text.charAt(i)) * 0x9E3779B1;
        hash ^= hash >>> 15;
      }
      return hash;
    }

    @Override
    public boolean equals(String a, String b) {
      return a == null ? b == null : a.equals(b);
    }
  }
}
