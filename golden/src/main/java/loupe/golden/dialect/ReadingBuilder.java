package loupe.golden.dialect;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import loupe.gemma2.Gemma2Config;
import loupe.golden.check.Report;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/** Collects a {@link Reading} tensor by tensor. */
final class ReadingBuilder {
  private final TensorSource dump;
  private final String dialect;
  private final Gemma2Config config;
  private final int positions;
  private final UnscaledRows unscaled;
  private final Map<String, String> names = new LinkedHashMap<>();
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final List<Report.Skipped> skipped = new ArrayList<>();
  private final Set<String> notes = new LinkedHashSet<>();
  private final Set<String> lastOnly = new LinkedHashSet<>();

  ReadingBuilder(
      TensorSource dump,
      String dialect,
      Gemma2Config config,
      int positions,
      UnscaledRows unscaled) {
    this.dump = dump;
    this.dialect = dialect;
    this.config = config;
    this.positions = positions;
    this.unscaled = unscaled;
  }

  void skip(String name, String reason) {
    skipped.add(new Report.Skipped(name, reason));
  }

  /** Adds a tensor that has one reading or more. */
  void add(String name, List<DumpReader.Candidate> candidates) {
    List<String> meanings =
        candidates.stream().map(candidate -> candidate.meaning().name()).distinct().toList();
    if (meanings.size() > 1) {
      throw new InputException(
          "%s: %s may be %s; say which, as in --rename '%s=%s', or leave it out by --rename '%s='"
              .formatted(
                  dump.origin(), name, String.join(" or ", meanings), name, meanings.get(0), name));
    }
    requireOneOrder(name, candidates);
    DumpReader.Candidate candidate = candidates.get(0);
    String ours = candidate.meaning().name();
    if (candidate.fit().isEmpty()) {
      put(name, ours, dump.tensor(name));
      return;
    }
    double factor = factor(candidate);
    if (Double.isNaN(factor)) {
      skip(
          name,
          candidate.meaning().row().name()
              + " times query_pre_attn_scalar^-0.5, which is no power of two");
      return;
    }
    RelaidTensor tensor = relaid(name, candidate, factor);
    if (candidate.meaning().entry().unless().isPresent() && isUnscaled(tensor)) {
      skip(name, "rows of the embedding without the factor sqrt(d_model), not " + ours);
      return;
    }
    tell(name, candidate);
    put(name, ours, tensor);
  }

  /** A dialect may know several orders of axes; where the shape allows two, nobody can tell. */
  private void requireOneOrder(String name, List<DumpReader.Candidate> candidates) {
    Set<List<Axes.Step>> orders = new LinkedHashSet<>();
    candidates.forEach(candidate -> candidate.fit().ifPresent(fit -> orders.add(fit.steps())));
    if (orders.size() > 1) {
      throw new InputException(
          "%s: %s %s may be %s; give a prompt with another number of tokens"
              .formatted(
                  dump.origin(),
                  name,
                  Arrays.toString(dump.tensor(name).shape()),
                  candidates.stream()
                      .map(candidate -> candidate.fit().orElseThrow().axes().toString())
                      .distinct()
                      .collect(Collectors.joining(" or "))));
    }
  }

  /** What undoes a factor that the dump's tensor has; NaN where that would round. */
  private double factor(DumpReader.Candidate candidate) {
    if (candidate.meaning().entry().times().isEmpty()) {
      return 1;
    }
    double inverse = Math.sqrt(config.queryPreAttnScalar());
    return Math.scalb(1.0, Math.getExponent(inverse)) == inverse ? inverse : Double.NaN;
  }

  private RelaidTensor relaid(String name, DumpReader.Candidate candidate, double factor) {
    Axes.Fit fit = candidate.fit().orElseThrow();
    StoredTensor stored = dump.tensor(name);
    int rows = holdsLastPosition(candidate) ? positions : fit.positions();
    if (rows != fit.positions()) {
      lastOnly.add(candidate.meaning().name());
    }
    return new RelaidTensor(
        candidate.meaning().name(),
        stored,
        shape(candidate.meaning().row().shape(), rows),
        fit.steps(),
        factor);
  }

  /** Programs that generate compute what comes after the last attention for the last row alone. */
  private boolean holdsLastPosition(DumpReader.Candidate candidate) {
    boolean isOneOfMany = candidate.fit().orElseThrow().positions() == 1 && positions > 1;
    String name = candidate.meaning().name();
    boolean isAtEnd =
        name.startsWith("unembed.") || name.startsWith("ln_final.") || name.equals("hook_logits");
    boolean isInLastLayer =
        dialect.equals("llama.cpp") && name.startsWith("blocks." + (config.nLayers() - 1) + ".");
    return isOneOfMany
        && (isAtEnd || isInLastLayer)
        && candidate.meaning().row().shape().startsWith("pos ");
  }

  private long[] shape(String words, int rows) {
    return Arrays.stream(words.split(" ")).mapToLong(word -> length(word, rows)).toArray();
  }

  private long length(String word, int rows) {
    return switch (word) {
      case "pos", "key" -> rows;
      case "head" -> config.nHeads();
      case "head_kv" -> config.nKvHeads();
      case "d_head" -> config.dHead();
      case "d_model" -> config.dModel();
      case "d_mlp" -> config.dMlp();
      case "d_vocab" -> config.dVocab();
      default -> throw new IllegalStateException(word);
    };
  }

  private boolean isUnscaled(RelaidTensor tensor) {
    double[] values = new double[Math.toIntExact(tensor.elementCount())];
    tensor.read(0, values, 0, values.length);
    return unscaled.are(values);
  }

  /** Says what is not as one might expect: another order of axes, a name with another meaning. */
  private void tell(String name, DumpReader.Candidate candidate) {
    Axes.Fit fit = candidate.fit().orElseThrow();
    Axes declared = new Axes(candidate.meaning().entry().axes()).withoutBatch();
    if (!fit.axes().equals(declared)) {
      notes.add(pattern(candidate) + " is read as " + fit.axes());
    }
    if (!candidate.meaning().entry().note().isEmpty()) {
      notes.add(
          "%s is %s: %s"
              .formatted(
                  candidate.meaning().entry().name(),
                  candidate.meaning().row().name(),
                  candidate.meaning().entry().note()));
    }
  }

  private static String pattern(DumpReader.Candidate candidate) {
    return candidate.meaning().entry().name();
  }

  private void put(String name, String ours, StoredTensor tensor) {
    StoredTensor before = tensors.get(ours);
    if (before == null) {
      tensors.put(ours, tensor);
      names.put(ours, name);
      return;
    }
    String first = names.get(ours);
    boolean isSame =
        before instanceof RelaidTensor one
            && tensor instanceof RelaidTensor two
            && one.agreesWith(two);
    if (!isSame) {
      throw new InputException(
          "%s: %s and %s are both %s, but differ; leave one out by --rename '%s='"
              .formatted(dump.origin(), first, name, ours, name));
    }
    skip(name, "the same as " + first);
  }

  Reading reading() {
    if (!lastOnly.isEmpty()) {
      String first = lastOnly.iterator().next();
      String more = lastOnly.size() == 1 ? "" : " and %d others".formatted(lastOnly.size() - 1);
      String verb = lastOnly.size() == 1 ? " holds" : " hold";
      notes.add(first + more + verb + " the last position only");
    }
    return new Reading(dialect, dump.origin(), names, tensors, skipped, List.copyOf(notes));
  }
}
