package loupe.loaders;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A {@code tokenizer.json} with a BPE model: byte pair encoding as the Hugging Face {@code
 * tokenizers} library does it.
 *
 * <p>From left to right, the longest added token that begins at a place is cut out of the text as
 * it is written. What is left between them is normalised, those added tokens that want it so are
 * cut out of the result, and the rest is split into words. In a word a symbol is one character, or
 * its bytes where it is not in the vocabulary, or the unknown token. Then, of all neighbours that
 * have a merge, those with the earliest merge in the file are joined, the leftmost on ties.
 *
 * <p>Source: tokenizer/added_vocabulary.rs, models/bpe/model.rs and word.rs of tokenizers 0.23.
 *
 * <p>Differs from: nothing with {@link Tokenizer.Specials#PARSE}. With {@link
 * Tokenizer.Specials#TEXT} the control pieces are no added tokens.
 */
public final class HuggingFaceBpe extends VocabularyTokenizer {
  /** The file form stores no types; these are Gemma's. */
  static final Set<String> CONTROL_PIECES = Set.of("<pad>", "<eos>", "<bos>", "<unk>");

  private final Model model;
  private final AddedTokens added;
  private final TextPreparation preparation;

  /**
   * The settings of the model.
   *
   * @param size the number of ids that the model itself has; those above are of added tokens only
   * @param merges {@code left id << 32 | right id} to the rank of their merge, else -1
   * @param merged {@code [merges]}, the id that each merge makes
   * @param byteIds {@code [256]}, -1 where there is none; or null without byte fallback
   * @param unknownId the unknown token
   * @param fuseUnknown whether a run of unknown characters is one token
   */
  record Model(
      int size,
      Long2IntOpenHashMap merges,
      int[] merged,
      int[] byteIds,
      int unknownId,
      boolean fuseUnknown) {}

  /**
   * Tokens that are cut out before the model sees the text.
   *
   * @param written those that are looked for in the text as it is
   * @param normalised those that are looked for in the normalised text
   */
  record AddedTokens(PieceMatcher written, PieceMatcher normalised) {}

  /**
   * @param bosId or -1
   */
  HuggingFaceBpe(
      Vocabulary vocabulary,
      Model model,
      AddedTokens added,
      TextPreparation preparation,
      int bosId) {
    super(vocabulary, bosId, vocabulary.id("<eos>"));
    this.model = model;
    this.added = added;
    this.preparation = preparation;
  }

  @Override
  void encode(String text, boolean control, IntArrayList ids) {
    new Encoding(control, ids).written(text);
  }

  @Override
  public TextDecoder decoder() {
    return new TextDecoder(this, this::byteValue, true);
  }

  private int byteValue(int id) {
    String piece = piece(id);
    boolean named = piece.length() == 6 && piece.startsWith("<0x") && piece.endsWith(">");
    int high = named ? Character.digit(piece.charAt(3), 16) : -1;
    int low = named ? Character.digit(piece.charAt(4), 16) : -1;
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }

  @Override
  public boolean isControl(int id) {
    return CONTROL_PIECES.contains(piece(id));
  }

  /** One text on its way to ids. */
  private final class Encoding {
    private final boolean control;
    private final IntArrayList ids;

    Encoding(boolean control, IntArrayList ids) {
      this.control = control;
      this.ids = ids;
    }

    /** A text as it is written. */
    void written(String text) {
      cut(text, added.written(), rest -> normalised(preparation.normalise(rest)));
    }

    private void normalised(String text) {
      cut(text, added.normalised(), this::words);
    }

    /** Adds the ids of the tokens that are found, and hands on what lies between them. */
    private void cut(String text, PieceMatcher matcher, Consumer<String> rest) {
      int from = 0;
      int at = 0;
      while (at < text.length()) {
        int entry = matcher.longest(text, at, control);
        if (entry < 0) {
          at += Character.charCount(text.codePointAt(at));
        } else {
          rest.accept(text.substring(from, at));
          ids.add(matcher.id(entry));
          at += matcher.length(entry);
          from = at;
        }
      }
      rest.accept(text.substring(from));
    }

    private void words(String text) {
      if (!text.isEmpty()) {
        for (String word : preparation.words(text)) {
          symbols(word).join(ids);
        }
      }
    }

    private Symbols symbols(String word) {
      Symbols symbols = new Symbols(word.length());
      boolean pendingUnknown = false;
      int next;
      for (int at = 0; at < word.length(); at = next) {
        next = at + Character.charCount(word.codePointAt(at));
        int id = vocabulary().id(word, at, next);
        id = id < model.size() ? id : -1;
        if (id < 0 && symbols.addBytes(word.substring(at, next))) {
          // Bytes do not end a run of unknown characters in the library: the unknown token then
          // comes after them.
          continue;
        }
        if (pendingUnknown && (id >= 0 || !model.fuseUnknown())) {
          symbols.add(model.unknownId());
        }
        pendingUnknown = id < 0;
        if (id >= 0) {
          symbols.add(id);
        }
      }
      if (pendingUnknown) {
        symbols.add(model.unknownId());
      }
      return symbols;
    }
  }

  /** The symbols of a word. */
  private final class Symbols implements PairMerging.Pairs {
    private final IntArrayList symbols;

    Symbols(int capacity) {
      symbols = new IntArrayList(capacity);
    }

    void add(int id) {
      symbols.add(id);
    }

    /** Adds the bytes of a character, if the vocabulary has all of them. */
    boolean addBytes(String character) {
      if (model.byteIds() == null) {
        return false;
      }
      byte[] bytes = character.getBytes(StandardCharsets.UTF_8);
      for (byte value : bytes) {
        if (model.byteIds()[value & 0xFF] < 0) {
          return false;
        }
      }
      for (byte value : bytes) {
        add(model.byteIds()[value & 0xFF]);
      }
      return true;
    }

    void join(IntArrayList ids) {
      int[] next = PairMerging.join(symbols.size(), this);
      for (int i = symbols.isEmpty() ? -1 : 0; i >= 0; i = next[i]) {
        ids.add(symbols.getInt(i));
      }
    }

    @Override
    public int rank(int left, int right) {
      return model.merges().get((long) symbols.getInt(left) << 32 | symbols.getInt(right));
    }

    @Override
    public int outcome(int rank) {
      return model.merged()[rank];
    }

    @Override
    public void join(int left, int right, int rank) {
      symbols.set(left, model.merged()[rank]);
    }
  }
}
