package loupe.cli;

import java.util.List;
import java.util.function.IntFunction;
import loupe.sae.FeatureReader;
import loupe.sae.Features;
import loupe.sae.PromotedTokens;

/**
 * The tokens of a text, one below the other, each with its features side by side: number,
 * activation, and as many of the tokens that it promotes as there is room for. On a terminal that
 * is too narrow for all features of a token, they go on in the lines below.
 */
final class FeatureGrid {
  private final Terminal terminal;
  private final LookResult.View view;
  private final IntFunction<String> piece;
  private final LookColumns columns;
  private final LookColumns.OfFeatures cells;
  private final FeatureColours colours;
  private final double strong;

  /**
   * @param piece what a token is called; no control characters
   */
  FeatureGrid(
      Terminal terminal, LookResult.View view, LookColumns columns, IntFunction<String> piece) {
    this.terminal = terminal;
    this.view = view;
    this.piece = piece;
    this.columns = columns;
    this.cells = LookColumns.OfFeatures.of(view, piece, columns.beside(), terminal);
    this.colours = new FeatureColours(view.readings());
    this.strong = FeatureColours.strong(view.readings());
  }

  void print() {
    head();
    for (FeatureReader.Reading reading : view.readings()) {
      token(reading);
    }
  }

  private void head() {
    StyledLine line = new StyledLine(terminal);
    line.to(columns.token()).add(Style.FAINT, "token");
    String activation = DisplayWidth.padLeft("act", cells.activation());
    for (int c = 0; c < cells.perLine(); c++) {
      // The word stands over the end of the numbers and over the gap before them.
      int end = cells.cell(c) + cells.id();
      line.to(end - "feature".length()).add(Style.FAINT, "feature " + activation);
      if (cells.words() >= "promotes".length()) {
        line.add(Style.FAINT, " promotes");
      }
    }
    line.print();
  }

  private void token(FeatureReader.Reading reading) {
    Features features = reading.features();
    StyledLine line = new StyledLine(terminal);
    String pos = DisplayWidth.padLeft(String.valueOf(reading.position()), columns.posCells());
    line.add(Style.FAINT, pos).to(columns.token());
    line.addPiece(
        Style.BOLD, DisplayWidth.cut(piece.apply(reading.tokenId()), columns.tokenCells()));
    for (int i = 0; i < features.count(); i++) {
      int column = i % cells.perLine();
      if (i > 0 && column == 0) {
        line.print();
        line = new StyledLine(terminal);
      }
      line.to(cells.cell(column));
      feature(line, features.ids()[i], features.activations()[i]);
    }
    line.print();
  }

  private void feature(StyledLine line, int id, double activation) {
    Style colour = colours.of(id);
    line.add(colour, DisplayWidth.padLeft(String.valueOf(id), cells.id())).add(" ");
    String number = LookColumns.OfFeatures.number(activation);
    line.add(
        activation >= strong ? Style.BOLD : null, DisplayWidth.padLeft(number, cells.activation()));
    words(line, view.promoted().get(id), colour);
  }

  private void words(StyledLine line, List<PromotedTokens.Token> promoted, Style colour) {
    int left = cells.words() + 1;
    for (int i = 0; i < promoted.size(); i++) {
      String word = piece.apply(promoted.get(i).id());
      if (i == 0) {
        word = DisplayWidth.cut(word, cells.words());
      }
      left -= 1 + DisplayWidth.of(word);
      if (left < 0) {
        return;
      }
      line.add(" ").addPiece(colour, word);
    }
  }
}
