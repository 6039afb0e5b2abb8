package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Generator;
import loupe.gemma2.KvCache;
import loupe.gemma2.Sampler;
import loupe.gemma2.Sampling;
import loupe.golden.EmbeddedModel;
import loupe.golden.GoldenCase;
import loupe.golden.GoldenText;
import loupe.golden.Noise;
import loupe.golden.Trace;
import loupe.golden.TraceComparison;
import loupe.loaders.SafetensorsFile;
import loupe.reference.Arithmetic;
import loupe.reference.Hook;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import loupe.sae.CrossEntropy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every arithmetic must make of the golden data, within its own tolerance. */
abstract class GoldenTraceContract {
  private static final Trace.Origin ORIGIN = new Trace.Origin("test", "test");

  @TempDir Path temp;

  abstract Arithmetic arithmetic(Workers workers);

  /** Tolerance relative to a tensor's maximum, from what the data say about that tensor. */
  abstract double tolerance(double agreement, Noise noise);

  static List<String> caseIds() {
    return GoldenCase.ids();
  }

  private Gemma2 model(GoldenCase golden) {
    return new Gemma2(golden.config(), golden.model(), arithmetic(Workers.of(2)));
  }

  private Gemma2 embedded() {
    return new Gemma2(
        EmbeddedModel.config().config(), EmbeddedModel.weights(), arithmetic(Workers.of(2)));
  }

  private TensorSource trace(Gemma2 model, int[] ids) {
    Path file = temp.resolve("trace.safetensors");
    Trace.write(model, ids, model.hookPoints(), ids.length, file, ORIGIN, n -> {});
    return SafetensorsFile.open(file);
  }

  @ParameterizedTest
  @MethodSource("caseIds")
  void givesEveryTensorOfACase(String id) {
    GoldenCase golden = GoldenCase.of(id);
    TensorSource trace = trace(model(golden), golden.tokenIds());
    assertEquals(golden.trace().names(), trace.names());
    assertGolden(golden.trace(), trace, golden.agreement(), golden.noise());
  }

  @Test
  void givesEveryTensorOfTheEmbeddedModel() {
    GoldenText golden = new GoldenText();
    TensorSource trace = trace(embedded(), golden.tokenIds());
    assertEquals(golden.noise().keySet(), trace.names());
    assertTrue(trace.names().containsAll(golden.trace().names()));
    assertGolden(golden.trace(), trace, golden.agreement(), golden.noise());
  }

  private void assertGolden(
      TensorSource truth, TensorSource trace, double agreement, Map<String, Noise> noise) {
    TraceComparison comparison = TraceComparison.of(truth, new LastRows(trace, truth), n -> {});
    assertEquals(truth.names().size(), comparison.tensors().size());
    List<String> tooFar = new ArrayList<>();
    for (TraceComparison.Entry entry : comparison.tensors()) {
      double tolerance = tolerance(agreement, noise.get(entry.name()));
      double distance =
          entry.difference().orElseThrow().maxAbs() / maximum(truth.tensor(entry.name()));
      if (!(distance <= tolerance)) {
        tooFar.add("%s is %.3g off, not %.3g".formatted(entry.name(), distance, tolerance));
      }
    }
    assertEquals(List.of(), tooFar);
  }

  @ParameterizedTest
  @MethodSource("caseIds")
  void continuesACase(String id) {
    GoldenCase golden = GoldenCase.of(id);
    int[] expected = golden.decodedIds();
    double[] truth = elements(golden.decodedLogits());
    double bound =
        tolerance(golden.decodeAgreement(), golden.noise().get("hook_logits"))
            * maximum(golden.decodedLogits());
    Gemma2 model = model(golden);
    Generator generator = new Generator(model, 4);
    KvCache cache = model.newCache();
    Tensor logits = generator.prefill(golden.tokenIds(), cache, Hook.NONE);
    for (int step = 0; step < expected.length; step++) {
      for (int token = 0; token < logits.size(); token++) {
        double distance = Math.abs(logits.get(token) - truth[step * logits.size() + token]);
        assertTrue(distance <= bound, "step " + step + ": " + distance + " off at id " + token);
      }
      assertEquals(expected[step], Sampler.argmax(logits, 0), "step " + step);
      logits = generator.step(new int[] {expected[step]}, cache, Hook.NONE);
    }
  }

  @Test
  void continuesTheEmbeddedModelsPrompts() {
    Gemma2 model = embedded();
    Generator generator = new Generator(model, 64);
    List<GoldenText.Greedy> all = new GoldenText().greedy();
    assertEquals(7, all.size());
    for (GoldenText.Greedy greedy : all) {
      KvCache cache = model.newCache();
      Tensor logits = generator.prefill(greedy.promptIds(), cache, Hook.NONE);
      int[] ids =
          generator.generate(
              logits,
              cache,
              new Sampler(Sampling.GREEDY),
              greedy.ids().length,
              Set.of(),
              Hook.NONE,
              id -> {});
      assertArrayEquals(greedy.ids(), ids, greedy.prompt());
    }
  }

  @Test
  void givesTheCrossEntropyOfTheEmbeddedModelsText() {
    GoldenText golden = new GoldenText();
    Tensor logits = embedded().forward(golden.tokenIds(), Hook.NONE);
    double tolerance = tolerance(golden.agreement(), golden.noise().get("hook_logits"));
    assertEquals(
        golden.crossEntropy(),
        CrossEntropy.of(logits, golden.tokenIds()).orElseThrow(),
        tolerance * golden.crossEntropy());
  }

  /** Largest absolute value. */
  private static double maximum(StoredTensor tensor) {
    double max = 0;
    for (double value : elements(tensor)) {
      max = Math.max(max, Math.abs(value));
    }
    return max;
  }

  private static double[] elements(StoredTensor tensor) {
    double[] values = new double[(int) tensor.elementCount()];
    tensor.read(0, values, 0, values.length);
    return values;
  }
}
