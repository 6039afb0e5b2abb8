package loupe.cli;

import java.util.Optional;
import loupe.golden.check.DivergenceMap;
import loupe.golden.check.TensorGrade;
import loupe.golden.check.Verdict;

/** A {@link DivergenceMap} in characters: one for each tensor, operations down, layers across. */
final class CheckMap {
  private final Terminal terminal;
  private final DivergenceMap map;

  CheckMap(Terminal terminal, DivergenceMap map) {
    this.terminal = terminal;
    this.map = map;
  }

  /** The sign of a verdict. */
  static String sign(Verdict verdict) {
    return switch (verdict) {
      case BIT_EQUAL -> "=";
      case INSIDE -> ".";
      case UNDECIDABLE -> "?";
      case BIASED -> "b";
      case OUTSIDE -> "#";
    };
  }

  private static Style style(Verdict verdict) {
    return switch (verdict) {
      case BIT_EQUAL -> Style.GREEN;
      case INSIDE -> null;
      case UNDECIDABLE -> Style.YELLOW;
      case BIASED -> Style.MAGENTA;
      case OUTSIDE -> Style.RED;
    };
  }

  void print() {
    int labels = "layer".length();
    for (DivergenceMap.Row row : map.rows()) {
      labels = Math.max(labels, row.operation().length());
    }
    if (map.rows().stream().anyMatch(DivergenceMap.Row::inLayers)) {
      printLayers(labels + 2);
    }
    for (DivergenceMap.Row row : map.rows()) {
      StyledLine line = new StyledLine(terminal).add(row.operation());
      int column = labels + 2;
      for (Optional<TensorGrade> cell : row.cells()) {
        if (cell.isPresent()) {
          Verdict verdict = cell.get().verdict();
          line.to(column).add(style(verdict), sign(verdict));
        }
        column++;
      }
      line.print();
    }
    StyledLine legend = new StyledLine(terminal);
    String gap = "";
    for (Verdict verdict : Verdict.values()) {
      legend.add(gap).add(style(verdict), sign(verdict)).add(" " + verdict.text());
      gap = "  ";
    }
    legend.print();
  }

  private void printLayers(int indent) {
    StringBuilder tens = new StringBuilder();
    StringBuilder units = new StringBuilder();
    for (int layer = 0; layer < map.layers(); layer++) {
      tens.append(layer % 10 == 0 && layer > 0 ? layer / 10 : " ");
      units.append(layer % 10);
    }
    if (map.layers() > 10) {
      new StyledLine(terminal).to(indent).add(Style.FAINT, tens.toString().stripTrailing()).print();
    }
    new StyledLine(terminal)
        .add(Style.FAINT, "layer")
        .to(indent)
        .add(Style.FAINT, units + "")
        .print();
  }
}
