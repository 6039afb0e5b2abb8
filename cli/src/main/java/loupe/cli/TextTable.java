package loupe.cli;

import java.util.ArrayList;
import java.util.List;

/** Lines of cells in aligned columns, two spaces between them. */
final class TextTable {
  /** On which side of its column a cell stands. */
  enum Align {
    LEFT,
    RIGHT
  }

  private static final String GAP = "  ";

  private final Align[] columns;
  private final List<String[]> rows = new ArrayList<>();

  TextTable(Align... columns) {
    this.columns = columns;
  }

  /** Adds a line: one cell for each column, of plain text without control characters. */
  void add(String... cells) {
    if (cells.length != columns.length) {
      throw new IllegalArgumentException(cells.length + " cells, " + columns.length + " columns");
    }
    rows.add(cells);
  }

  /** The lines, without spaces at their ends. */
  List<String> lines() {
    int[] widths = new int[columns.length];
    for (String[] row : rows) {
      for (int c = 0; c < widths.length; c++) {
        widths[c] = Math.max(widths[c], DisplayWidth.of(row[c]));
      }
    }
    List<String> lines = new ArrayList<>();
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < widths.length; c++) {
        line.append(c == 0 ? "" : GAP);
        line.append(
            columns[c] == Align.LEFT
                ? DisplayWidth.padRight(row[c], widths[c])
                : DisplayWidth.padLeft(row[c], widths[c]));
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }
}
