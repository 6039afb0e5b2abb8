package loupe.cli;

import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import loupe.sae.FeatureReader;
import loupe.sae.Features;
import loupe.sae.PromotedTokens;

/**
 * The tokens of a text, one below the other, each with its features side by side: number,
 * activation, and as many of the tokens that it promotes as there is room for. On a terminal that
 * is too narrow for all features of a token, they go on in the lines below; elsewhere a token is
 * one line, however long.
 */
final class FeatureGrid {
  private static final String GAP = "   ";
  private static final int WIDEST_TOKEN = 16;
  private static final int FEWEST_WORD_CELLS = 10;
  private static final int MOST_WORD_CELLS = 40;

  private final Terminal terminal;
  private final LookResult.View view;
  private final IntFunction<String> piece;
  private final FeatureColours colours;
  private final int posCells;
  private final int tokenCells;
  private final int idCells;
  private final int activationCells;
  private final int wordCells;
  private final int featuresPerLine;

  /**
   * @param piece what a token is called; no control characters
   */
  FeatureGrid(Terminal terminal, LookResult.View view, IntFunction<String> piece) {
    this.terminal = terminal;
    this.view = view;
    this.piece = piece;
    this.colours = new FeatureColours(view.readings());
    int token = 0;
    int id = 2;
    int activation = 3;
    int most = 1;
    for (FeatureReader.Reading reading : view.readings()) {
      Features features = reading.features();
      token = Math.max(token, DisplayWidth.of(piece.apply(reading.tokenId())));
      most = Math.max(most, features.count());
      for (int i = 0; i < features.count(); i++) {
        id = Math.max(id, String.valueOf(features.ids()[i]).length());
        activation = Math.max(activation, number(features.activations()[i]).length());
      }
    }
    this.posCells = String.valueOf(view.readings().size() - 1).length();
    this.tokenCells = Math.max("token".length(), Math.min(token, WIDEST_TOKEN));
    this.idCells = id;
    this.activationCells = activation;
    int room = terminal.columns() - firstCell() + GAP.length();
    int numbers = id + 1 + activation + 1 + GAP.length();
    this.featuresPerLine =
        terminal.outIsTerminal()
            ? Math.max(1, Math.min(most, room / (numbers + FEWEST_WORD_CELLS)))
            : most;
    this.wordCells =
        Math.max(FEWEST_WORD_CELLS, Math.min(MOST_WORD_CELLS, room / featuresPerLine - numbers));
  }

  /** Where the first feature begins. */
  private int firstCell() {
    return posCells + 2 + tokenCells + GAP.length();
  }

  private int cellOf(int column) {
    return firstCell() + column * (idCells + 1 + activationCells + 1 + wordCells + GAP.length());
  }

  void print() {
    head();
    for (FeatureReader.Reading reading : view.readings()) {
      token(reading);
    }
  }

  private void head() {
    StyledLine line = new StyledLine(terminal);
    line.add(" ".repeat(posCells) + "  ").add(Style.FAINT, "token");
    for (int c = 0; c < featuresPerLine; c++) {
      line.to(cellOf(c))
          .add(
              Style.FAINT,
              DisplayWidth.padLeft("id", idCells)
                  + " "
                  + DisplayWidth.padLeft("act", activationCells)
                  + " promotes");
    }
    line.print();
  }

  private void token(FeatureReader.Reading reading) {
    Features features = reading.features();
    StyledLine line = new StyledLine(terminal);
    line.add(Style.FAINT, DisplayWidth.padLeft(String.valueOf(reading.position()), posCells));
    line.add("  ");
    line.addPiece(Style.BOLD, DisplayWidth.cut(piece.apply(reading.tokenId()), tokenCells));
    for (int i = 0; i < features.count(); i++) {
      int column = i % featuresPerLine;
      if (i > 0 && column == 0) {
        line.print();
        line = new StyledLine(terminal);
      }
      line.to(cellOf(column));
      feature(line, features.ids()[i], features.activations()[i]);
    }
    line.print();
  }

  private void feature(StyledLine line, int id, double activation) {
    Style colour = colours.of(id);
    String number = DisplayWidth.padLeft(String.valueOf(id), idCells);
    if (colour == null) {
      line.add(number);
    } else {
      line.add(colour, number);
    }
    String strength = DisplayWidth.padLeft(number(activation), activationCells);
    line.add(" ");
    if (colours.isStrong(activation)) {
      line.add(Style.BOLD, strength);
    } else {
      line.add(strength);
    }
    words(line, view.promoted().get(id), colour);
  }

  private void words(StyledLine line, List<PromotedTokens.Token> promoted, Style colour) {
    int left = wordCells + 1;
    for (int i = 0; i < promoted.size(); i++) {
      String word = piece.apply(promoted.get(i).id());
      if (i == 0) {
        word = DisplayWidth.cut(word, wordCells);
      }
      left -= 1 + DisplayWidth.of(word);
      if (left < 0) {
        return;
      }
      line.add(" ").addPiece(colour, word);
    }
  }

  /** Three digits, more only before the point. */
  private static String number(double activation) {
    int decimals = activation < 10 ? 2 : activation < 100 ? 1 : 0;
    return String.format(Locale.ROOT, "%." + decimals + "f", activation);
  }
}
