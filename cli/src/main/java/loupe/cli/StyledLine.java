package loupe.cli;

/** One line of output that is put together from styled parts and knows how wide it is. */
final class StyledLine {
  /** The sign that pieces of a vocabulary have where the text has a space. */
  private static final String SPACE_MARK = "\u2581";

  private final Terminal terminal;
  private final StringBuilder line = new StringBuilder();
  private int cells;
  private int spaces;

  StyledLine(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Cells so far. */
  int cells() {
    return cells + spaces;
  }

  /** Adds plain text without control characters. */
  StyledLine add(String text) {
    return addPainted(text, text);
  }

  /** Adds text in a style. */
  StyledLine add(Style style, String text) {
    return addPainted(text, terminal.paint(style, text));
  }

  /** Adds a piece of a vocabulary; its space marks stand back. */
  StyledLine addPiece(Style style, String piece) {
    int marks = 0;
    while (piece.startsWith(SPACE_MARK, marks)) {
      marks++;
    }
    if (marks > 0) {
      add(Style.FAINT, piece.substring(0, marks));
    }
    String rest = piece.substring(marks);
    return style == null || rest.isEmpty() ? add(rest) : add(style, rest);
  }

  /** Adds spaces up to a cell, counted from 0; nothing if the line is there already. */
  StyledLine to(int cell) {
    spaces = Math.max(spaces, cell - cells);
    return this;
  }

  private StyledLine addPainted(String text, String painted) {
    if (!text.isEmpty()) {
      line.append(" ".repeat(spaces)).append(painted);
      cells += spaces + DisplayWidth.of(text);
      spaces = 0;
    }
    return this;
  }

  /** Prints the line, without spaces at its end. */
  void print() {
    terminal.out().println(line);
  }
}
