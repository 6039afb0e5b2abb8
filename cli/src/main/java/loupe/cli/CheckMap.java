package loupe.cli;

import java.util.Arrays;
import java.util.List;
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
      case PLAUSIBLE -> "~";
      case UNDECIDABLE -> "?";
      case BIASED -> "b";
      case IMPLAUSIBLE -> "!";
      case OUTSIDE -> "#";
    };
  }

  private static Style style(Verdict verdict) {
    return switch (verdict) {
      case BIT_EQUAL -> Style.GREEN;
      case INSIDE, PLAUSIBLE -> null;
      case UNDECIDABLE -> Style.YELLOW;
      case BIASED -> Style.MAGENTA;
      case IMPLAUSIBLE, OUTSIDE -> Style.RED;
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
    for (Verdict verdict : met()) {
      legend.add(gap).add(style(verdict), sign(verdict)).add(" " + verdict.text());
      gap = "  ";
    }
    legend.print();
  }

  /** The verdicts that every report may have, and those rare ones that this one has. */
  private List<Verdict> met() {
    return Arrays.stream(Verdict.values())
        .filter(verdict -> !isOfLongSteps(verdict) || isThere(verdict))
        .toList();
  }

  private static boolean isOfLongSteps(Verdict verdict) {
    return verdict == Verdict.PLAUSIBLE || verdict == Verdict.IMPLAUSIBLE;
  }

  private boolean isThere(Verdict verdict) {
    return map.rows().stream()
        .flatMap(row -> row.cells().stream())
        .flatMap(Optional::stream)
        .anyMatch(grade -> grade.verdict() == verdict);
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
