package loupe.loaders;

import it.unimi.dsi.fastutil.ints.Int2IntOpenHashMap;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.nio.charset.StandardCharsets;
import loupe.loaders.SentencePieces.PieceType;

/**
 * A {@code tokenizer.model}: byte pair encoding as the SentencePiece library does it.
 *
 * <p>Spaces become U+2581. From left to right, the longest user-defined piece that begins at a
 * place is cut out and takes no part in what follows; elsewhere a symbol is one character. Then, of
 * all neighbours that together are a piece, those whose piece has the highest score are joined, the
 * leftmost on ties. A piece of type unused is taken apart again as it was put together. A symbol
 * that is no piece becomes its UTF-8 bytes, or, where the vocabulary has no bytes, the unknown
 * piece (once for a run of them).
 *
 * <p>Source: bpe_model.cc, model_interface.cc, normalizer.cc and sentencepiece_processor.cc of
 * SentencePiece 0.2.3.
 *
 * <p>Differs from: the library's way of decoding the unknown piece, which is " ⁇ " there and
 * nothing here. With {@link Tokenizer.Specials#PARSE}, which the library does not have, control
 * pieces are cut out like user-defined ones.
 */
public final class SentencePieceModel extends VocabularyTokenizer {
  /** Text is encoded in parts of about this many symbols, which end at user-defined pieces. */
  private static final int PART = 4096;

  /** Unused pieces are taken apart this many times one within the other ({@code bpe_model.cc}). */
  private static final int MAX_DEPTH = 100;

  /**
   * Of user-defined pieces that begin a longer one only this many count ({@code normalizer.cc}).
   */
  private static final int MAX_NESTED = 64;

  private final PieceType[] types;
  private final int[] ranks;
  private final int[] byteIds;
  private final int unknownId;
  private final boolean hasUnused;
  private final PieceMatcher matcher = new PieceMatcher(MAX_NESTED);

  /**
   * @param types {@code [d_vocab]}
   * @param ranks {@code [d_vocab]}, lower is joined first, -1 is never joined
   * @param byteIds {@code [256]}, or null
   * @param bosId or -1
   * @param eosId or -1
   */
  SentencePieceModel(
      Vocabulary vocabulary,
      PieceType[] types,
      int[] ranks,
      int[] byteIds,
      int unknownId,
      int bosId,
      int eosId) {
    super(vocabulary, bosId, eosId);
    this.types = types;
    this.ranks = ranks;
    this.byteIds = byteIds;
    this.unknownId = unknownId;
    boolean unused = false;
    for (int id = 0; id < types.length; id++) {
      unused |= types[id] == PieceType.UNUSED;
      if (types[id] == PieceType.USER_DEFINED || types[id].control()) {
        matcher.add(vocabulary.piece(id), id, types[id].control());
      }
    }
    hasUnused = unused;
  }

  @Override
  void encode(String text, boolean control, IntArrayList ids) {
    String escaped = text.replace(' ', '\u2581');
    Symbols symbols = new Symbols(escaped);
    int at = 0;
    while (at < escaped.length()) {
      int entry = matcher.longest(escaped, at, control);
      at += entry >= 0 ? matcher.length(entry) : Character.charCount(escaped.codePointAt(at));
      symbols.add(at, entry >= 0 ? matcher.id(entry) : -1);
      // Nothing is joined across a piece that was cut out. But how an unused piece was put together
      // last counts for the whole text, so with such pieces the text stays whole.
      if (entry >= 0 && symbols.count() >= PART && !hasUnused) {
        symbols.encode(ids);
      }
    }
    symbols.encode(ids);
  }

  @Override
  public TextDecoder decoder() {
    return new TextDecoder(this, this::byteValue, false);
  }

  PieceType type(int id) {
    return types[id];
  }

  /** Lower is joined first; -1 is never joined. */
  int rank(int id) {
    return ranks[id];
  }

  private int byteValue(int id) {
    return types[id] == PieceType.BYTE ? Integer.parseInt(piece(id).substring(3, 5), 16) : -1;
  }

  @Override
  public boolean isControl(int id) {
    piece(id);
    return types[id].control();
  }

  /** The symbols of a part of a text, and what becomes of them. */
  private final class Symbols implements PairMerging.Pairs {
    private final String text;

    /** Symbol i is the text from place i to place i + 1 of this list. */
    private final IntArrayList starts = IntArrayList.of(0);

    /** For each symbol that was cut out its id, else -1. */
    private final IntArrayList cutIds = new IntArrayList();

    /** For each unused piece the length of the left one of the two that made it last. */
    private final Int2IntOpenHashMap unusedSplits = new Int2IntOpenHashMap();

    private int[] ends;
    private boolean afterUnknown;

    Symbols(String text) {
      this.text = text;
    }

    void add(int end, int cutId) {
      starts.add(end);
      cutIds.add(cutId);
    }

    int count() {
      return cutIds.size();
    }

    /** Adds the ids of the symbols, which are then gone. */
    void encode(IntArrayList ids) {
      int count = count();
      ends = new int[count];
      for (int i = 0; i < count; i++) {
        ends[i] = starts.getInt(i + 1);
      }
      int[] next = PairMerging.join(count, this);
      for (int i = count > 0 ? 0 : -1; i >= 0; i = next[i]) {
        if (cutIds.getInt(i) >= 0) {
          ids.add(cutIds.getInt(i));
          afterUnknown = false;
        } else {
          takeApart(starts.getInt(i), ends[i], 0, ids);
        }
      }
      int end = starts.getInt(count);
      starts.clear();
      starts.add(end);
      cutIds.clear();
    }

    @Override
    public int rank(int left, int right) {
      int from = starts.getInt(left);
      int to = ends[right];
      boolean apart = cutIds.getInt(left) >= 0 || cutIds.getInt(right) >= 0;
      if (apart || to - from > vocabulary().longest()) {
        return -1;
      }
      int id = vocabulary().id(text, from, to);
      if (id < 0) {
        return -1;
      }
      if (types[id] == PieceType.UNUSED) {
        unusedSplits.put(id, ends[left] - from);
      }
      return ranks[id];
    }

    @Override
    public int outcome(int rank) {
      return rank;
    }

    @Override
    public void join(int left, int right, int rank) {
      ends[left] = ends[right];
    }

    /** Adds the id of a symbol, or, where it is an unused piece, those of its two parts. */
    private void takeApart(int from, int to, int depth, IntArrayList ids) {
      int id = vocabulary().id(text, from, to);
      boolean unused = id >= 0 && types[id] == PieceType.UNUSED;
      int split = unused ? unusedSplits.get(id) : 0;
      if (split > 0 && depth <= MAX_DEPTH) {
        takeApart(from, from + split, depth + 1, ids);
        takeApart(from + split, to, depth + 1, ids);
      } else {
        boolean known = id >= 0 && types[id].merges() && (!unused || split > 0);
        emit(known ? id : unknownId, from, to, ids);
      }
    }

    private void emit(int id, int from, int to, IntArrayList ids) {
      boolean unknown = id == unknownId;
      if (unknown && byteIds != null) {
        for (byte value : text.substring(from, to).getBytes(StandardCharsets.UTF_8)) {
          ids.add(byteIds[value & 0xFF]);
        }
      } else if (!unknown || !afterUnknown) {
        ids.add(id);
      }
      afterUnknown = unknown;
    }
  }
}
