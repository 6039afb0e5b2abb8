package loupe.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import loupe.loaders.JsonObject;
import loupe.reference.DType;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import loupe.sae.Site;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every golden SAE is consistent in itself and with the trace that it reads. */
class GoldenSaeDataTest {
  static List<String> saeIds() {
    return GoldenSae.ids();
  }

  private static Map<String, long[]> shapes(JsonObject json) {
    long dIn = json.integer("d_in");
    long dSae = json.integer("d_sae");
    long dOut = json.integer("d_out");
    return Map.of(
        "W_enc", new long[] {dIn, dSae},
        "b_enc", new long[] {dSae},
        "W_dec", new long[] {dSae, dOut},
        "b_dec", new long[] {dOut},
        "threshold", new long[] {dSae});
  }

  private static Set<Integer> planted(JsonObject json) {
    Set<Integer> planted = new TreeSet<>();
    JsonObject places = json.object("planted");
    places.fields().keySet().forEach(key -> planted.add(places.integer(key)));
    return planted;
  }

  @ParameterizedTest
  @MethodSource("saeIds")
  void hasTheParametersOfTheFormulaButForThePlantedFeatures(String id) {
    GoldenSae golden = GoldenSae.of(id);
    JsonObject json = golden.json();
    TensorSource parameters = golden.parameters();
    Map<String, long[]> shapes = shapes(json);
    Knobs knobs = Knobs.read(json.fields(), json.file());
    Set<Integer> planted = planted(json);
    assertEquals(id.startsWith("hot") ? Set.of(3, 5, 7) : Set.of(), planted);
    assertEquals(shapes.keySet(), parameters.names());
    shapes.forEach(
        (name, shape) -> {
          StoredTensor stored = parameters.tensor(name);
          assertEquals(DType.F32, stored.dtype(), name);
          assertArrayEquals(shape, stored.shape(), name);
          String full = json.string("formula_prefix") + name;
          StoredTensor formula =
              new FormulaTensor(full, DType.F32, shape, json.integer("seed"), knobs.of(full));
          double[] expected = Values.of(formula).data();
          double[] actual = Values.of(stored).data();
          boolean encoder = name.endsWith("_enc");
          for (int i = 0; i < actual.length; i++) {
            int feature = i % json.integer("d_sae");
            if (!encoder || !planted.contains(feature)) {
              assertEquals(expected[i], actual[i], name + " " + i);
            } else if (name.equals("W_enc")) {
              assertEquals(0, actual[i], name + " " + i);
            }
          }
        });
  }

  @ParameterizedTest
  @MethodSource("saeIds")
  void plantsFeaturesRightAtTheThreshold(String id) {
    GoldenSae golden = GoldenSae.of(id);
    JsonObject planted = golden.json().object("planted");
    double[] threshold = Values.of(golden.parameters(), "threshold").data();
    double[] bEnc = Values.of(golden.parameters(), "b_enc").data();
    for (double t : threshold) {
      assertTrue(t > 0);
    }
    if (planted.has("at_threshold")) {
      int at = planted.integer("at_threshold");
      int above = planted.integer("ulp_above");
      int below = planted.integer("ulp_below");
      assertEquals(threshold[at], bEnc[at]);
      assertEquals(Math.nextUp((float) threshold[above]), bEnc[above]);
      assertEquals(Math.nextDown((float) threshold[below]), bEnc[below]);
    }
  }

  @ParameterizedTest
  @MethodSource("saeIds")
  void hasTheFeaturesThatItsPreActivationsSay(String id) {
    GoldenSae golden = GoldenSae.of(id);
    Values pre = Values.of(golden.truth(), "pre");
    double[] features = Values.of(golden.truth(), "features").data();
    double[] threshold = Values.of(golden.parameters(), "threshold").data();
    Set<Integer> planted = planted(golden.json());
    int between = 0;
    double nearest = Double.MAX_VALUE;
    for (int i = 0; i < features.length; i++) {
      double u = pre.data()[i];
      int feature = i % threshold.length;
      assertEquals(u > threshold[feature] ? u : 0, features[i]);
      between += u > 0 && u <= threshold[feature] ? 1 : 0;
      double distance = Math.abs(u - threshold[feature]);
      nearest = planted.contains(feature) ? nearest : Math.min(nearest, distance);
    }
    assertTrue(between > 0);
    assertEquals(golden.json().integer("positive_but_below_threshold"), between);
    double stated = golden.json().number("smallest_distance_to_threshold");
    assertEquals(stated, nearest, 10 * Tolerances.invariant("noise_digits") * stated);
  }

  @ParameterizedTest
  @MethodSource("saeIds")
  void encodesAndDecodesTheTraceOfItsCase(String id) {
    GoldenSae golden = GoldenSae.of(id);
    TensorSource trace = golden.goldenCase().trace();
    Values a = Values.of(trace, golden.attachment().input());
    assertEquals(golden.json().string("input"), golden.attachment().input());
    assertEquals(golden.json().string("output"), golden.attachment().output());
    TensorSource p = golden.parameters();
    assertProduct(golden, "pre", a.data(), Values.of(p, "W_enc"), Values.of(p, "b_enc"));
    double[] features = Values.of(golden.truth(), "features").data();
    assertProduct(golden, "reconstruction", features, Values.of(p, "W_dec"), Values.of(p, "b_dec"));
  }

  private static void assertProduct(GoldenSae golden, String name, double[] x, Values w, Values b) {
    Values expected = Values.of(golden.truth(), name);
    int in = w.dim(0);
    int out = w.dim(1);
    double[] y = new double[expected.data().length];
    for (int i = 0; i < y.length; i++) {
      double sum = 0;
      for (int k = 0; k < in; k++) {
        sum += x[i / out * in + k] * w.data()[k * out + i % out];
      }
      y[i] = sum + b.data()[i % out];
    }
    double distance = expected.distance(y);
    assertTrue(distance <= Tolerances.invariant("of_max"), name + ": " + distance);
  }

  @ParameterizedTest
  @MethodSource("saeIds")
  void splicesEveryPositionButTheFirst(String id) {
    GoldenSae golden = GoldenSae.of(id);
    TensorSource truth = golden.truth();
    String output = golden.attachment().output();
    Set<String> names =
        new HashSet<>(
            Set.of(
                "pre", "features", "reconstruction", "spliced.hook_logits", "spliced." + output));
    if (golden.attachment().site() == Site.RES) {
      names.add("steered.hook_logits");
    }
    assertEquals(names, new HashSet<>(truth.names()));
    Values spliced = Values.of(truth, "spliced." + output);
    Values clean = Values.of(golden.goldenCase().trace(), output);
    double[] expected = Values.of(truth, "reconstruction").data().clone();
    System.arraycopy(clean.data(), 0, expected, 0, clean.rowSize());
    double distance = spliced.distance(expected);
    assertTrue(distance <= Tolerances.invariant("of_max"), output + ": " + distance);
    int row = clean.rowSize();
    assertArrayEquals(
        Arrays.copyOf(clean.data(), row), Arrays.copyOf(spliced.data(), row), "<bos> is untouched");
    assertTrue(golden.splice("with_error_term_worst_logit_difference") <= 1e-14);
  }
}
