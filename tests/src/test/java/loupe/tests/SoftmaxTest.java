package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import loupe.reference.Arithmetic;
import loupe.reference.Span;
import loupe.reference.Tensor;
import loupe.tests.arbitraries.AttentionCase;
import loupe.tests.arbitraries.Gemma2Domain;
import loupe.tests.arbitraries.Precision;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

/** Probabilities over the keys that a query sees, exactly 0 elsewhere. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class SoftmaxTest {
  /**
   * A sum of n quotients, each rounded, by a divisor of at most n roundings: off by (n + 2) u at
   * most. The test's own sum, in float64, adds n roundings of 2^-53.
   */
  @Property
  void everyRowIsAProbabilityDistributionOverTheKeysThatItsQuerySees(
      @ForAll AttentionCase c,
      @ForAll Precision precision,
      @ForAll @DoubleRange(min = 0, max = 20) double scale) {
    Arithmetic a = precision.arithmetic();
    Span span = c.span();

    Tensor pattern = a.softmax(a.scores(c.queries(a), c.keys(a), span, scale), span);

    for (int row = 0; row < c.nHeads() * span.queries(); row++) {
      int query = row % span.queries();
      double sum = 0;
      for (int key = 0; key < span.keys(); key++) {
        double p = pattern.get(row * span.keys() + key);
        boolean seen = key >= span.firstKey(query) && key <= span.position(query);
        assertTrue(seen ? p >= 0 && p <= 1 : Double.doubleToRawLongBits(p) == 0, "key " + key);
        sum += p;
      }
      int keys = span.position(query) + 1 - span.firstKey(query);
      assertEquals(1, sum, (2 * keys + 2) * precision.unitRoundoff(), "row " + row);
    }
  }

  @Property
  void aShiftOfAllScoresThatIsExactChangesNoBit(
      @ForAll AttentionCase c,
      @ForAll Precision precision,
      @ForAll @IntRange(min = -1000, max = 1000) int shift) {
    Arithmetic a = precision.arithmetic();
    Random random = new Random(c.seed());
    double[] scores = new double[c.nHeads() * c.span().queries() * c.span().keys()];
    double[] shifted = new double[scores.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (random.nextInt(801) - 400) / 16.0;
      shifted[i] = scores[i] + shift;
    }
    int[] shape = {c.nHeads(), c.span().queries(), c.span().keys()};

    SameBits.assertSame(
        a.softmax(a.tensor(scores, shape), c.span()),
        a.softmax(a.tensor(shifted, shape), c.span()));
  }
}
