package loupe.cli;

import java.util.Locale;
import loupe.sae.AttachedSae;
import loupe.sae.Attachment;
import loupe.sae.FeatureReader;

/** What {@code look} found, for people. */
final class LookText {
  private final LookResult result;
  private final LoadedModel loaded;
  private final Terminal terminal;
  private final LookColumns columns;

  LookText(LookResult result, LoadedModel loaded, Terminal terminal) {
    this.result = result;
    this.loaded = loaded;
    this.terminal = terminal;
    this.columns = LookColumns.of(result, this::name);
  }

  void print() {
    for (LookResult.View view : result.views()) {
      title(view);
      new FeatureGrid(terminal, view, columns, this::name).print();
      terminal.out().println();
    }
    if (result.views().isEmpty()) {
      printTokens();
    }
    new ExpectedBars(terminal, columns, this::name).print(result.next(), loaded.config().dVocab());
    if (result.views().stream().anyMatch(view -> !view.promoted().isEmpty())) {
      terminal.out().println();
      legend();
    }
  }

  private void title(LookResult.View view) {
    AttachedSae sae = view.sae();
    new StyledLine(terminal).add(Style.BOLD, VisibleText.of(sae.id())).print();
    StyledLine.wrapped(
        terminal,
        Style.FAINT,
        String.format(
            Locale.ROOT,
            "%s: %,d features, about %.0f active on a token",
            place(sae.at()),
            sae.sae().dSae(),
            meanActive(view)));
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
      case ATT -> "the outputs of the heads in layer " + at.layer();
      case MLP -> "what the MLP of layer " + at.layer() + " writes";
      case TRANSCODER -> "from what the MLP of layer " + at.layer() + " reads to what it writes";
      case EMBEDDING -> "the token embedding";
    };
  }

  /** A token's piece, made visible; its id where there is no piece. */
  private String name(int id) {
    String piece = loaded.files().piece(id);
    return piece == null ? "#" + id : VisibleText.of(piece);
  }

  private void printTokens() {
    for (int pos = 0; pos < result.ids().length; pos++) {
      String number = DisplayWidth.padLeft(String.valueOf(pos), columns.posCells());
      new StyledLine(terminal)
          .add(Style.FAINT, number)
          .to(columns.token())
          .addPiece(Style.BOLD, name(result.ids()[pos]))
          .print();
    }
    terminal.out().println();
  }

  private void legend() {
    String colours = terminal.colour() ? "; colours follow features" : "";
    StyledLine.wrapped(
        terminal, Style.FAINT, "act: activation; promotes: tokens made likelier" + colours + ".");
    String others =
        loaded.files().isEmbedded()
            ? "--layer 0 to %d, --sae tiny/mlp/layer_3, ".formatted(loaded.config().nLayers() - 1)
            : "";
    StyledLine.wrapped(
        terminal, Style.FAINT, "Try " + others + "--top 10, --json; loupe look --help.");
  }
}
