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

/** {@link ElementaryFunctions}, the same operations in the same order, on vectors. */
final class VectorFunctions {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  private static final int LANES = FLOATS.length();

  private VectorFunctions() {}

  static FloatVector exp(FloatVector x) {
    FloatVector c = x.blend(EXP_UPPER, x.compare(VectorOperators.GT, EXP_UPPER));
    c = c.blend(EXP_LOWER, c.compare(VectorOperators.LT, EXP_LOWER));
    FloatVector shifted = c.fma(constant(LOG2_E), constant(ROUNDER));
    FloatVector n = shifted.sub(ROUNDER);
    FloatVector r = n.fma(constant(-LN2_HIGH), c);
    r = n.fma(constant(-LN2_LOW), r);
    IntVector exponent = shifted.reinterpretAsInts().sub(Float.floatToRawIntBits(ROUNDER));
    IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
    return expMinusOne(r).add(1f).mul(powerOfTwo(half)).mul(powerOfTwo(exponent.sub(half)));
  }

  private static FloatVector constant(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }

  private static FloatVector expMinusOne(FloatVector r) {
    FloatVector p = constant(EXP_4).fma(r, constant(EXP_3));
    p = p.fma(r, constant(EXP_2));
    p = p.fma(r, constant(EXP_1));
    p = p.fma(r, constant(EXP_0));
    return r.mul(r).fma(p, r);
  }

  private static FloatVector powerOfTwo(IntVector exponent) {
    return exponent.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
  }

  /** Elements that pass through all steps of a function before the next: they stay in L1. */
  private static final int BLOCK = 1024;

  // Each step of a function has a loop of its own, in a method of its own: with all of them in one,
  // the compiler gives up inlining half way and puts vectors into objects, ten times slower.

  /** {@code tanh(from / cap) * cap} of whole vectors; {@code to}, modified, may be {@code from}. */
  static void softcap(
      float[] from, int fromOffset, float[] to, int toOffset, int count, float cap) {
    float[] work = Scratch.ofThread().floats(Scratch.Use.FUNCTION, 2 * BLOCK);
    for (int first = 0; first < count; first += BLOCK) {
      int some = Math.min(BLOCK, count - first);
      tanhPower(from, fromOffset + first, some, cap, work);
      tanh(work, some, cap, to, toOffset + first);
    }
  }

  /** {@code x = from / cap}, and from {@link #BLOCK} on {@code exp(2 |x|)}. */
  private static void tanhPower(float[] from, int fromOffset, int count, float cap, float[] work) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = load(from, fromOffset + i).div(cap);
      x.intoArray(work, i);
      FloatVector a = x.abs();
      exp(a.add(a)).intoArray(work, BLOCK + i);
    }
  }

  private static void tanh(float[] work, int count, float cap, float[] to, int toOffset) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = load(work, i);
      FloatVector a = x.abs();
      FloatVector power = load(work, BLOCK + i);
      FloatVector large = constant(1f).sub(constant(2f).div(power.add(1f)));
      FloatVector z = a.mul(a);
      FloatVector q = constant(TANH_4).fma(z, constant(TANH_3));
      q = q.fma(z, constant(TANH_2));
      q = q.fma(z, constant(TANH_1));
      q = q.fma(z, constant(TANH_0));
      FloatVector small = a.mul(z).fma(q, a);
      FloatVector magnitude = large.blend(small, a.compare(VectorOperators.LT, TANH_SMALL));
      IntVector sign = x.reinterpretAsInts().and(0x80000000);
      FloatVector tanh = magnitude.reinterpretAsInts().or(sign).reinterpretAsFloats();
      tanh.mul(cap).intoArray(to, toOffset + i);
    }
  }

  /** GELU of whole vectors; {@code to}, modified, may be {@code from}. */
  static void gelu(float[] from, int fromOffset, float[] to, int toOffset, int count) {
    float[] work = Scratch.ofThread().floats(Scratch.Use.FUNCTION, 2 * BLOCK);
    for (int first = 0; first < count; first += BLOCK) {
      int some = Math.min(BLOCK, count - first);
      geluExponent(from, fromOffset + first, some, work);
      geluPower(work, some);
      geluQuotient(from, fromOffset + first, work, some, to, toOffset + first);
    }
  }

  private static FloatVector magnitude(FloatVector x) {
    FloatVector a = x.abs();
    return a.blend(GELU_LIMIT, a.compare(VectorOperators.GT, GELU_LIMIT));
  }

  /** The exponent of the exponential, as a sum of two: high, and from {@link #BLOCK} on low. */
  private static void geluExponent(float[] from, int fromOffset, int count, float[] work) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector a = magnitude(load(from, fromOffset + i));
      FloatVector square = a.mul(a);
      FloatVector squareLow = a.fma(a, square.neg());
      FloatVector b = constant(GELU_B_HIGH);
      FloatVector product = b.mul(square);
      FloatVector productLow =
          b.fma(square, product.neg()).add(b.fma(squareLow, square.mul(GELU_B_LOW)));
      FloatVector sum = product.add(GELU_A_HIGH);
      FloatVector part = sum.sub(GELU_A_HIGH);
      FloatVector sumLow =
          constant(GELU_A_HIGH)
              .sub(sum.sub(part))
              .add(product.sub(part))
              .add(productLow.add(GELU_A_LOW));
      FloatVector high = a.mul(sum).neg();
      high.intoArray(work, i);
      a.fma(sum, high).add(a.mul(sumLow)).intoArray(work, BLOCK + i);
    }
  }

  /** In place: the exponent's multiple of ln 2, and the exponential of what is left. */
  private static void geluPower(float[] work, int count) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector high = load(work, i);
      FloatVector shifted = high.fma(constant(LOG2_E), constant(ROUNDER));
      FloatVector n = shifted.sub(ROUNDER);
      FloatVector r = n.fma(constant(-LN2_HIGH), high);
      r = n.fma(constant(-LN2_LOW), r).sub(load(work, BLOCK + i));
      shifted.intoArray(work, i);
      expMinusOne(r).add(1f).intoArray(work, BLOCK + i);
    }
  }

  private static void geluQuotient(
      float[] from, int fromOffset, float[] work, int count, float[] to, int toOffset) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = load(from, fromOffset + i);
      FloatVector power = load(work, BLOCK + i);
      IntVector exponent = load(work, i).reinterpretAsInts().sub(Float.floatToRawIntBits(ROUNDER));
      IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
      FloatVector scale1 = powerOfTwo(half);
      FloatVector scale2 = powerOfTwo(exponent.sub(half));
      FloatVector denominator = power.mul(scale1).mul(scale2).add(1f);
      FloatVector positive = x.div(denominator);
      FloatVector negative = magnitude(x).neg().div(denominator).mul(power).mul(scale1).mul(scale2);
      positive.blend(negative, x.compare(VectorOperators.LT, 0f)).intoArray(to, toOffset + i);
    }
  }

  private static FloatVector load(float[] from, int offset) {
    return FloatVector.fromArray(FLOATS, from, offset);
  }
}
