package loupe.reference;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link MachineLimits}' inner loops with the Vector API. */
final class VectorProbe {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  /** Multiplications and additions of one step of {@link #multiplyAdd}. */
  static final int OPERATIONS = 2 * 10 * FLOATS.length();

  private VectorProbe() {}

  /** Ten independent chains of fused multiply-adds, without memory: 16 registers are enough. */
  static float multiplyAdd(int steps) {
    FloatVector factor = FloatVector.broadcast(FLOATS, 0.999f);
    FloatVector term = FloatVector.broadcast(FLOATS, 0.001f);
    FloatVector a = FloatVector.broadcast(FLOATS, 1f);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    FloatVector e = a;
    FloatVector f = a;
    FloatVector g = a;
    FloatVector h = a;
    FloatVector i = a;
    FloatVector j = a;
    for (int step = 0; step < steps; step++) {
      a = a.fma(factor, term);
      b = b.fma(factor, term);
      c = c.fma(factor, term);
      d = d.fma(factor, term);
      e = e.fma(factor, term);
      f = f.fma(factor, term);
      g = g.fma(factor, term);
      h = h.fma(factor, term);
      i = i.fma(factor, term);
      j = j.fma(factor, term);
    }
    FloatVector sum = a.add(b).add(c).add(d).add(e).add(f);
    return sum.add(g).add(h).add(i).add(j).reduceLanes(VectorOperators.ADD);
  }

  /** Reads every element once, in four independent sums. */
  static float sum(float[] x, int from, int to) {
    int lanes = FLOATS.length();
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int i = from; i + 4 * lanes <= to; i += 4 * lanes) {
      a = FloatVector.fromArray(FLOATS, x, i).add(a);
      b = FloatVector.fromArray(FLOATS, x, i + lanes).add(b);
      c = FloatVector.fromArray(FLOATS, x, i + 2 * lanes).add(c);
      d = FloatVector.fromArray(FLOATS, x, i + 3 * lanes).add(d);
    }
    return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
  }
}
