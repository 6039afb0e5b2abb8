package loupe.gemma2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import loupe.reference.DoubleTensor;
import loupe.reference.Float64;
import loupe.reference.HeapTensor;
import loupe.reference.Hook;
import loupe.reference.Hooks;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;
import loupe.reference.NonFiniteException;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;

/**
 * A model of random weights with unequal sizes; agreement with other programs is tested on the
 * golden data.
 */
class Gemma2Test {
  private static final Gemma2Config CONFIG =
      new Gemma2Config(
          10,
          4,
          6,
          3,
          4,
          14,
          37,
          7,
          50,
          30,
          3,
          Gemma2Config.alternating(4),
          10000,
          1e-6,
          64,
          2,
          List.of(1),
          true,
          "");
  private static final int[] IDS = {2, 5, 9, 5, 30, 36, 0, 1, 2};

  private final Map<String, StoredTensor> weights = randomWeights();

  @Test
  void everyHookPointIsCalledOnceInOrderWithItsShape() {
    List<String> seen = new ArrayList<>();
    Hooks hooks = new Hooks(HookPoints.all(CONFIG));
    hooks.read(
        "*",
        (name, value, rows) -> {
          seen.add(name);
          assertArrayEquals(HookPoints.shape(name, CONFIG, IDS.length), value.shape(), name);
          assertEquals(IDS.length, rows.count());
        });
    model().forward(IDS, hooks);
    assertEquals(HookPoints.all(CONFIG), seen);
  }

  @Test
  void watchingChangesNoBit() {
    Hooks all = new Hooks(HookPoints.all(CONFIG)).read("*", (n, v, r) -> {});
    assertSameBits(model().forward(IDS, Hook.NONE), model().forward(IDS, all));
  }

  @Test
  void anEditOfEveryHookPointChangesTheLogits() {
    Tensor clean = model().forward(IDS, Hook.NONE);
    for (String name : HookPoints.all(CONFIG)) {
      Hooks edit = new Hooks(HookPoints.all(CONFIG)).edit(name, (n, v, r) -> scaled(v));
      Tensor edited = model().forward(IDS, edit);
      assertTrue(!Arrays.equals(clean.toDoubles(), edited.toDoubles()), name);
    }
  }

  private static Tensor scaled(Tensor v) {
    double[] values = v.toDoubles();
    for (int i = 0; i < values.length; i++) {
      values[i] *= 1 + 0.01 * (i % 7);
    }
    return new DoubleTensor(values, v.shape());
  }

  @Test
  void chunksOfAnySizeGiveTheBitsOfOnePass() {
    Gemma2 model = model();
    Tensor whole = model.forward(IDS, Hook.NONE);
    for (int chunk = 1; chunk <= IDS.length; chunk++) {
      KvCache cache = model.newCache();
      List<Tensor> parts = new ArrayList<>();
      for (int from = 0; from < IDS.length; from += chunk) {
        int[] ids = Arrays.copyOfRange(IDS, from, Math.min(IDS.length, from + chunk));
        parts.add(
            model.forward(List.of(new Sequence(ids, cache)), Hook.NONE, Gemma2.LogitRows.ALL));
      }
      assertSameBits(whole, Tensor.concat(parts));
    }
  }

  @Test
  void aBatchGivesTheBitsOfItsParts() {
    Gemma2 model = model();
    int[] other = {2, 11, 12, 13};
    List<Sequence> batch =
        List.of(new Sequence(IDS, model.newCache()), new Sequence(other, model.newCache()));
    Tensor both = model.forward(batch, Hook.NONE, Gemma2.LogitRows.LAST);
    Tensor first = model.forward(IDS, Hook.NONE);
    Tensor second = model.forward(other, Hook.NONE);
    assertSameBits(first.rows(IDS.length - 1, IDS.length), both.rows(0, 1));
    assertSameBits(second.rows(3, 4), both.rows(1, 2));
  }

  @Test
  void aPassThatFailsLeavesTheCacheAsItWas() {
    Gemma2 model = model();
    KvCache cache = model.newCache();
    Sequence prefix = new Sequence(new int[] {2, 5, 9, 5, 30}, cache);
    model.forward(List.of(prefix), Hook.NONE, Gemma2.LogitRows.LAST);
    Hooks failing =
        new Hooks(HookPoints.all(CONFIG))
            .read(
                "blocks.2.hook_resid_mid",
                (n, v, r) -> {
                  throw new IllegalStateException("stop");
                });
    Sequence rest = new Sequence(new int[] {36, 0, 1, 2}, cache);
    assertThrows(
        IllegalStateException.class,
        () -> model.forward(List.of(rest), failing, Gemma2.LogitRows.ALL));
    assertEquals(5, cache.length());
    assertSameBits(
        model.forward(IDS, Hook.NONE).rows(5, 9),
        model.forward(List.of(rest), Hook.NONE, Gemma2.LogitRows.ALL));
  }

  @Test
  void idsOutsideTheVocabularyAndEmptyInputAreRefused() {
    assertThrows(InputException.class, () -> model().forward(new int[] {2, 37}, Hook.NONE));
    assertThrows(InputException.class, () -> model().forward(new int[] {-1}, Hook.NONE));
    assertThrows(InputException.class, () -> model().forward(new int[0], Hook.NONE));
  }

  @Test
  void aWeightOfAnotherShapeIsRefusedWithBothShapes() {
    weights.put("model.norm.weight", random(new Random(1), "model.norm.weight", 11));
    String message = assertThrows(MalformedFileException.class, this::model).getMessage();
    assertTrue(message.contains("model.norm.weight: has shape [11]") && message.contains("[10]"));
  }

  @Test
  void biasesMoreLayersAndAnotherHeadAreRefused() {
    String bias = "model.layers.0.self_attn.q_proj.bias";
    weights.put(bias, random(new Random(1), bias, 24));
    assertThrows(MalformedFileException.class, this::model);
    weights.remove(bias);
    weights.put("model.layers.4.input_layernorm.weight", random(new Random(1), "x", 10));
    assertThrows(MalformedFileException.class, this::model);
    weights.remove("model.layers.4.input_layernorm.weight");
    weights.put("lm_head.weight", random(new Random(1), "lm_head.weight", 37, 10));
    assertThrows(MalformedFileException.class, this::model);
    weights.put("lm_head.weight", weights.get("model.embed_tokens.weight"));
    model();
  }

  @Test
  void nanInAWeightIsAnErrorThatNamesTheTensorAndTheLayer() {
    String name = "model.layers.2.mlp.up_proj.weight";
    double[] values = new double[140];
    values[77] = Double.NaN;
    weights.put(name, new HeapTensor(name, new DoubleTensor(values, 14, 10)));
    String message =
        assertThrows(NonFiniteException.class, () -> model().forward(IDS, Hook.NONE)).getMessage();
    assertTrue(
        message.contains("layer 2") && message.contains(name) && message.contains("77"), message);
  }

  private static void assertSameBits(Tensor expected, Tensor actual) {
    assertArrayEquals(expected.shape(), actual.shape());
    assertArrayEquals(expected.toDoubles(), actual.toDoubles());
  }

  private Gemma2 model() {
    return new Gemma2(CONFIG, source(weights), new Float64(Workers.of(1)));
  }

  private static Map<String, StoredTensor> randomWeights() {
    Random random = new Random(20);
    Map<String, StoredTensor> all = new LinkedHashMap<>();
    for (Gemma2Weights.NamedShape shape : Gemma2Weights.shapes(CONFIG)) {
      int[] axes = Arrays.stream(shape.shape()).mapToInt(Math::toIntExact).toArray();
      all.put(shape.name(), random(random, shape.name(), axes));
    }
    return all;
  }

  private static HeapTensor random(Random random, String name, int... shape) {
    double[] values = new double[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian();
    }
    return new HeapTensor(name, new DoubleTensor(values, shape));
  }

  private static TensorSource source(Map<String, StoredTensor> tensors) {
    return new TensorSource() {
      @Override
      public Set<String> names() {
        return tensors.keySet();
      }

      @Override
      public StoredTensor tensor(String name) {
        if (!tensors.containsKey(name)) {
          throw new MalformedFileException(origin(), name, "is missing");
        }
        return tensors.get(name);
      }

      @Override
      public String origin() {
        return "weights in memory";
      }
    };
  }
}
