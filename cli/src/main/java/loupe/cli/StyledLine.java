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

  /** Adds plain text without control characters. */
  StyledLine add(String text) {
    return addPainted(text, text);
  }

  /** Adds text in a style, or plain where that is null. */
  StyledLine add(Style style, String text) {
    return addPainted(text, style == null ? text : terminal.paint(style, text));
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
    return add(style, piece.substring(marks));
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

  /** Prints words in as many lines as the terminal's width makes necessary. */
  static void wrapped(Terminal terminal, Style style, String words) {
    StringBuilder line = new StringBuilder();
    for (String word : words.split(" ")) {
      boolean full = DisplayWidth.of(line + " " + word) > terminal.columns();
      if (full && !line.isEmpty()) {
        new StyledLine(terminal).add(style, line.toString()).print();
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    new StyledLine(terminal).add(style, line.toString()).print();
  }

  /** Prints the line, without spaces at its end. */
  void print() {
    terminal.out().println(line);
  }
}
