package loupe.cli;

import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;

/** What the model expects next: tokens with their probabilities, and bars in proportion. */
final class ExpectedBars {
  private static final int MOST_BAR_CELLS = 40;
  private static final int PERCENT_CELLS = 7;

  private final Terminal terminal;
  private final LookColumns columns;
  private final IntFunction<String> piece;

  /**
   * @param piece what a token is called; no control characters
   */
  ExpectedBars(Terminal terminal, LookColumns columns, IntFunction<String> piece) {
    this.terminal = terminal;
    this.columns = columns;
    this.piece = piece;
  }

  /**
   * @param expected best first; at least one
   * @param vocabulary how many tokens there are
   */
  void print(List<LookResult.Expected> expected, int vocabulary) {
    line(Style.FAINT, "next", "", "probability");
    double best = expected.get(0).p();
    int room = terminal.columns() - columns.beside() - PERCENT_CELLS - 2;
    int cells = Math.max(1, Math.min(MOST_BAR_CELLS, room));
    double rest = 1;
    for (LookResult.Expected one : expected) {
      rest -= one.p();
      line(Style.BOLD, piece.apply(one.id()), percent(one.p()), bar(one.p() / best * cells));
    }
    int others = vocabulary - expected.size();
    if (others > 0) {
      String all = String.format(Locale.ROOT, "all %,d others", others);
      line(Style.FAINT, "", percent(Math.max(0, rest)), all);
    }
  }

  private void line(Style style, String token, String percent, String beside) {
    new StyledLine(terminal)
        .to(columns.token())
        .addPiece(style, DisplayWidth.cut(token, columns.tokenCells()))
        .to(columns.beside())
        .add(style == Style.FAINT ? style : null, percent)
        .to(columns.beside() + (percent.isEmpty() ? 0 : PERCENT_CELLS + 2))
        .add(Style.FAINT, beside)
        .print();
  }

  private static String percent(double p) {
    return DisplayWidth.padLeft(String.format(Locale.ROOT, "%.1f %%", 100 * p), PERCENT_CELLS);
  }

  /** A line of so many cells, to the next half. */
  private static String bar(double cells) {
    int halves = (int) Math.round(2 * cells);
    return "━".repeat(halves / 2) + (halves % 2 == 1 ? "╸" : "");
  }
}
