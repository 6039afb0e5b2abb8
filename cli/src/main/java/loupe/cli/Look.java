package loupe.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Sampler;
import loupe.reference.Arithmetic;
import loupe.reference.Hook;
import loupe.reference.Hooks;
import loupe.reference.Tensor;
import loupe.sae.AttachedSae;
import loupe.sae.FeatureReader;
import loupe.sae.PromotedTokens;
import loupe.sae.RowFilter;
import loupe.sae.Site;

/** Runs a prompt once, and looks at it through SAEs on the way. */
final class Look {
  /** Tokens shown for each feature. */
  private static final int PROMOTED = 5;

  /** Tokens shown as what comes next. */
  private static final int NEXT = 10;

  /** Features in one pass over the unembedding. */
  private static final int BLOCK = 32;

  private final LoadedModel loaded;
  private final Terminal terminal;
  private final int top;

  /**
   * @param top how many features of each token to keep
   */
  Look(LoadedModel loaded, Terminal terminal, int top) {
    this.loaded = loaded;
    this.terminal = terminal;
    this.top = top;
  }

  LookResult at(int[] ids, List<AttachedSae> saes) {
    Gemma2 model = loaded.model();
    List<FeatureReader> readers = new ArrayList<>();
    Hooks hooks = new Hooks(model.hookPoints());
    for (AttachedSae sae : saes) {
      FeatureReader reader = new FeatureReader(sae, top, RowFilter.ALL);
      readers.add(reader);
      hooks.add(reader);
    }
    Hook watching = readers.isEmpty() ? Hook.NONE : hooks;
    Tensor logits = loaded.prefill(ids, model.newCache(), watching, terminal);
    List<LookResult.View> views = new ArrayList<>();
    for (int i = 0; i < saes.size(); i++) {
      List<FeatureReader.Reading> readings = readers.get(i).readings();
      views.add(new LookResult.View(saes.get(i), readings, promoted(saes.get(i), readings)));
    }
    return new LookResult(ids, views, expected(logits));
  }

  private Map<Integer, List<PromotedTokens.Token>> promoted(
      AttachedSae sae, List<FeatureReader.Reading> readings) {
    int[] features =
        readings.stream()
            .flatMapToInt(reading -> Arrays.stream(reading.features().ids()))
            .distinct()
            .sorted()
            .toArray();
    Map<Integer, List<PromotedTokens.Token>> promoted = new HashMap<>();
    try (Progress progress = terminal.progress("what features promote", features.length)) {
      for (int from = 0; from < features.length; from += BLOCK) {
        int[] block = Arrays.copyOfRange(features, from, Math.min(from + BLOCK, features.length));
        List<List<PromotedTokens.Token>> tokens =
            PromotedTokens.of(
                loaded.model().arithmetic(),
                directions(sae, block),
                loaded.model().weights().unembed(),
                PROMOTED);
        for (int i = 0; i < block.length; i++) {
          promoted.put(block[i], tokens.get(i));
        }
        progress.advance(block.length);
      }
    }
    return promoted;
  }

  /** What features write, as directions of the residual stream: {@code [n, d_model]}. */
  private Tensor directions(AttachedSae sae, int[] features) {
    Tensor written = sae.directions(features);
    if (sae.at().site() != Site.ATT) {
      return written;
    }
    Arithmetic arithmetic = loaded.model().arithmetic();
    return arithmetic.project(written, loaded.model().weights().layers().get(sae.at().layer()).o());
  }

  private static List<LookResult.Expected> expected(Tensor logits) {
    Sampler.Distribution best = Sampler.mostProbable(logits, 0, NEXT);
    List<LookResult.Expected> expected = new ArrayList<>();
    for (int i = 0; i < best.ids().length; i++) {
      expected.add(new LookResult.Expected(best.ids()[i], best.probabilities()[i]));
    }
    return expected;
  }
}
