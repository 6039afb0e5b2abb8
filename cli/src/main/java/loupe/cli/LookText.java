package loupe.cli;

import java.util.Locale;
import loupe.sae.AttachedSae;
import loupe.sae.Attachment;
import loupe.sae.FeatureReader;

/** What {@code look} found, for people. */
final class LookText {
  private static final int BAR_CELLS = 40;
  private static final String EIGHTHS = "▏▎▍▌▋▊▉█";

  private final LookResult result;
  private final LoadedModel loaded;
  private final Terminal terminal;

  LookText(LookResult result, LoadedModel loaded, Terminal terminal) {
    this.result = result;
    this.loaded = loaded;
    this.terminal = terminal;
  }

  void print() {
    for (LookResult.View view : result.views()) {
      title(view);
      new FeatureGrid(terminal, view, this::name).print();
      terminal.out().println();
    }
    if (result.views().isEmpty()) {
      printTokens();
    }
    printNext();
  }

  private void title(LookResult.View view) {
    AttachedSae sae = view.sae();
    terminal.out().println(terminal.paint(Style.BOLD, VisibleText.of(sae.id())));
    terminal
        .out()
        .println(
            terminal.paint(
                Style.FAINT,
                String.format(
                    Locale.ROOT,
                    "%s: %,d features, %.0f of them active on each token",
                    place(sae.at()),
                    sae.sae().dSae(),
                    meanActive(view))));
    terminal.out().println();
  }

  private static double meanActive(LookResult.View view) {
    return view.readings().stream()
        .filter(reading -> reading.position() > 0 || view.readings().size() == 1)
        .mapToInt(FeatureReader.Reading::active)
        .average()
        .orElse(0);
  }

  private static String place(Attachment at) {
    return switch (at.site()) {
      case RES -> "the residual stream after layer " + at.layer();
      case ATT -> "the heads' outputs in layer " + at.layer();
      case MLP -> "the MLP's output in layer " + at.layer();
      case TRANSCODER -> "from the MLP's input to its output in layer " + at.layer();
      case EMBEDDING -> "the token embedding";
    };
  }

  /** A token's piece, made visible; its id where there is no piece. */
  private String name(int id) {
    String piece = loaded.files().piece(id);
    return piece == null ? "#" + id : VisibleText.of(piece);
  }

  private void printTokens() {
    int cells = String.valueOf(result.ids().length - 1).length();
    for (int pos = 0; pos < result.ids().length; pos++) {
      new StyledLine(terminal)
          .add(Style.FAINT, DisplayWidth.padLeft(String.valueOf(pos), cells) + "  ")
          .addPiece(Style.BOLD, name(result.ids()[pos]))
          .print();
    }
    terminal.out().println();
  }

  private void printNext() {
    int cells = 0;
    double rest = 1;
    for (LookResult.Expected expected : result.next()) {
      cells = Math.max(cells, DisplayWidth.of(name(expected.id())));
      rest -= expected.p();
    }
    cells = Math.min(cells, terminal.columns() / 3);
    double best = result.next().get(0).p();
    int room = Math.max(1, Math.min(BAR_CELLS, terminal.columns() - cells - 16));
    String label = "next";
    for (LookResult.Expected expected : result.next()) {
      StyledLine line = new StyledLine(terminal);
      line.add(Style.FAINT, label).to(6);
      line.addPiece(Style.BOLD, DisplayWidth.cut(name(expected.id()), cells));
      line.to(6 + cells + 1).add(percent(expected.p()));
      line.add("  ").add(Style.CYAN, bar(expected.p() / best * room)).print();
      label = "";
    }
    int others = loaded.config().dVocab() - result.next().size();
    if (others > 0) {
      new StyledLine(terminal)
          .to(6)
          .add(Style.FAINT, "all others")
          .to(6 + cells + 1)
          .add(Style.FAINT, percent(Math.max(0, rest)))
          .print();
    }
  }

  private static String percent(double p) {
    return String.format(Locale.ROOT, "%5.1f %%", 100 * p);
  }

  private static String bar(double cells) {
    int eighths = (int) Math.round(8 * cells);
    String part = eighths % 8 == 0 ? "" : EIGHTHS.substring(eighths % 8 - 1, eighths % 8);
    return "█".repeat(eighths / 8) + part;
  }
}
