package loupe.jqwik;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import loupe.golden.oracle.Limits;
import loupe.golden.oracle.Oracle;
import loupe.golden.oracle.OracleFiles;
import loupe.golden.oracle.Reply;
import loupe.loaders.RawElements;
import loupe.reference.Float32;
import loupe.reference.FloatTensor;
import loupe.reference.HeapTensor;
import loupe.reference.Hooks;
import loupe.reference.Tensor;
import loupe.reference.Workers;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import net.jqwik.api.Tuple.Tuple2;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import net.jqwik.api.lifecycle.AroundPropertyHook;
import net.jqwik.api.lifecycle.PropertyExecutionResult;
import net.jqwik.api.lifecycle.PropertyExecutor;
import net.jqwik.api.lifecycle.PropertyLifecycleContext;

class Gemma2ArbitrariesTest {
  private static final Workers WORKERS = Workers.of(1);
  private static final Oracle ORACLE =
      new Oracle(OracleFiles.EMBEDDED, Limits.DEFAULT, WORKERS, "test").validating();

  @Provide
  Arbitrary<Tuple2<FormulaModel, int[]>> prompts() {
    return Gemma2Arbitraries.models()
        .flatMap(
            model -> Gemma2Arbitraries.tokens(model.config()).map(ids -> Tuple.of(model, ids)));
  }

  @Property(tries = 60)
  void whatTheLibraryComputesIsJudgedAsThatOfAnyOtherProgram(
      @ForAll("prompts") Tuple2<FormulaModel, int[]> prompt) {
    var model = prompt.get1().in(new Float32(WORKERS));
    Map<String, String> theirs = new LinkedHashMap<>();
    Hooks hooks = new Hooks(model.hookPoints());
    hooks.read("*", (name, value, rows) -> theirs.put('"' + name + '"', json(value)));
    model.forward(prompt.get2(), hooks);
    String request =
        "{\"op\":\"forward\",\"args\":{\"model\":%s,\"tokens\":%s},\"theirs\":%s}"
            .formatted(
                prompt.get1().json(),
                Arrays.toString(prompt.get2()),
                theirs.toString().replace("\"=", "\":"));
    Reply reply = ORACLE.answer(request);
    assertEquals(Reply.Kind.GOOD, reply.kind(), reply.json());
  }

  private static String json(Tensor tensor) {
    return "{\"dtype\":\"F32\",\"shape\":%s,\"data\":\"%s\"}"
        .formatted(
            Arrays.toString(tensor.shape()),
            java.util.Base64.getEncoder().encodeToString(RawElements.encode(tensor)));
  }

  @Provide
  Arbitrary<NearThresholds> edges() {
    return Arbitraries.integers()
        .between(1, 4)
        .flatMap(n -> Gemma2Arbitraries.nearThresholds(2, n));
  }

  @Property(tries = 100)
  void aFeatureFiresStrictlyAboveItsThreshold(@ForAll("edges") NearThresholds edges) {
    Float32 a = new Float32(WORKERS);
    FloatTensor pre = edges.pre();
    Tensor features = a.jumpRelu(pre, a.weight(new HeapTensor("threshold", edges.threshold())));
    for (int i = 0; i < pre.size(); i++) {
      assertEquals(edges.steps().get(i) > 0 ? pre.get(i) : 0, features.get(i));
    }
  }

  /** Expects a property to fail, and to have shrunk to this. */
  static final class ShrinksToOneLayer implements AroundPropertyHook {
    @Override
    public PropertyExecutionResult aroundProperty(
        PropertyLifecycleContext context, PropertyExecutor property) {
      PropertyExecutionResult result = property.execute();
      assertNotEquals(PropertyExecutionResult.Status.SUCCESSFUL, result.status());
      Optional<Object> sample = result.falsifiedParameters().map(values -> values.get(0));
      FormulaModel model = (FormulaModel) sample.orElseThrow();
      assertEquals(1, model.config().nLayers(), model.toString());
      assertEquals(2, model.config().dModel(), model.toString());
      assertEquals(2, model.config().nHeads(), model.toString());
      assertEquals(0, model.seed(), model.toString());
      return result.mapToSuccessful();
    }
  }

  @Provide
  Arbitrary<FormulaModel> models() {
    return Gemma2Arbitraries.models();
  }

  @Property(tries = 200, shrinking = ShrinkingMode.FULL)
  @AddLifecycleHook(ShrinksToOneLayer.class)
  void aModelShrinksToTheTrapAlone(@ForAll("models") FormulaModel model) {
    assertTrue(model.config().nHeads() == model.config().nKvHeads(), "heads that share keys");
  }
}
