package loupe.golden.dialect;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import loupe.gemma2.Gemma2Config;
import loupe.golden.dialect.Dictionary.Dialect;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/** Reads dumps of one model and prompt in whatever dialect they are. */
public final class DumpReader {
  private final Dictionary dictionary = Dictionary.get();
  private final Gemma2Config config;
  private final int positions;
  private final UnscaledRows unscaled;
  private final Renaming renaming;

  /**
   * @param checkpoint the model's weights, by Hugging Face's names
   * @param tokenIds what the program was given
   */
  public DumpReader(
      Gemma2Config config, TensorSource checkpoint, int[] tokenIds, Renaming renaming) {
    this.config = config;
    this.positions = tokenIds.length;
    this.unscaled = new UnscaledRows(config, checkpoint, tokenIds);
    this.renaming = renaming;
  }

  /**
   * The dump in a dialect.
   *
   * @param dialect its name; empty to find out
   * @throws InputException if there is no such dialect, a name may mean several tensors, or several
   *     dialects read the dump in different ways
   */
  public Reading read(TensorSource dump, Optional<String> dialect) {
    if (dialect.isPresent()) {
      return read(dump, dictionary.dialect(dialect.get()));
    }
    Map<Dialect, Map<String, String>> known = new LinkedHashMap<>();
    dictionary.dialects().forEach(each -> known.put(each, names(dump, each, true)));
    if (known.values().stream().allMatch(Map::isEmpty)) {
      dictionary.dialects().forEach(each -> known.put(each, names(dump, each, false)));
    }
    int most = known.values().stream().mapToInt(Map::size).max().orElseThrow();
    List<Dialect> best = new ArrayList<>(known.keySet());
    best.removeIf(each -> known.get(each).size() < most);
    Dialect first = best.get(0);
    best.forEach(other -> requireSame(dump, first, known.get(first), other, known.get(other)));
    return read(dump, first);
  }

  private static void requireSame(
      TensorSource dump,
      Dialect one,
      Map<String, String> names,
      Dialect other,
      Map<String, String> otherNames) {
    for (Map.Entry<String, String> entry : names.entrySet()) {
      String meaning = otherNames.getOrDefault(entry.getKey(), entry.getValue());
      if (!meaning.equals(entry.getValue())) {
        throw new InputException(
            "%s: %s may be %s (%s) or %s (%s); say which by --dialect"
                .formatted(
                    dump.origin(),
                    entry.getKey(),
                    entry.getValue(),
                    one.name(),
                    meaning,
                    other.name()));
      }
    }
  }

  /**
   * The tensors that a dialect finds in a dump: our name, or several, by the dump's.
   *
   * @param fitting whether their shapes must be as the dialect has them
   */
  private Map<String, String> names(TensorSource dump, Dialect dialect, boolean fitting) {
    Vocabulary vocabulary = new Vocabulary(dictionary, dialect, config.nLayers());
    Map<String, String> names = new LinkedHashMap<>();
    for (String name : dump.names()) {
      List<Candidate> candidates = candidates(dump.tensor(name), vocabulary.meanings(name));
      boolean isWrong = fitting && candidates.stream().allMatch(c -> c.fit.isEmpty());
      if (!candidates.isEmpty() && !isWrong) {
        names.put(
            name,
            candidates.stream()
                .map(candidate -> candidate.meaning().name())
                .distinct()
                .collect(Collectors.joining(" or ")));
      }
    }
    return names;
  }

  /**
   * A reading of one tensor.
   *
   * @param fit how its shape is understood; empty where it is not
   */
  record Candidate(Vocabulary.Meaning meaning, Optional<Axes.Fit> fit) {}

  /** The readings that the shape allows; where it allows none, all. */
  private List<Candidate> candidates(StoredTensor tensor, List<Vocabulary.Meaning> meanings) {
    List<Candidate> all =
        meanings.stream().map(meaning -> candidate(tensor.shape(), meaning)).toList();
    List<Candidate> fitting = all.stream().filter(c -> c.fit.isPresent()).toList();
    return fitting.isEmpty() ? all : fitting;
  }

  private Candidate candidate(long[] shape, Vocabulary.Meaning meaning) {
    Axes ours = new Axes(meaning.row().shape());
    Optional<Axes.Fit> declared =
        new Axes(meaning.entry().axes()).fit(shape, ours, config).filter(this::isUsable);
    return new Candidate(
        meaning, declared.isPresent() ? declared : otherOrder(shape, meaning, ours));
  }

  /** An order that the program is not known for; none where several are possible. */
  private Optional<Axes.Fit> otherOrder(long[] shape, Vocabulary.Meaning meaning, Axes ours) {
    List<Axes.Fit> fits = new ArrayList<>();
    for (Axes order : Axes.orders(ours)) {
      order.fit(shape, ours, config).filter(this::isUsable).ifPresent(fits::add);
    }
    if (fits.size() > 1) {
      throw new InputException(
          "%s: shape %s may be %s; give a prompt with another number of tokens"
              .formatted(
                  meaning.name(),
                  Arrays.toString(shape),
                  fits.stream()
                      .map(fit -> fit.axes().toString())
                      .collect(Collectors.joining(" or "))));
    }
    return fits.isEmpty()
        ? new Axes(meaning.entry().axes()).fit(shape, ours, config)
        : Optional.of(fits.get(0));
  }

  private boolean isUsable(Axes.Fit fit) {
    return fit.positions() == positions;
  }

  private Reading read(TensorSource dump, Dialect dialect) {
    ReadingBuilder builder = new ReadingBuilder(dump, dialect.name(), config, positions, unscaled);
    Vocabulary vocabulary = new Vocabulary(dictionary, dialect, config.nLayers());
    Vocabulary own =
        new Vocabulary(dictionary, dictionary.dialect(Dictionary.LOUPE), config.nLayers());
    for (String name : dump.names()) {
      Optional<String> renamed = renaming.of(name);
      if (renamed.isPresent() && renamed.get().isEmpty()) {
        builder.skip(name, "left out by --rename");
        continue;
      }
      List<Vocabulary.Meaning> meanings =
          renamed.isPresent() ? own.meanings(renamed.get()) : vocabulary.meanings(name);
      if (meanings.isEmpty()) {
        builder.skip(name, vocabulary.reasonToSkip(name));
      } else {
        builder.add(name, candidates(dump.tensor(name), meanings));
      }
    }
    return builder.reading();
  }
}
