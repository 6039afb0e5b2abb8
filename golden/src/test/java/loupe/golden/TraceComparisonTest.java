package loupe.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import loupe.reference.DoubleTensor;
import loupe.reference.FloatTensor;
import loupe.reference.HeapTensor;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;
import org.junit.jupiter.api.Test;

class TraceComparisonTest {
  /** Tensors in memory. */
  private static final class Memory implements TensorSource {
    private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

    Memory with(String name, Tensor values) {
      tensors.put(name, new HeapTensor(name, values));
      return this;
    }

    @Override
    public Set<String> names() {
      return tensors.keySet();
    }

    @Override
    public StoredTensor tensor(String name) {
      return tensors.get(name);
    }

    @Override
    public String origin() {
      return "memory";
    }
  }

  private static Tensor vector(double... values) {
    return new DoubleTensor(values, values.length);
  }

  private static TraceComparison.Difference difference(Tensor a, Tensor b) {
    return difference("x", new Memory().with("x", a), new Memory().with("x", b));
  }

  private static TraceComparison.Difference difference(String name, Memory a, Memory b) {
    for (TraceComparison.Entry entry : TraceComparison.of(a, b, n -> {}).tensors()) {
      if (entry.name().equals(name)) {
        return entry.difference().orElseThrow();
      }
    }
    throw new AssertionError(name);
  }

  @Test
  void findsTheLargestDifferenceAndItsPlace() {
    double[] a = new double[3 * 70_000];
    double[] b = a.clone();
    a[5] = -8;
    b[5] = -8.5;
    b[200_001] = 2;
    TraceComparison.Difference d =
        difference(new DoubleTensor(a, 3, 70_000), new DoubleTensor(b, 3, 70_000));
    assertEquals(2, d.maxAbs());
    assertEquals(0.25, d.relToMax());
    assertArrayEquals(new long[] {2, 60_001}, d.worstIndex());
  }

  @Test
  void comparesAcrossElementTypesExactly() {
    TraceComparison.Difference d =
        difference(vector(0.1, 1), new FloatTensor(new float[] {0.1f, 1}, 2));
    assertEquals((double) 0.1f - 0.1, d.maxAbs());
    assertArrayEquals(new long[] {0}, d.worstIndex());
  }

  @Test
  void isZeroWhereBothAreZeroAndInfiniteWhereOnlyAIs() {
    assertEquals(0, difference(vector(0, 0), vector(0, -0.0)).relToMax());
    assertEquals(Double.POSITIVE_INFINITY, difference(vector(0), vector(1)).relToMax());
    TraceComparison.Difference scalar =
        difference(new DoubleTensor(new double[] {4}), new DoubleTensor(new double[] {5}));
    assertEquals(0.25, scalar.relToMax());
    assertArrayEquals(new long[0], scalar.worstIndex());
    assertArrayEquals(new long[0], difference(vector(), vector()).worstIndex());
  }

  @Test
  void neverTakesANonFiniteNumberForAnAgreement() {
    double inf = Double.POSITIVE_INFINITY;
    double nan = Double.NaN;
    assertTrue(Double.isNaN(difference(vector(1, nan, 3), vector(1, 2, 9)).relToMax()));
    assertTrue(Double.isNaN(difference(vector(1, 2), vector(nan, 9)).maxAbs()));
    assertTrue(Double.isNaN(difference(vector(nan), vector(nan)).maxAbs()));
    assertArrayEquals(
        new long[] {1}, difference(vector(1, 2, 3), vector(7, nan, nan)).worstIndex());
    assertEquals(inf, difference(vector(1), vector(inf)).maxAbs());
    assertEquals(0, difference(vector(inf), vector(inf)).maxAbs());
    assertEquals(0.5, difference(vector(inf, 2), vector(inf, 3)).relToMax());
    Memory a = new Memory().with("x", vector(1));
    Memory b = new Memory().with("x", vector(nan));
    assertFalse(TraceComparison.of(a, b, n -> {}).within(1e300));
  }

  @Test
  void listsWhatOnlyOneHasAndWhatHasAnotherShape() {
    Memory a = new Memory().with("both", vector(1)).with("a", vector(1)).with("shape", vector(1));
    Memory b =
        new Memory().with("b", vector(1)).with("shape", vector(1, 2)).with("both", vector(1));
    TraceComparison comparison = TraceComparison.of(a, b, n -> {});
    assertEquals(
        List.of(new TraceComparison.Missing("a", "B"), new TraceComparison.Missing("b", "A")),
        comparison.missing());
    assertEquals("both", comparison.tensors().get(0).name());
    assertEquals("shape", comparison.tensors().get(1).name());
    assertEquals(Optional.empty(), comparison.tensors().get(1).difference());
    assertFalse(comparison.within(1));
  }

  @Test
  void isWithinATolerance() {
    Memory a = new Memory().with("x", vector(4)).with("y", vector(2));
    Memory b = new Memory().with("x", vector(4)).with("y", vector(2.5));
    AtomicLong compared = new AtomicLong();
    TraceComparison comparison = TraceComparison.of(a, b, compared::addAndGet);
    assertTrue(comparison.within(0.25));
    assertFalse(comparison.within(0.24));
    assertEquals(2, compared.get());
  }

  @Test
  void refusesTracesWithNothingInCommon() {
    Memory a = new Memory().with("a", vector(1));
    Memory b = new Memory().with("b", vector(1));
    assertEquals(
        "memory and memory have no tensor name in common",
        assertThrows(InputException.class, () -> TraceComparison.of(a, b, n -> {})).getMessage());
  }

  @Test
  void skipsScoresAfterTheQueryAndWhereAPatternIsZero() {
    String raw = "blocks.0.attn.hook_scores_raw";
    Tensor a = new DoubleTensor(new double[] {1, 99, 2, 4}, 1, 2, 2);
    Tensor b = new DoubleTensor(new double[] {1, -9, 7, 4.5}, 1, 2, 2);
    TraceComparison.Difference causal =
        difference(raw, new Memory().with(raw, a), new Memory().with(raw, b));
    assertEquals(5, causal.maxAbs());
    assertEquals(1.25, causal.relToMax(), "the largest |A| is 4: excluded entries do not count");
    assertArrayEquals(new long[] {0, 1, 0}, causal.worstIndex());

    String name = "blocks.0.attn.hook_pattern";
    Tensor full = new DoubleTensor(new double[] {1, 0, 0.5, 0.5}, 1, 2, 2);
    Tensor local = new DoubleTensor(new double[] {1, 0, 0, 1}, 1, 2, 2);
    Memory x = new Memory().with(raw, a).with(name, full);
    Memory y = new Memory().with(raw, b).with(name, local);
    assertEquals(0.5, difference(raw, x, y).maxAbs());
    assertEquals(0.5, difference(raw, y, x).maxAbs());
    assertEquals(0.5, difference(name, x, y).maxAbs(), "patterns count in full");
  }

  @Test
  void takesScoresWithFewerRowsForThoseOfTheLastQueries() {
    String capped = "blocks.7.attn.hook_scores_capped";
    Tensor a = new DoubleTensor(new double[] {1, 2, 3, 9}, 1, 1, 4);
    Tensor b = new DoubleTensor(new double[] {1, 2, 3, 8}, 1, 1, 4);
    TraceComparison.Difference d =
        difference(capped, new Memory().with(capped, a), new Memory().with(capped, b));
    assertArrayEquals(new long[] {0, 0, 3}, d.worstIndex());
  }
}
