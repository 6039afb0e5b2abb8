package loupe.cli;

import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import loupe.sae.FeatureReader;
import loupe.sae.Features;

/**
 * Where the columns of {@code look} stand: positions, tokens, and then either features or
 * probabilities.
 *
 * @param posCells width of positions
 * @param tokenCells width of tokens
 */
record LookColumns(int posCells, int tokenCells) {
  /** What stands between a token and its features, and between features. */
  static final int GAP = 3;

  private static final int POS_GAP = 2;
  private static final int WIDEST_TOKEN = 16;

  /** As wide as the head of its column and one cell. */
  private static final int NARROWEST_TOKEN = 6;

  /**
   * As wide as tokens need.
   *
   * @param piece what a token is called
   */
  static LookColumns of(LookResult result, IntFunction<String> piece) {
    IntStream tokens =
        IntStream.concat(
            IntStream.of(result.ids()), result.next().stream().mapToInt(LookResult.Expected::id));
    int widest = tokens.map(id -> DisplayWidth.of(piece.apply(id))).max().orElse(0);
    return new LookColumns(
        String.valueOf(result.ids().length - 1).length(),
        Math.max(NARROWEST_TOKEN, Math.min(widest, WIDEST_TOKEN)));
  }

  /** Where tokens begin. */
  int token() {
    return posCells + POS_GAP;
  }

  /** Where that begins which stands beside a token. */
  int beside() {
    return token() + tokenCells + GAP;
  }

  /**
   * Where the columns of one SAE's features stand.
   *
   * @param first where the first feature begins
   * @param id width of feature numbers
   * @param activation width of activations
   * @param words width of promoted tokens; 0 for none
   * @param perLine features side by side; 0 where no token has any
   */
  record OfFeatures(int first, int id, int activation, int words, int perLine) {
    private static final int FEWEST_WORD_CELLS = 10;

    /** With the gap before it, a head "feature" fits over numbers of this width. */
    private static final int NARROWEST_ID = 4;

    /** On a terminal no line is longer than it is wide; elsewhere a token is one line. */
    static OfFeatures of(
        LookResult.View view, IntFunction<String> piece, int first, Terminal terminal) {
      int id = NARROWEST_ID;
      int activation = 3;
      int most = 0;
      for (FeatureReader.Reading reading : view.readings()) {
        Features features = reading.features();
        most = Math.max(most, features.count());
        for (int i = 0; i < features.count(); i++) {
          id = Math.max(id, String.valueOf(features.ids()[i]).length());
          activation = Math.max(activation, number(features.activations()[i]).length());
        }
      }
      if (most == 0) {
        return new OfFeatures(first, id, activation, 0, 0);
      }
      int room = terminal.columns() - first + GAP;
      int numbers = id + 1 + activation + 1 + GAP;
      int perLine = Math.max(1, Math.min(most, room / (numbers + FEWEST_WORD_CELLS)));
      if (!terminal.outIsTerminal()) {
        perLine = most;
        room = Math.max(room, most * (numbers + FEWEST_WORD_CELLS));
      }
      int words = Math.max(0, Math.min(widest(view, piece), room / perLine - numbers));
      return new OfFeatures(first, id, activation, words, perLine);
    }

    /** Cells of all that some feature promotes. */
    private static int widest(LookResult.View view, IntFunction<String> piece) {
      return view.promoted().values().stream()
              .mapToInt(
                  tokens ->
                      tokens.stream().mapToInt(t -> 1 + DisplayWidth.of(piece.apply(t.id()))).sum())
              .max()
              .orElse(1)
          - 1;
    }

    /** Where a feature begins; {@code column} counts from 0. */
    int cell(int column) {
      return first + column * (id + 1 + activation + 1 + words + GAP);
    }

    /** Three digits, more only before the point. */
    static String number(double activation) {
      int decimals = activation < 9.995 ? 2 : activation < 99.95 ? 1 : 0;
      return String.format(Locale.ROOT, "%." + decimals + "f", activation);
    }
  }
}
