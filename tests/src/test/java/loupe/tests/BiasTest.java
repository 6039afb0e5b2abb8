package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.HookPoints;
import loupe.gemma2.LayerType;
import loupe.golden.PublishedPolicy;
import loupe.golden.check.Bias;
import loupe.golden.check.TeacherForcing;
import loupe.golden.check.TensorGrade;
import loupe.golden.check.Verdict;
import loupe.reference.Bounded;
import loupe.reference.DType;
import loupe.reference.DoubleTensor;
import loupe.reference.FloatFormat;
import loupe.reference.HeapTensor;
import loupe.reference.PortContract;
import loupe.reference.Rounded;
import loupe.reference.RoundingPolicy;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import loupe.tests.arbitraries.TensorMap;
import loupe.tests.arbitraries.TinyModel;
import loupe.tests.ports.Dump;
import loupe.tests.ports.HonestPort;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What all elements of a tensor have in common is seen, and nothing is seen where nothing is. */
class BiasTest {
  /** sqrt(23) = 4.7958 is 4.78125 in bfloat16, 0.3 % less; the vocabulary is large enough. */
  private static final Gemma2Config CONFIG =
      new Gemma2Config(
          23,
          1,
          2,
          1,
          6,
          19,
          47,
          7,
          50,
          30,
          5,
          List.of(LayerType.SLIDING_ATTENTION),
          10000,
          1e-6,
          8192,
          0,
          List.of(1),
          true,
          "");

  private static final TinyModel MODEL = new TinyModel(CONFIG, DType.BF16, 0, 7);

  private static int[] ids(long seed, int count) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] ids = new int[count];
    for (int i = 0; i < count; i++) {
      ids[i] = random.nextInt(CONFIG.dVocab());
    }
    return ids;
  }

  private static List<TensorGrade> grades(
      int[] ids, TensorSource dump, PortContract contract, double chance) {
    TeacherForcing forcing =
        new TeacherForcing(CONFIG, contract, dump, dump.names(), Map.of(), chance);
    MODEL.on(new Bounded(contract, Workers.of(1))).forward(ids, forcing);
    return forcing.grades();
  }

  private static PortContract of(FloatFormat format) {
    return PortContract.anyOrder(format, PortContract.ELEMENTARY_ULP);
  }

  /** The dump with every element of one tensor multiplied, and rounded again. */
  private static TensorSource multiplied(
      TensorSource dump, String name, double factor, FloatFormat format) {
    Map<String, StoredTensor> all = new LinkedHashMap<>();
    for (String each : dump.names()) {
      all.put(each, dump.tensor(each));
    }
    StoredTensor tensor = dump.tensor(name);
    double[] values = new double[(int) tensor.elementCount()];
    tensor.read(0, values, 0, values.length);
    for (int i = 0; i < values.length; i++) {
      values[i] = format.round(values[i] * factor);
    }
    int[] shape = HookPoints.shape(name, CONFIG, (int) tensor.shape()[0]);
    all.put(name, new HeapTensor(name, new DoubleTensor(values, shape)));
    return new TensorMap(all);
  }

  @ParameterizedTest
  @EnumSource
  void honestPortsAreCalledBiasedNoMoreOftenThanIsStated(FloatFormat format) {
    double chance = 0.05;
    int dumps = 400;
    int alarms = 0;
    for (int seed = 0; seed < dumps; seed++) {
      int[] ids = ids(seed, 16);
      TensorSource dump = Dump.of(MODEL.on(new HonestPort(of(format), seed)), ids, name -> true);
      for (TensorGrade grade : grades(ids, dump, of(format), chance)) {
        if (grade.verdict() == Verdict.BIASED) {
          alarms++;
          break;
        }
      }
    }
    // Four standard deviations more than the mean.
    double most = chance * dumps + 4 * Math.sqrt(chance * dumps);
    assertTrue(alarms <= most, alarms + " alarms in " + dumps);
  }

  @Test
  void aRoundedEmbeddingFactorIsSeenWhereThePolicyDoesNotRoundIt() {
    int[] ids = ids(1, 16);
    RoundingPolicy rounds = PublishedPolicy.of("bf16-hf").rounding();
    RoundingPolicy keeps =
        new RoundingPolicy(
            "bf16-hf without rounding sqrt(d_model)",
            FloatFormat.BF16,
            PublishedPolicy.of("bf16-hf").points().stream()
                .map(PublishedPolicy.Point::rule)
                .filter(rule -> rule.point() != loupe.reference.RoundingPoint.EMBED_FACTOR)
                .toList());
    Gemma2 port = MODEL.on(new Rounded(rounds, Workers.of(1)));
    TensorSource dump = Dump.of(port, ids, name -> name.equals(HookPoints.EMBED));

    TensorGrade asItself = grades(ids, dump, PortContract.of(rounds, 4), 1e-9).get(0);
    assertEquals(Verdict.BIT_EQUAL, asItself.verdict());

    TensorGrade asTheOther = grades(ids, dump, PortContract.of(keeps, 4), 1e-9).get(0);
    assertTrue(asTheOther.verdict().isBad());
    Bias bias = asTheOther.bias().orElseThrow();
    assertEquals(Bias.Direction.SMALLER, bias.direction());
    assertEquals(4.78125 / Math.sqrt(23), bias.factor(), 0.001);
    assertTrue(bias.chance() < 1e-9, bias.toString());
  }

  /** Far less than the bound of any one element. */
  @ParameterizedTest
  @ValueSource(
      strings = {"blocks.0.attn.hook_q", "blocks.0.mlp.hook_out", "unembed.hook_logits_raw"})
  void aSmallCommonFactorInFloat32IsSeen(String name) {
    int[] ids = ids(2, 16);
    HonestPort port = new HonestPort(of(FloatFormat.F32), 3);
    TensorSource dump = Dump.of(MODEL.on(port), ids, each -> true);
    TensorSource wrong = multiplied(dump, name, 1 - 1.5e-7, FloatFormat.F64);

    TensorGrade grade =
        grades(ids, wrong, of(FloatFormat.F32), 1e-9).stream()
            .filter(each -> each.name().equals(name))
            .findFirst()
            .orElseThrow();
    assertEquals(Verdict.BIASED, grade.verdict(), grade.worst()::toString);
    assertEquals("bias", grade.reason());
  }
}
