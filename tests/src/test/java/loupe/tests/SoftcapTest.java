package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import loupe.reference.Arithmetic;
import loupe.reference.Tensor;
import loupe.tests.arbitraries.Precision;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.NotEmpty;

class SoftcapTest {
  @Property
  void neverGoesBeyondTheCapNorAgainstTheSign(
      @ForAll Precision precision,
      @ForAll("numbers") @NotEmpty List<Double> x,
      @ForAll("caps") double cap) {
    Arithmetic a = precision.arithmetic();
    Tensor in = row(a, x, 1);
    Tensor out = a.softcap(in, cap);
    for (int i = 0; i < x.size(); i++) {
      assertTrue(Math.abs(out.get(i)) <= cap, in.get(i) + " gives " + out.get(i));
      assertEquals(Math.signum(in.get(i)), Math.signum(out.get(i)));
    }
  }

  @Property
  void isOddBitForBit(
      @ForAll Precision precision,
      @ForAll("numbers") @NotEmpty List<Double> x,
      @ForAll("caps") double cap) {
    Arithmetic a = precision.arithmetic();
    Tensor plus = a.softcap(row(a, x, 1), cap);
    Tensor minus = a.softcap(row(a, x, -1), cap);
    SameBits.assertSame(plus, a.scale(minus, -1));
  }

  @Property
  void neverFalls(
      @ForAll Precision precision,
      @ForAll("numbers") @NotEmpty List<Double> x,
      @ForAll("caps") double cap) {
    Arithmetic a = precision.arithmetic();
    List<Double> sorted = x.stream().sorted().toList();
    Tensor out = a.softcap(row(a, sorted, 1), cap);
    for (int i = 1; i < x.size(); i++) {
      assertTrue(
          out.get(i - 1) <= out.get(i),
          "%s gives %s, but %s gives %s"
              .formatted(sorted.get(i - 1), out.get(i - 1), sorted.get(i), out.get(i)));
    }
  }

  @Property
  void aPowerOfTwoGoesThroughBitForBit(
      @ForAll Precision precision,
      @ForAll("numbers") @NotEmpty List<Double> x,
      @ForAll("caps") double cap,
      @ForAll @IntRange(min = -10, max = 10) int power) {
    Arithmetic a = precision.arithmetic();
    double factor = Math.scalb(1.0, power);
    Tensor scaled = a.softcap(row(a, x, factor), cap * factor);
    SameBits.assertSame(a.scale(a.softcap(row(a, x, 1), cap), factor), scaled);
  }

  private static Tensor row(Arithmetic a, List<Double> x, double factor) {
    double[] values = x.stream().mapToDouble(v -> v * factor).toArray();
    return a.tensor(values, 1, values.length);
  }

  /** Numbers of every size, and neighbours of each other: a polynomial may fall in the last bit. */
  @Provide
  Arbitrary<List<Double>> numbers() {
    Arbitrary<Double> wide = Arbitraries.doubles().between(-1000, 1000).ofScale(9);
    Arbitrary<Double> small = Arbitraries.doubles().between(-1, 1).ofScale(12);
    Arbitrary<Double> huge = Arbitraries.of(1e30, -1e30, 0.0, 1e-20, -1e-20);
    Arbitrary<List<Double>> mixed =
        Arbitraries.oneOf(wide, small, huge).list().ofMinSize(1).ofMaxSize(40);
    Arbitrary<List<Double>> neighbours =
        Arbitraries.oneOf(wide, small)
            .map(
                x -> {
                  Double[] run = new Double[32];
                  // Not from 0: a subnormal number divided by the cap may be nothing.
                  float next = x == 0 ? 1e-20f : x.floatValue();
                  for (int i = 0; i < run.length; i++) {
                    run[i] = (double) next;
                    next = Math.nextUp(next);
                  }
                  return List.of(run);
                });
    return Arbitraries.oneOf(mixed, neighbours);
  }

  @Provide
  Arbitrary<Double> caps() {
    return Arbitraries.oneOf(
        Arbitraries.of(50.0, 30.0, 1.0),
        Arbitraries.doubles().between(0.5, 60).map(c -> (double) c.floatValue()));
  }
}
