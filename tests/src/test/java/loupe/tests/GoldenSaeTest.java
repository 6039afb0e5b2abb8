package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import loupe.gemma2.Gemma2;
import loupe.golden.EmbeddedModel;
import loupe.golden.GoldenCase;
import loupe.golden.GoldenSae;
import loupe.golden.GoldenText;
import loupe.golden.Tolerances;
import loupe.reference.Arithmetic;
import loupe.reference.Hook;
import loupe.reference.Hooks;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.Workers;
import loupe.sae.AttachedSae;
import loupe.sae.CrossEntropy;
import loupe.sae.JumpReluSae;
import loupe.sae.SaeEntry;
import loupe.sae.SaeMetrics;
import loupe.sae.SaeWeights;
import loupe.sae.SiteAblationHook;
import loupe.sae.SpliceHook;
import loupe.sae.SteerHook;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** SAEs at their place in the model: features, reconstructions, metrics, edited passes. */
class GoldenSaeTest {
  static List<Arguments> arithmeticsAndSaes() {
    List<Arguments> all = new ArrayList<>();
    for (Numbers numbers : Numbers.values()) {
      for (String id : GoldenSae.ids()) {
        all.add(Arguments.of(numbers, id));
      }
    }
    return all;
  }

  static List<String> saeIds() {
    return GoldenSae.ids();
  }

  /** A golden SAE in its model. */
  private record Setting(GoldenSae golden, Gemma2 model, int[] ids, AttachedSae attached) {
    static Setting of(String id, Numbers numbers) {
      GoldenSae golden = GoldenSae.of(id);
      GoldenCase at = golden.goldenCase();
      Arithmetic arithmetic = numbers.on(Workers.of(2));
      JumpReluSae sae =
          new JumpReluSae(arithmetic, SaeWeights.load(golden.parameters(), arithmetic));
      return new Setting(
          golden,
          new Gemma2(at.config(), at.model(), arithmetic),
          at.tokenIds(),
          new AttachedSae(id, sae, golden.attachment()));
    }

    /** Runs with an edit (or none) and gives the logits and what passed the SAE's sites. */
    Map<String, Tensor> run(Hook edit) {
      Hooks hooks = new Hooks(model.hookPoints());
      if (edit != Hook.NONE) {
        hooks.add(edit);
      }
      return runUnder(hooks, model, ids, attached);
    }

    Tensor truth(String name) {
      return tensor(model.arithmetic(), golden.truth().tensor(name));
    }
  }

  private static Map<String, Tensor> runUnder(
      Hooks hooks, Gemma2 model, int[] ids, AttachedSae attached) {
    Map<String, Tensor> seen = new HashMap<>();
    hooks.read(attached.at().input(), (name, value, rows) -> seen.put(name, value));
    hooks.read(attached.at().output(), (name, value, rows) -> seen.put(name, value));
    seen.put("hook_logits", model.forward(ids, hooks));
    assertEquals(List.of(), hooks.unfired());
    return seen;
  }

  private static Tensor tensor(Arithmetic arithmetic, StoredTensor stored) {
    double[] values = new double[(int) stored.elementCount()];
    stored.read(0, values, 0, values.length);
    int[] shape = new int[stored.shape().length];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = (int) stored.shape()[i];
    }
    return arithmetic.tensor(values, shape);
  }

  private static void assertClose(Tensor expected, Tensor actual, double tolerance, String what) {
    assertEquals(expected.size(), actual.size(), what);
    double max = 0;
    double worst = 0;
    for (int i = 0; i < expected.size(); i++) {
      max = Math.max(max, Math.abs(expected.get(i)));
      worst = Math.max(worst, Math.abs(expected.get(i) - actual.get(i)));
    }
    assertTrue(worst <= tolerance * max, what + " is " + worst / max + " off, not " + tolerance);
  }

  private static void assertSameFeaturesOn(Tensor expected, Tensor actual, String what) {
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i) > 0, actual.get(i) > 0, what + ", flat index " + i);
    }
  }

  @ParameterizedTest
  @MethodSource("arithmeticsAndSaes")
  void givesFeaturesAndReconstruction(Numbers numbers, String id) {
    Setting setting = Setting.of(id, numbers);
    Tensor activations = setting.run(Hook.NONE).get(setting.attached.at().input());
    JumpReluSae.Encoding encoding = setting.attached.encode(activations);
    Map<String, Tensor> actual =
        Map.of(
            "pre", encoding.pre(),
            "features", encoding.features(),
            "reconstruction", setting.attached.decode(encoding.features()));
    assertSameFeaturesOn(setting.truth("features"), encoding.features(), id);
    actual.forEach(
        (name, tensor) -> {
          double tolerance =
              numbers == Numbers.FLOAT64
                  ? Tolerances.float64(setting.golden.agreement())
                  : Tolerances.float32(setting.golden.noise(name));
          assertClose(setting.truth(name), tensor, tolerance, id + " " + name);
        });
  }

  @ParameterizedTest
  @MethodSource("saeIds")
  void givesTheMetrics(String id) {
    Setting setting = Setting.of(id, Numbers.FLOAT64);
    Map<String, Tensor> seen = setting.run(Hook.NONE);
    Tensor features = setting.attached.features(seen.get(setting.attached.at().input()));
    Tensor target = seen.get(setting.attached.at().output());
    int rows = features.dim(0);
    SaeMetrics metrics = new SaeMetrics(setting.attached.sae().dOut());
    metrics.add(
        features.rows(1, rows),
        target.rows(1, rows),
        setting.attached.decode(features).rows(1, rows));
    Map<String, Double> actual =
        Map.of(
            "l0", metrics.l0().orElseThrow(),
            "fvu", metrics.fvu().orElseThrow(),
            "mse", metrics.mse().orElseThrow(),
            "cosine", metrics.cosine().orElseThrow());
    actual.forEach((name, value) -> assertRelative(setting, setting.golden.metric(name), value));
  }

  private static void assertRelative(Setting setting, double expected, double actual) {
    double tolerance = Tolerances.float64(setting.golden.agreement()) * Math.abs(expected);
    assertEquals(expected, actual, tolerance);
  }

  @ParameterizedTest
  @MethodSource("saeIds")
  void givesTheSplicedPass(String id) {
    Setting setting = Setting.of(id, Numbers.FLOAT64);
    SpliceHook splice = new SpliceHook(setting.attached, false, List.of());
    Map<String, Tensor> seen = setting.run(splice);
    assertEquals(setting.ids.length - 1, splice.fired());
    double tolerance = Tolerances.float64(setting.golden.agreement());
    String output = setting.attached.at().output();
    for (String name : List.of(output, "hook_logits")) {
      assertClose(setting.truth("spliced." + name), seen.get(name), tolerance, name);
    }
    assertCrossEntropy(setting, "ce_spliced", seen);
    assertCrossEntropy(setting, "ce_clean", setting.run(Hook.NONE));
    assertCrossEntropy(
        setting, "ce_zero_ablated", setting.run(SiteAblationHook.byZero(setting.attached)));
  }

  private static void assertCrossEntropy(Setting setting, String name, Map<String, Tensor> seen) {
    double actual = CrossEntropy.of(seen.get("hook_logits"), setting.ids).orElseThrow();
    assertRelative(setting, setting.golden.splice(name), actual);
  }

  @ParameterizedTest
  @MethodSource("saeIds")
  void steersAsTheGoldenDoes(String id) {
    Setting setting = Setting.of(id, Numbers.FLOAT64);
    if (!setting.golden.truth().names().contains("steered.hook_logits")) {
      assertTrue(setting.attached.at().site() != loupe.sae.Site.RES, "only residual SAEs steer");
      return;
    }
    SteerHook.Push push =
        new SteerHook.Push(
            (int) setting.golden.splice("steer_feature"),
            setting.golden.splice("steer_coefficient"));
    Map<String, Tensor> seen = setting.run(new SteerHook(setting.attached, List.of(push)));
    double tolerance = Tolerances.float64(setting.golden.agreement());
    assertClose(
        setting.truth("steered.hook_logits"), seen.get("hook_logits"), tolerance, "steered");
    assertCrossEntropy(setting, "ce_steered", seen);
  }

  @ParameterizedTest
  @MethodSource("arithmeticsAndSaes")
  void changesNothingWithTheErrorTermAndNoEdit(Numbers numbers, String id) {
    Setting setting = Setting.of(id, numbers);
    Map<String, Tensor> clean = setting.run(Hook.NONE);
    SpliceHook splice = new SpliceHook(setting.attached, true, List.of());
    Map<String, Tensor> spliced = setting.run(splice);
    assertEquals(setting.ids.length - 1, splice.seen());
    assertArrayEquals(clean.get("hook_logits").toDoubles(), spliced.get("hook_logits").toDoubles());
  }

  @ParameterizedTest
  @EnumSource(Numbers.class)
  void givesTheFeaturesOfTheEmbeddedSaes(Numbers numbers) {
    GoldenText golden = new GoldenText();
    Arithmetic arithmetic = numbers.on(Workers.of(2));
    Gemma2 model = new Gemma2(EmbeddedModel.config().config(), EmbeddedModel.weights(), arithmetic);
    List<SaeEntry> saes = EmbeddedModel.saes();
    assertEquals(golden.features().names().size(), saes.size());
    for (SaeEntry entry : saes) {
      JumpReluSae sae =
          new JumpReluSae(
              arithmetic, SaeWeights.load(EmbeddedModel.saeParameters(entry), arithmetic));
      AttachedSae attached = new AttachedSae(entry.id(), sae, entry.at());
      Hooks hooks = new Hooks(model.hookPoints());
      Tensor activations =
          runUnder(hooks, model, golden.tokenIds(), attached).get(entry.at().input());
      Tensor expected = tensor(arithmetic, golden.features().tensor(entry.path() + "/features"));
      Tensor actual = attached.features(activations);
      assertSameFeaturesOn(expected, actual, entry.id());
      double tolerance =
          numbers == Numbers.FLOAT64
              ? Tolerances.float64(golden.agreement())
              : Tolerances.float32(golden.noise().get(entry.at().input()).f32Max());
      assertClose(expected, actual, tolerance, entry.id());
    }
  }
}
