package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.gemma2.Gemma2;
import loupe.golden.PublishedPolicy;
import loupe.reference.Bounded;
import loupe.reference.BoundedTensor;
import loupe.reference.FloatFormat;
import loupe.reference.Hook;
import loupe.reference.Hooks;
import loupe.reference.NonFiniteException;
import loupe.reference.PortContract;
import loupe.reference.Rounded;
import loupe.reference.RoundingPolicy;
import loupe.reference.Tensor;
import loupe.reference.Workers;
import loupe.tests.arbitraries.Gemma2Domain;
import loupe.tests.arbitraries.TinyModel;
import loupe.tests.arbitraries.Tokens;
import loupe.tests.ports.HonestPort;
import loupe.tests.ports.Operation;
import loupe.tests.ports.OperationCase;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

/** No program that keeps the contract ever leaves the radius. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class BoundedSoundnessTest {
  private static void assertWithin(String what, Tensor bounded, Tensor port) {
    BoundedTensor b = (BoundedTensor) bounded;
    assertEquals(b.size(), port.size(), what);
    for (int i = 0; i < b.size(); i++) {
      double off = Math.abs(port.get(i) - b.get(i));
      int index = i;
      assertTrue(
          off <= b.radii()[i],
          () ->
              "%s, element %d: %s ± %s, but the port has %s"
                  .formatted(what, index, b.get(index), b.radii()[index], port.get(index)));
      assertTrue(b.drifts()[i] >= 0 && b.drifts()[i] <= b.radii()[i], what);
    }
  }

  @Property(tries = 8000)
  void ofAnyOperation(
      @ForAll Operation operation,
      @ForAll FloatFormat format,
      @ForAll @IntRange(min = 1, max = 16) int elementaryUlp,
      @ForAll @IntRange(min = 1, max = 90) int width,
      @ForAll long seed) {
    PortContract contract = PortContract.anyOrder(format, elementaryUlp);
    OperationCase inputs = new OperationCase(format, width, seed);

    assertWithin(
        operation.text(),
        operation.run(new Bounded(contract, Workers.of(1)), inputs),
        operation.run(new HonestPort(contract, seed), inputs));
  }

  /** Errors that were inherited go through every operation, layer after layer. */
  @Property(tries = 300)
  void ofAnyTensorOfAWholePassThatWasGivenNothing(
      @ForAll TinyModel model, @ForAll Tokens text, @ForAll FloatFormat format, @ForAll long seed) {
    PortContract contract = PortContract.anyOrder(format, PortContract.ELEMENTARY_ULP);
    int[] ids = text.ids(model.config());
    Gemma2 bounded = model.on(new Bounded(contract, Workers.of(1)));
    Gemma2 port = model.on(new HonestPort(contract, seed));
    // Unwatched scores: the port may compute attention in one pass.
    for (String glob : List.of("*", "*.hook_resid_post", "hook_logits")) {
      assertPassesWithin(bounded, port, ids, glob);
    }
  }

  private static void assertPassesWithin(Gemma2 bounded, Gemma2 port, int[] ids, String glob) {
    Map<String, Tensor> theirs = new HashMap<>();
    Map<String, Tensor> ours = new LinkedHashMap<>();
    port.forward(
        ids,
        new Hooks(port.hookPoints()).read(glob, (name, value, rows) -> theirs.put(name, value)));
    bounded.forward(
        ids,
        new Hooks(bounded.hookPoints()).read(glob, (name, value, rows) -> ours.put(name, value)));
    ours.forEach((name, value) -> assertWithin(name, value, theirs.get(name)));
  }

  @Provide
  Arbitrary<String> policies() {
    return Arbitraries.of(PublishedPolicy.names());
  }

  /** What a policy predicts is one of the programs that round as it says. */
  @Property(tries = 4000)
  void ofAnyOperationThatRoundsAsAPolicySays(
      @ForAll Operation operation,
      @ForAll("policies") String policy,
      @ForAll @IntRange(min = 1, max = 90) int width,
      @ForAll long seed) {
    RoundingPolicy rounding = PublishedPolicy.of(policy).rounding();
    PortContract contract = PortContract.of(rounding, PortContract.ELEMENTARY_ULP);
    OperationCase inputs = new OperationCase(rounding.storage(), width, seed);

    assertWithin(
        policy + ", " + operation.text(),
        operation.run(new Bounded(contract, Workers.of(1)), inputs),
        operation.run(new Rounded(rounding, Workers.of(1)), inputs));
  }

  @Property(tries = 300)
  void ofAWholePassThatRoundsAsAPolicySays(
      @ForAll TinyModel model, @ForAll Tokens text, @ForAll("policies") String policy) {
    RoundingPolicy rounding = PublishedPolicy.of(policy).rounding();
    PortContract contract = PortContract.of(rounding, PortContract.ELEMENTARY_ULP);
    int[] ids = text.ids(model.config());
    Gemma2 bounded = model.on(new Bounded(contract, Workers.of(1)));
    Gemma2 port = model.on(new Rounded(rounding, Workers.of(1)));
    try {
      port.forward(ids, Hook.NONE);
    } catch (NonFiniteException e) {
      return; // The contract excludes overflow.
    }
    assertPassesWithin(bounded, port, ids, "*");
  }
}
