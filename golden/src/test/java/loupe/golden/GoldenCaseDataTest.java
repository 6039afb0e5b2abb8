package loupe.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.HookPoints;
import loupe.loaders.JsonObject;
import loupe.reference.DType;
import loupe.reference.Span;
import loupe.reference.TensorSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every golden case is consistent in itself: schema, shapes, and what must hold between tensors.
 */
class GoldenCaseDataTest {
  static List<String> caseIds() {
    return GoldenCase.ids();
  }

  private static long[] shape(String name, GoldenCase golden) {
    int positions = golden.tokenIds().length;
    long[] shape =
        Arrays.stream(HookPoints.shape(name, golden.config(), positions)).asLongStream().toArray();
    if (HookPoints.isPerKey(name)) {
      shape[1] = positions - golden.firstScoreRow();
    }
    return shape;
  }

  @ParameterizedTest
  @MethodSource("caseIds")
  void saysWhatItIs(String id) {
    GoldenCase golden = GoldenCase.of(id);
    JsonObject json = Resources.json("golden/cases/" + id + "/case.json");
    int[] ids = golden.tokenIds();
    Gemma2Config config = golden.config();
    assertEquals(id, json.string("id"));
    assertEquals(ids.length, json.integer("tokens"));
    assertEquals(config.dtype(), json.string("dtype"));
    assertEquals(Knobs.DEFAULT.byRole().keySet(), golden.knobs().byRole().keySet());
    assertTrue(golden.comment().length() > 20);
    assertTrue(golden.flags().size() > 10);
    golden.flags().forEach(flag -> assertTrue(flag.matches("P\\d+"), flag));
    assertEquals(config.bosId(), ids[0]);
    Arrays.stream(ids).forEach(token -> assertTrue(token >= 0 && token < config.dVocab()));
  }

  /** Equal sizes would hide a transpose, a square d_model a wrong embedding scale. */
  @ParameterizedTest
  @MethodSource("caseIds")
  void hasAnAwkwardShape(String id) {
    GoldenCase golden = GoldenCase.of(id);
    Gemma2Config c = golden.config();
    List<Integer> sizes =
        new ArrayList<>(
            List.of(
                c.dModel(),
                c.nHeads() * c.dHead(),
                c.dMlp(),
                c.dVocab(),
                golden.tokenIds().length));
    if (c.nKvHeads() != c.nHeads()) {
      sizes.add(c.nKvHeads() * c.dHead());
    }
    assertEquals(sizes.size(), new HashSet<>(sizes).size(), sizes.toString());
    assertNotEquals(c.dHead(), c.dModel() / c.nHeads());
    assertNotEquals(c.dHead(), c.queryPreAttnScalar());
    double root = Math.sqrt(c.dModel());
    assertNotEquals(root, Math.rint(root));
  }

  @ParameterizedTest
  @MethodSource("caseIds")
  void storesEveryTensorInItsShape(String id) {
    GoldenCase golden = GoldenCase.of(id);
    List<String> all = HookPoints.all(golden.config());
    assertStored(golden, golden.trace(), DType.F64);
    golden.bf16Trace().ifPresent(trace -> assertStored(golden, trace, DType.BF16));
    assertEquals(all, List.copyOf(golden.noise().keySet()));
  }

  private static void assertStored(GoldenCase golden, TensorSource trace, DType dtype) {
    List<String> all = HookPoints.all(golden.config());
    assertEquals(new HashSet<>(all), new HashSet<>(trace.names()));
    for (String name : all) {
      assertEquals(dtype, trace.tensor(name).dtype(), name);
      assertArrayEquals(shape(name, golden), trace.tensor(name).shape(), name);
      assertTrue(Values.of(trace, name).isFinite(), name);
    }
  }

  @ParameterizedTest
  @MethodSource("caseIds")
  void knowsTheNoiseOfItsTensors(String id) {
    GoldenCase golden = GoldenCase.of(id);
    TensorSource trace = golden.trace();
    golden
        .noise()
        .forEach(
            (name, noise) -> {
              Values truth = Values.of(trace, name);
              boolean inPart = HookPoints.isPerKey(name) && golden.firstScoreRow() > 0;
              double digits = Tolerances.invariant("noise_digits") * noise.maxAbs();
              if (!inPart) {
                assertEquals(noise.maxAbs(), truth.max(), digits, name);
                golden.bf16Trace().ifPresent(low -> assertBf16Noise(truth, low, noise));
              }
              assertTrue(noise.f32Rms() >= 0 && noise.f32Rms() <= noise.f32Max(), name);
              assertTrue(noise.bf16Rms() >= 0 && noise.bf16Rms() <= noise.bf16Max(), name);
              boolean exact = noise.f32Max() == 0 && noise.bf16Max() == 0;
              assertTrue(exact || noise.f32Max() < noise.bf16Max(), name);
            });
  }

  private static void assertBf16Noise(Values truth, TensorSource low, Noise noise) {
    double distance = truth.distance(Values.of(low, truth.name()).data());
    double storage = Tolerances.invariant("bf16_storage");
    double digits = Tolerances.invariant("noise_digits");
    assertTrue(distance <= (1 + digits) * noise.bf16Max() + storage, truth.name());
  }

  @ParameterizedTest
  @MethodSource("caseIds")
  void addsUpAlongTheResidualStream(String id) {
    GoldenCase golden = GoldenCase.of(id);
    TensorSource trace = golden.trace();
    Values stream = Values.of(trace, HookPoints.EMBED);
    for (int layer = 0; layer < golden.config().nLayers(); layer++) {
      HookPoints.Layer names = HookPoints.Layer.of(layer);
      Values pre = Values.of(trace, names.residPre());
      assertArrayEquals(stream.data(), pre.data(), names.residPre());
      Values mid = Values.of(trace, names.residMid());
      assertEqual(mid, pre.plus(Values.of(trace, names.attnOut())));
      stream = Values.of(trace, names.residPost());
      assertEqual(stream, mid.plus(Values.of(trace, names.mlpOut())));
    }
  }

  private static void assertEqual(Values expected, double[] actual) {
    double distance = expected.distance(actual);
    assertTrue(distance <= Tolerances.invariant("of_max"), expected.name() + ": " + distance);
  }

  @ParameterizedTest
  @MethodSource("caseIds")
  void capsScoresAndLogits(String id) {
    GoldenCase golden = GoldenCase.of(id);
    Gemma2Config config = golden.config();
    TensorSource trace = golden.trace();
    for (int layer = 0; layer < config.nLayers(); layer++) {
      HookPoints.Layer names = HookPoints.Layer.of(layer);
      double[] capped = Values.of(trace, names.scoresRaw()).capped(config.attnSoftcap());
      assertEqual(Values.of(trace, names.scoresCapped()), capped);
    }
    double[] capped = Values.of(trace, HookPoints.LOGITS_RAW).capped(config.finalSoftcap());
    assertEqual(Values.of(trace, HookPoints.LOGITS), capped);
  }

  @ParameterizedTest
  @MethodSource("caseIds")
  void attendsToWhatMaskAndWindowAdmit(String id) {
    GoldenCase golden = GoldenCase.of(id);
    Gemma2Config config = golden.config();
    int first = golden.firstScoreRow();
    int queries = golden.tokenIds().length - first;
    for (int layer = 0; layer < config.nLayers(); layer++) {
      int window = config.isLocal(layer) ? config.slidingWindow() : Span.UNLIMITED;
      Span span = new Span(first, queries, window);
      Values pattern = Values.of(golden.trace(), HookPoints.Layer.of(layer).pattern());
      for (int row = 0; row < config.nHeads() * queries; row++) {
        int from = row * span.keys();
        double sum = 0;
        for (int key = 0; key < span.keys(); key++) {
          double p = pattern.data()[from + key];
          int r = row % queries;
          boolean admitted = key >= span.firstKey(r) && key <= span.position(r);
          assertEquals(admitted, p > 0, "%s, row %d, key %d".formatted(pattern.name(), row, key));
          sum += p;
        }
        assertEquals(1, sum, Tolerances.invariant("pattern_sum"), pattern.name());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("caseIds")
  void mixesValuesByThePattern(String id) {
    GoldenCase golden = GoldenCase.of(id);
    Gemma2Config config = golden.config();
    int first = golden.firstScoreRow();
    int h = config.dHead();
    for (int layer = 0; layer < config.nLayers(); layer++) {
      HookPoints.Layer names = HookPoints.Layer.of(layer);
      Values pattern = Values.of(golden.trace(), names.pattern());
      Values v = Values.of(golden.trace(), names.v());
      Values z = Values.of(golden.trace(), names.z());
      double[] mixed = z.data().clone();
      for (int n = 0; n < config.nHeads(); n++) {
        for (int i = first; i < z.dim(0); i++) {
          for (int d = 0; d < h; d++) {
            double sum = 0;
            for (int j = 0; j < z.dim(0); j++) {
              int value = (j * config.nKvHeads() + n / config.headsPerKeyHead()) * h + d;
              int row = n * pattern.dim(1) + i - first;
              sum += pattern.data()[row * z.dim(0) + j] * v.data()[value];
            }
            mixed[(i * config.nHeads() + n) * h + d] = sum;
          }
        }
      }
      assertEqual(z, mixed);
    }
  }

  @ParameterizedTest
  @MethodSource("caseIds")
  void goesOnFromTheLastRowOfItsLogits(String id) {
    GoldenCase golden = GoldenCase.of(id);
    Values decoded = Values.of(golden.decodedLogits());
    int[] ids = golden.decodedIds();
    int width = golden.config().dVocab();
    assertArrayEquals(new long[] {8, width}, decoded.shape());
    for (int step = 0; step < ids.length; step++) {
      int best = 0;
      for (int token = 1; token < width; token++) {
        boolean larger = decoded.data()[step * width + token] > decoded.data()[step * width + best];
        best = larger ? token : best;
      }
      assertEquals(ids[step], best, "step " + step);
    }
    Values logits = Values.of(golden.trace(), HookPoints.LOGITS);
    double[] last = logits.data();
    Values firstStep =
        new Values("step 0", new long[] {width}, Arrays.copyOf(decoded.data(), width));
    assertEqual(firstStep, Arrays.copyOfRange(last, last.length - width, last.length));
  }

  @ParameterizedTest
  @MethodSource("caseIds")
  void namesTheLargestValues(String id) {
    GoldenCase golden = GoldenCase.of(id);
    JsonObject largest = Resources.json("golden/cases/" + id + "/case.json").object("largest");
    Map<String, String> endings =
        Map.of(
            "score_raw", "hook_scores_raw",
            "residual", "hook_resid_post",
            "logit_raw", "logits_raw");
    endings.forEach(
        (key, ending) -> {
          double max = 0;
          for (Map.Entry<String, Noise> entry : golden.noise().entrySet()) {
            max = entry.getKey().endsWith(ending) ? Math.max(max, entry.getValue().maxAbs()) : max;
          }
          assertEquals(max, largest.number(key), Tolerances.invariant("noise_digits") * max, key);
        });
  }
}
