package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import loupe.reference.Arithmetic;
import loupe.reference.DType;
import loupe.reference.Tensor;
import loupe.tests.arbitraries.Gemma2Domain;
import loupe.tests.arbitraries.Precision;
import loupe.tests.arbitraries.RandomTensor;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

/** RMSNorm before its gain. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class NormTest {
  @Property
  void aPowerOfTwoChangesNoBitWhereEpsIsScaledByItsSquare(
      @ForAll Precision precision,
      @ForAll @IntRange(min = 1, max = 4) int rows,
      @ForAll @IntRange(min = 1, max = 70) int width,
      @ForAll @IntRange(min = -20, max = 20) int power,
      @ForAll @DoubleRange(min = 0, max = 1) @Scale(9) double eps,
      @ForAll long seed) {
    Arithmetic a = precision.arithmetic();
    double factor = Math.scalb(1.0, power);
    // On the grid of every arithmetic, so that eps * factor^2 is the scaled eps there, too.
    double gridEps = (float) eps;

    Tensor x = a.normalize(random(a, seed, 1, rows, width), gridEps);
    Tensor scaled = a.normalize(random(a, seed, factor, rows, width), gridEps * factor * factor);

    SameBits.assertSame(x, scaled);
  }

  /** Each side is off by at most (width + 6) roundings: squares, sum, mean, root, quotient. */
  @Property
  void anyFactorChangesRoundingAtMostWhereEpsIsZero(
      @ForAll Precision precision,
      @ForAll @IntRange(min = 1, max = 70) int width,
      @ForAll @DoubleRange(min = 0.001, max = 1000) @Scale(9) double factor,
      @ForAll long seed) {
    Arithmetic a = precision.arithmetic();

    Tensor x = a.normalize(random(a, seed, 1, 1, width), 0);
    Tensor scaled = a.normalize(random(a, seed, factor, 1, width), 0);

    double relative = 2 * (width + 6) * precision.unitRoundoff();
    double sumOfSquares = 0;
    for (int i = 0; i < width; i++) {
      assertEquals(x.get(i), scaled.get(i), Math.abs(x.get(i)) * relative);
      sumOfSquares += x.get(i) * x.get(i);
    }
    assertEquals(width, sumOfSquares, width * relative);
  }

  private static Tensor random(Arithmetic a, long seed, double factor, int rows, int width) {
    double[] values = new double[rows * width];
    new RandomTensor("x", DType.F32, 3, seed, rows, width).read(0, values, 0, values.length);
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
    return a.tensor(values, rows, width);
  }
}
