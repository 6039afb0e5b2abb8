package loupe.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import loupe.gemma2.Gemma2Config;
import loupe.golden.check.DumpPrecision;
import loupe.golden.check.Report;
import loupe.golden.check.SaeGrader;
import loupe.golden.dialect.DumpReader;
import loupe.golden.dialect.Reading;
import loupe.reference.Arithmetic;
import loupe.reference.Float64;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import loupe.sae.AttachedSae;

/**
 * Reads and grades dumps of an SAE. Its input is the site's tensor in the dump, under any program's
 * name or as {@code input}; else it is computed from the model and the tokens.
 */
final class SaeGrading {
  private final ModelFiles files;
  private final Optional<int[]> ids;
  private final DumpOptions options;
  private final PrecisionOption precision;
  private final Function<Arithmetic, AttachedSae> sae;
  private final AttachedSae exact;
  private final SaeGrader grader;

  /**
   * @param ids the prompt; empty where the user gives none, and the dump must have the input
   * @param sae opens the SAE in an arithmetic
   */
  SaeGrading(
      ModelFiles files,
      Optional<int[]> ids,
      DumpOptions options,
      PrecisionOption precision,
      Function<Arithmetic, AttachedSae> sae,
      Workers workers) {
    this.files = files;
    this.ids = ids;
    this.options = options;
    this.precision = precision;
    this.sae = sae;
    this.exact = sae.apply(new Float64(workers));
    this.grader = new SaeGrader(sae, workers);
  }

  /** The tensors of a dump but for those of the SAE. */
  private record Rest(TensorSource dump, Set<String> names) implements TensorSource {
    @Override
    public StoredTensor tensor(String name) {
      return dump.tensor(name);
    }

    @Override
    public String origin() {
      return dump.origin();
    }
  }

  /**
   * Grades one dump.
   *
   * @throws InputException if it cannot be read, or nothing in it can be compared
   */
  Grading.Graded grade(Path dump) {
    TensorSource source = DumpFile.open(dump);
    SaeDump sorted = SaeDump.of(source, exact.at());
    Map<String, StoredTensor> tensors = sorted.tensors();
    Gemma2Config config = files.config().config();
    Reading reading = read(source, sorted.rest(), tensors.values().iterator().next(), config);
    String site = exact.at().input();
    Optional<StoredTensor> own =
        sorted.input().or(() -> Optional.ofNullable(reading.tensors().get(site)));
    if (own.isEmpty() && ids.isEmpty()) {
      throw new InputException(
          "%s: has no %s, so give the text or --tokens, from which it can be computed"
              .formatted(source.origin(), site));
    }
    Report report =
        report(own, tensors, reading, config)
            .withSkipped(skipped(reading, site))
            .withSkipped(sorted.skipped());
    List<String> notes = new ArrayList<>(reading.notes());
    sorted.warning(exact.at()).ifPresent(notes::add);
    notes.add(
        exact.id()
            + (own.isPresent()
                ? " on the dump's own " + own.get().name()
                : " on " + site + " of the model, with the bounds of all steps before it"));
    return new Grading.Graded(
        dump,
        new Reading(reading.dialect(), source.origin(), sorted.names(), tensors, List.of(), notes),
        report,
        config.nLayers(),
        exact.at().site().hasLayer() ? OptionalInt.of(exact.at().layer()) : OptionalInt.empty(),
        List.of(),
        Optional.empty());
  }

  private Reading read(
      TensorSource source, Set<String> rest, StoredTensor one, Gemma2Config config) {
    long[] shape = one.shape();
    int rows = shape.length < 2 ? 1 : (int) shape[shape.length - 2];
    int[] prompt = ids.orElse(new int[rows]);
    return new DumpReader(config, files.weights(), prompt, options.renaming(config.nLayers()))
        .read(new Rest(source, rest), options.dialect());
  }

  private Report report(
      Optional<StoredTensor> own,
      Map<String, StoredTensor> tensors,
      Reading reading,
      Gemma2Config config) {
    TensorSource all = new Reading("", "", Map.of(), tensors, List.of(), List.of()).source();
    SaeGrader.Input input =
        new SaeGrader.Input(own, config, files.weights(), ids.orElse(new int[0]), reading.source());
    return grader.grade(
        input,
        tensors,
        precision
            .candidates("")
            .orElseGet(() -> precision.candidates(DumpPrecision.of(all, all.names(), config), "")));
  }

  /** Tensors of the model other than the SAE's input. */
  private static List<Report.Skipped> skipped(Reading reading, String site) {
    List<Report.Skipped> skipped = new ArrayList<>(reading.skipped());
    for (Map.Entry<String, String> name : reading.names().entrySet()) {
      if (!name.getKey().equals(site)) {
        skipped.add(
            new Report.Skipped(name.getValue(), "a tensor of the model: graded without --sae"));
      }
    }
    return skipped;
  }
}
