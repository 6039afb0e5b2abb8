package loupe.reference;

import static loupe.reference.ElementaryFunctions.EXP_0;
import static loupe.reference.ElementaryFunctions.EXP_1;
import static loupe.reference.ElementaryFunctions.EXP_2;
import static loupe.reference.ElementaryFunctions.EXP_3;
import static loupe.reference.ElementaryFunctions.EXP_4;
import static loupe.reference.ElementaryFunctions.EXP_LOWER;
import static loupe.reference.ElementaryFunctions.EXP_UPPER;
import static loupe.reference.ElementaryFunctions.GELU_A_HIGH;
import static loupe.reference.ElementaryFunctions.GELU_A_LOW;
import static loupe.reference.ElementaryFunctions.GELU_B_HIGH;
import static loupe.reference.ElementaryFunctions.GELU_B_LOW;
import static loupe.reference.ElementaryFunctions.GELU_LIMIT;
import static loupe.reference.ElementaryFunctions.LN2_HIGH;
import static loupe.reference.ElementaryFunctions.LN2_LOW;
import static loupe.reference.ElementaryFunctions.LOG2_E;
import static loupe.reference.ElementaryFunctions.ROUNDER;
import static loupe.reference.ElementaryFunctions.TANH_0;
import static loupe.reference.ElementaryFunctions.TANH_1;
import static loupe.reference.ElementaryFunctions.TANH_2;
import static loupe.reference.ElementaryFunctions.TANH_3;
import static loupe.reference.ElementaryFunctions.TANH_4;
import static loupe.reference.ElementaryFunctions.TANH_SMALL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link ElementaryFunctions}, the same operations in the same order, on vectors.
 *
 * <p>Each {@link Step} of a function is a loop of its own, in a method of its own that calls
 * nothing but the API, over a block that stays in L1. The compiler stops inlining half way through
 * longer methods, and does not inline what it has compiled already: either way vectors become
 * objects, and the function takes ten times as long. So steps are called in one place, by their
 * interface: it sees too many of them there to inline one into another.
 */
final class VectorFunctions {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);

  /** Elements that take one step before any takes the next. */
  private static final int BLOCK = 1024;

  /** Where the second and third of what a step leaves for the next begin. */
  private static final int SECOND = BLOCK;

  private static final int THIRD = 2 * BLOCK;

  private VectorFunctions() {}

  /** One step of a function, over a block of at most {@link #BLOCK} elements. */
  private interface Step {
    /**
     * @param from argument of the function, the block's first at {@code fromOffset}
     * @param to result, likewise; modified by the last step, and may be {@code from}
     * @param parameter of the function
     * @param work what steps leave for those after them; modified
     */
    void run(
        float[] from,
        int fromOffset,
        float[] to,
        int toOffset,
        int count,
        float parameter,
        float[] work);
  }

  private static final Step[] EXP_DIFFERENCE = {
    (from, f, to, t, count, subtrahend, work) -> expReduce(from, f, count, subtrahend, work),
    (from, f, to, t, count, subtrahend, work) -> expOfRest(work, count),
    (from, f, to, t, count, subtrahend, work) -> expScale(work, count, to, t)
  };

  private static final Step[] SOFTCAP = {
    (from, f, to, t, count, cap, work) -> tanhExponent(from, f, count, cap, work),
    (from, f, to, t, count, cap, work) -> expReduce(work, 0, count, 0f, work),
    (from, f, to, t, count, cap, work) -> expOfRest(work, count),
    (from, f, to, t, count, cap, work) -> expScale(work, count, work, 0),
    (from, f, to, t, count, cap, work) -> tanhQuotient(work, count, cap, to, t)
  };

  private static final Step[] GELU = {
    (from, f, to, t, count, none, work) -> geluExponent(from, f, count, work),
    (from, f, to, t, count, none, work) -> geluReduce(work, count),
    (from, f, to, t, count, none, work) -> expOfRest(work, count),
    (from, f, to, t, count, none, work) -> geluQuotient(from, f, work, count, to, t)
  };

  private static void run(
      Step[] steps, float[] from, int fromOffset, float[] to, int toOffset, int count, float p) {
    float[] work = Scratch.ofThread().floats(Scratch.Use.FUNCTION, 3 * BLOCK);
    for (int first = 0; first < count; first += BLOCK) {
      int some = Math.min(BLOCK, count - first);
      for (Step step : steps) {
        step.run(from, fromOffset + first, to, toOffset + first, some, p, work);
      }
    }
  }

  /** {@code exp(x - subtrahend)} of whole vectors, in place. */
  static void expDifference(float[] x, int offset, int count, float subtrahend) {
    run(EXP_DIFFERENCE, x, offset, x, offset, count, subtrahend);
  }

  /** {@code tanh(from / cap) * cap} of whole vectors; {@code to}, modified, may be {@code from}. */
  static void softcap(
      float[] from, int fromOffset, float[] to, int toOffset, int count, float cap) {
    run(SOFTCAP, from, fromOffset, to, toOffset, count, cap);
  }

  /** GELU of whole vectors; {@code to}, modified, may be {@code from}. */
  static void gelu(float[] from, int fromOffset, float[] to, int toOffset, int count) {
    run(GELU, from, fromOffset, to, toOffset, count, 0f);
  }

  /** Leaves the multiple of ln 2, shifted, and second what is left over. */
  private static void expReduce(
      float[] from, int fromOffset, int count, float subtrahend, float[] work) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, from, fromOffset + i).sub(subtrahend);
      FloatVector c = x.blend(EXP_UPPER, x.compare(VectorOperators.GT, EXP_UPPER));
      c = c.blend(EXP_LOWER, c.compare(VectorOperators.LT, EXP_LOWER));
      FloatVector rounder = FloatVector.broadcast(FLOATS, ROUNDER);
      FloatVector shifted = c.fma(FloatVector.broadcast(FLOATS, LOG2_E), rounder);
      FloatVector n = shifted.sub(rounder);
      FloatVector r = n.fma(FloatVector.broadcast(FLOATS, -LN2_HIGH), c);
      r = n.fma(FloatVector.broadcast(FLOATS, -LN2_LOW), r);
      shifted.intoArray(work, i);
      r.intoArray(work, SECOND + i);
    }
  }

  /** The exponential of what is left over, in its place. */
  private static void expOfRest(float[] work, int count) {
    for (int i = SECOND; i < SECOND + count; i += LANES) {
      FloatVector r = FloatVector.fromArray(FLOATS, work, i);
      FloatVector p = FloatVector.broadcast(FLOATS, EXP_4);
      p = p.fma(r, FloatVector.broadcast(FLOATS, EXP_3));
      p = p.fma(r, FloatVector.broadcast(FLOATS, EXP_2));
      p = p.fma(r, FloatVector.broadcast(FLOATS, EXP_1));
      p = p.fma(r, FloatVector.broadcast(FLOATS, EXP_0));
      r.mul(r).fma(p, r).add(1f).intoArray(work, i);
    }
  }

  /** Times two to the multiple of ln 2, in two factors. */
  private static void expScale(float[] work, int count, float[] to, int toOffset) {
    for (int i = 0; i < count; i += LANES) {
      IntVector exponent =
          FloatVector.fromArray(FLOATS, work, i).reinterpretAsInts().sub(ROUNDER_BITS);
      IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
      IntVector scale1 = half.add(127).lanewise(VectorOperators.LSHL, 23);
      IntVector scale2 = exponent.sub(half).add(127).lanewise(VectorOperators.LSHL, 23);
      FloatVector.fromArray(FLOATS, work, SECOND + i)
          .mul(scale1.reinterpretAsFloats())
          .mul(scale2.reinterpretAsFloats())
          .intoArray(to, toOffset + i);
    }
  }

  /** Leaves {@code 2 |x|}, and third {@code x = from / cap}. */
  private static void tanhExponent(
      float[] from, int fromOffset, int count, float cap, float[] work) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, from, fromOffset + i).div(cap);
      x.intoArray(work, THIRD + i);
      FloatVector a = x.abs();
      a.add(a).intoArray(work, i);
    }
  }

  private static void tanhQuotient(float[] work, int count, float cap, float[] to, int toOffset) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, work, THIRD + i);
      FloatVector power = FloatVector.fromArray(FLOATS, work, i);
      FloatVector a = x.abs();
      FloatVector quotient = FloatVector.broadcast(FLOATS, 2f).div(power.add(1f));
      FloatVector large = FloatVector.broadcast(FLOATS, 1f).sub(quotient);
      FloatVector z = a.mul(a);
      FloatVector q = FloatVector.broadcast(FLOATS, TANH_4);
      q = q.fma(z, FloatVector.broadcast(FLOATS, TANH_3));
      q = q.fma(z, FloatVector.broadcast(FLOATS, TANH_2));
      q = q.fma(z, FloatVector.broadcast(FLOATS, TANH_1));
      q = q.fma(z, FloatVector.broadcast(FLOATS, TANH_0));
      FloatVector small = a.mul(z).fma(q, a);
      FloatVector magnitude = large.blend(small, a.compare(VectorOperators.LT, TANH_SMALL));
      IntVector sign = x.reinterpretAsInts().and(0x80000000);
      FloatVector tanh = magnitude.reinterpretAsInts().or(sign).reinterpretAsFloats();
      tanh.mul(cap).intoArray(to, toOffset + i);
    }
  }

  /** Leaves the exponent of the exponential as a sum of two: high, and second low. */
  private static void geluExponent(float[] from, int fromOffset, int count, float[] work) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector a = FloatVector.fromArray(FLOATS, from, fromOffset + i).abs();
      a = a.blend(GELU_LIMIT, a.compare(VectorOperators.GT, GELU_LIMIT));
      FloatVector square = a.mul(a);
      FloatVector squareLow = a.fma(a, square.neg());
      FloatVector b = FloatVector.broadcast(FLOATS, GELU_B_HIGH);
      FloatVector product = b.mul(square);
      FloatVector productLow =
          b.fma(square, product.neg()).add(b.fma(squareLow, square.mul(GELU_B_LOW)));
      FloatVector sum = product.add(GELU_A_HIGH);
      FloatVector part = sum.sub(GELU_A_HIGH);
      FloatVector sumLow = FloatVector.broadcast(FLOATS, GELU_A_HIGH).sub(sum.sub(part));
      sumLow = sumLow.add(product.sub(part)).add(productLow.add(GELU_A_LOW));
      FloatVector high = a.mul(sum).neg();
      high.intoArray(work, i);
      a.fma(sum, high).add(a.mul(sumLow)).intoArray(work, SECOND + i);
    }
  }

  /** As {@link #expReduce}, of an exponent in two parts, in place. */
  private static void geluReduce(float[] work, int count) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector high = FloatVector.fromArray(FLOATS, work, i);
      FloatVector rounder = FloatVector.broadcast(FLOATS, ROUNDER);
      FloatVector shifted = high.fma(FloatVector.broadcast(FLOATS, LOG2_E), rounder);
      FloatVector n = shifted.sub(rounder);
      FloatVector r = n.fma(FloatVector.broadcast(FLOATS, -LN2_HIGH), high);
      r = n.fma(FloatVector.broadcast(FLOATS, -LN2_LOW), r);
      shifted.intoArray(work, i);
      r.sub(FloatVector.fromArray(FLOATS, work, SECOND + i)).intoArray(work, SECOND + i);
    }
  }

  private static void geluQuotient(
      float[] from, int fromOffset, float[] work, int count, float[] to, int toOffset) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, from, fromOffset + i);
      FloatVector power = FloatVector.fromArray(FLOATS, work, SECOND + i);
      IntVector exponent =
          FloatVector.fromArray(FLOATS, work, i).reinterpretAsInts().sub(ROUNDER_BITS);
      IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
      FloatVector scale1 = half.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
      IntVector rest = exponent.sub(half);
      FloatVector scale2 = rest.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
      FloatVector denominator = power.mul(scale1).mul(scale2).add(1f);
      FloatVector positive = x.div(denominator);
      FloatVector a = x.abs();
      a = a.blend(GELU_LIMIT, a.compare(VectorOperators.GT, GELU_LIMIT));
      FloatVector negative = a.neg().div(denominator).mul(power).mul(scale1).mul(scale2);
      positive.blend(negative, x.compare(VectorOperators.LT, 0f)).intoArray(to, toOffset + i);
    }
  }
}
