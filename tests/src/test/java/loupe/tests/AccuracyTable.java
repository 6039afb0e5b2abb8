package loupe.tests;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.golden.EmbeddedModel;
import loupe.golden.GoldenCase;
import loupe.golden.GoldenSae;
import loupe.golden.GoldenText;
import loupe.golden.Noise;
import loupe.golden.Trace;
import loupe.golden.TraceComparison;
import loupe.loaders.SafetensorsFile;
import loupe.reference.Arithmetic;
import loupe.reference.Hooks;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import loupe.sae.AttachedSae;
import loupe.sae.JumpReluSae;
import loupe.sae.SaeWeights;
import loupe.sae.Site;

/**
 * How far each arithmetic is from each family of golden data: the worst element of the worst
 * tensor, relative to the largest absolute value of that tensor.
 */
final class AccuracyTable {
  private static final Trace.Origin ORIGIN = new Trace.Origin("test", "test");

  private final Path folder;

  /**
   * One family.
   *
   * @param tensors how many tensors were compared
   * @param distances of each arithmetic
   * @param noise the distance of Hugging Face's eager run in float32
   */
  private record Row(int tensors, Map<Numbers, Double> distances, double noise) {
    Row and(Row other) {
      Map<Numbers, Double> worst = new EnumMap<>(distances);
      other.distances.forEach((numbers, distance) -> worst.merge(numbers, distance, Math::max));
      return new Row(tensors + other.tensors, worst, Math.max(noise, other.noise));
    }

    String line(String family) {
      return String.format(
          Locale.ROOT,
          "| %s | %d | %.0e | %.0e | %.0e |",
          family,
          tensors,
          distances.get(Numbers.FLOAT64),
          distances.get(Numbers.FLOAT32),
          noise);
    }
  }

  /** A model, a prompt, and the truth about them. */
  private record Run(
      Gemma2Config config,
      TensorSource weights,
      int[] ids,
      TensorSource truth,
      Map<String, Noise> noise) {
    static Run of(GoldenCase golden) {
      return new Run(
          golden.config(), golden.model(), golden.tokenIds(), golden.trace(), golden.noise());
    }

    static Run ofEmbedded() {
      GoldenText golden = new GoldenText();
      return new Run(
          EmbeddedModel.config().config(),
          EmbeddedModel.weights(),
          golden.tokenIds(),
          golden.trace(),
          golden.noise());
    }

    Gemma2 model(Numbers numbers) {
      return new Gemma2(config, weights, numbers.on(Workers.of(2)));
    }
  }

  /**
   * A table that is yet to be measured.
   *
   * @param folder takes a file for a while
   */
  AccuracyTable(Path folder) {
    this.folder = folder;
  }

  /** Measures everything; the result is a table in Markdown. */
  String measure() {
    List<String> lines = new ArrayList<>();
    lines.add("| golden data | tensors | `float64` | `float32` | Hugging Face, float32 |");
    lines.add("|---|--:|--:|--:|--:|");
    for (String id : GoldenCase.ids()) {
      lines.add(row(Run.of(GoldenCase.of(id))).line("model `" + id + "`"));
    }
    lines.add(row(Run.ofEmbedded()).line("the embedded model"));
    Map<Site, Row> sites = new EnumMap<>(Site.class);
    for (String id : GoldenSae.ids()) {
      GoldenSae golden = GoldenSae.of(id);
      sites.merge(golden.attachment().site(), row(golden), Row::and);
    }
    sites.forEach(
        (site, row) -> lines.add(row.line("SAEs: `" + site.name().toLowerCase(Locale.ROOT) + "`")));
    return String.join("\n", lines);
  }

  private Row row(Run run) {
    Map<Numbers, Double> distances = new EnumMap<>(Numbers.class);
    for (Numbers numbers : Numbers.values()) {
      distances.put(numbers, distance(run, run.model(numbers)));
    }
    double noise =
        run.truth.names().stream()
            .mapToDouble(name -> run.noise.get(name).f32Max())
            .max()
            .orElseThrow();
    return new Row(run.truth.names().size(), distances, noise);
  }

  private double distance(Run run, Gemma2 model) {
    Path file = folder.resolve("trace.safetensors");
    Trace.write(model, run.ids, model.hookPoints(), run.ids.length, file, ORIGIN, n -> {});
    TensorSource trace = new LastRows(SafetensorsFile.open(file), run.truth);
    double worst = 0;
    for (TraceComparison.Entry entry : TraceComparison.of(run.truth, trace, n -> {}).tensors()) {
      double maxAbs = entry.difference().orElseThrow().maxAbs();
      worst = Math.max(worst, maxAbs / run.noise.get(entry.name()).maxAbs());
    }
    return worst;
  }

  private static Row row(GoldenSae golden) {
    List<String> names = List.of("pre", "features", "reconstruction");
    Map<Numbers, Double> distances = new EnumMap<>(Numbers.class);
    for (Numbers numbers : Numbers.values()) {
      Map<String, Tensor> actual = tensors(golden, numbers.on(Workers.of(2)));
      double worst = 0;
      for (String name : names) {
        worst = Math.max(worst, distance(golden.truth().tensor(name), actual.get(name)));
      }
      distances.put(numbers, worst);
    }
    double noise = names.stream().mapToDouble(golden::noise).max().orElseThrow();
    return new Row(names.size(), distances, noise);
  }

  private static Map<String, Tensor> tensors(GoldenSae golden, Arithmetic arithmetic) {
    JumpReluSae sae = new JumpReluSae(arithmetic, SaeWeights.load(golden.parameters(), arithmetic));
    AttachedSae attached = new AttachedSae(golden.id(), sae, golden.attachment());
    GoldenCase at = golden.goldenCase();
    Gemma2 model = new Gemma2(at.config(), at.model(), arithmetic);
    List<JumpReluSae.Encoding> seen = new ArrayList<>();
    Hooks hooks =
        new Hooks(model.hookPoints())
            .read(attached.at().input(), (name, value, rows) -> seen.add(attached.encode(value)));
    model.forward(at.tokenIds(), hooks);
    JumpReluSae.Encoding encoding = seen.get(0);
    return Map.of(
        "pre", encoding.pre(),
        "features", encoding.features(),
        "reconstruction", attached.decode(encoding.features()));
  }

  private static double distance(StoredTensor expected, Tensor actual) {
    double[] values = new double[actual.size()];
    expected.read(0, values, 0, values.length);
    double max = 0;
    double worst = 0;
    for (int i = 0; i < values.length; i++) {
      max = Math.max(max, Math.abs(values[i]));
      worst = Math.max(worst, Math.abs(values[i] - actual.get(i)));
    }
    return worst / max;
  }
}
