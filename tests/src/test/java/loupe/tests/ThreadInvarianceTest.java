package loupe.tests;

import loupe.reference.Arithmetic;
import loupe.reference.DType;
import loupe.reference.Hook;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.Workers;
import loupe.tests.arbitraries.Gemma2Domain;
import loupe.tests.arbitraries.Precision;
import loupe.tests.arbitraries.RandomTensor;
import loupe.tests.arbitraries.TinyModel;
import loupe.tests.arbitraries.Tokens;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

/** The number of threads is a matter of time alone. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class ThreadInvarianceTest {
  private static final Workers[] POOLS = {Workers.of(2), Workers.of(3), Workers.of(7)};

  @Property
  void aPassGivesTheSameBitsOnAnyNumberOfThreads(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll Tokens text,
      @ForAll @IntRange(max = 2) int pool) {
    int[] ids = text.ids(tiny.config());
    Tensor alone = tiny.in(precision).forward(ids, Hook.NONE);
    SameBits.assertSame(alone, tiny.on(precision.on(POOLS[pool])).forward(ids, Hook.NONE));
  }

  @Property
  void aProductGivesTheSameBitsOnAnyNumberOfThreadsAndRowByRow(
      @ForAll Precision precision,
      @ForAll @IntRange(min = 1, max = 40) int rows,
      @ForAll @IntRange(min = 1, max = 600) int in,
      @ForAll @IntRange(min = 1, max = 600) int out,
      @ForAll("weightTypes") DType dtype,
      @ForAll @IntRange(max = 2) int pool,
      @ForAll long seed) {
    Arithmetic one = precision.arithmetic();
    Arithmetic many = precision.on(POOLS[pool]);
    Tensor x = random(one, seed, rows, in);
    StoredTensor w = new RandomTensor("w", dtype, 0, seed, out, in);
    StoredTensor across = new RandomTensor("w", dtype, 0, seed, in, out);

    Tensor projected = one.project(x, one.weight(w));
    Tensor combined = one.combine(x, one.weight(across));

    SameBits.assertSame(projected, many.project(x, many.weight(w)));
    SameBits.assertSame(combined, many.combine(x, many.weight(across)));
    int row = (int) Math.floorMod(seed, (long) rows);
    Tensor alone = x.rows(row, row + 1);
    SameBits.assertSame(projected.rows(row, row + 1), many.project(alone, many.weight(w)));
    SameBits.assertSame(combined.rows(row, row + 1), many.combine(alone, many.weight(across)));
  }

  private static Tensor random(Arithmetic a, long seed, int rows, int width) {
    double[] values = new double[rows * width];
    new RandomTensor("x", DType.F32, 0, seed, rows, width).read(0, values, 0, values.length);
    return a.tensor(values, rows, width);
  }

  @Provide
  Arbitrary<DType> weightTypes() {
    return Arbitraries.of(DType.F64, DType.F32, DType.BF16, DType.F16);
  }
}
