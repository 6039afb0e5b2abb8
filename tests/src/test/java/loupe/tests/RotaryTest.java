package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import loupe.reference.Arithmetic;
import loupe.reference.RowBuffer;
import loupe.reference.Span;
import loupe.reference.Tensor;
import loupe.tests.arbitraries.AttentionCase;
import loupe.tests.arbitraries.Gemma2Domain;
import loupe.tests.arbitraries.Precision;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

/** Rotary embedding says how far apart two tokens are, and nothing else. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class RotaryTest {
  private static final double THETA = 10000;

  /**
   * Bounds. Rotating: each angle is off by at most {@code 2^-52 * position} (the frequency and the
   * product are rounded), cosine and sine by one more rounding, and each of two products and a sum
   * by one: at most {@code 4 u + 2^-52 * position} of the pair's length. The dot product of d_head
   * terms: {@code (d_head + 1) u}. All of the lengths of q and k, and once for each of two shifts.
   */
  @Property
  void scoresDependOnTheDistanceAloneToRounding(
      @ForAll AttentionCase c,
      @ForAll Precision precision,
      @ForAll @IntRange(min = 1, max = 3000) int shift) {
    Arithmetic a = precision.arithmetic();
    Span span = new Span(0, c.span().keys(), Span.UNLIMITED);
    AttentionCase whole =
        new AttentionCase(c.nKvHeads(), c.group(), c.dHead(), span, c.exponent(), c.seed());

    Tensor here = scores(a, whole, 0);
    Tensor there = scores(a, whole, shift);

    double length = c.dHead() * Math.scalb(1.0, 2 * c.exponent() + 2);
    int last = shift + span.keys();
    double angles = 2 * (last * 0x1p-52);
    double u = precision.unitRoundoff();
    double bound = 2 * length * (angles + (8 + c.dHead() + 1) * u);
    for (int i = 0; i < here.size(); i++) {
      assertEquals(here.get(i), there.get(i), bound, "score " + i);
    }
  }

  private static Tensor scores(Arithmetic a, AttentionCase c, int shift) {
    int pos = c.span().queries();
    int[] positions = new int[pos];
    for (int i = 0; i < pos; i++) {
      positions[i] = i + shift;
    }
    Tensor q = a.rotate(c.queries(a), positions, THETA);
    RowBuffer keys = a.rowBuffer(c.nKvHeads(), c.dHead());
    keys.append(a.rotate(c.newKeys(a), positions, THETA));
    return a.scores(q, keys, c.span(), 1);
  }

  @Property
  void rotationKeepsTheLengthOfEachPair(
      @ForAll AttentionCase c,
      @ForAll Precision precision,
      @ForAll @IntRange(max = 3000) int first) {
    Arithmetic a = precision.arithmetic();
    Tensor q = c.queries(a);
    int[] positions = new int[q.dim(0)];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = first + i;
    }

    Tensor rotated = a.rotate(q, positions, THETA);

    int half = c.dHead() / 2;
    for (int head = 0; head < q.dim(0) * q.dim(1); head++) {
      for (int p = 0; p < half; p++) {
        int at = head * c.dHead() + p;
        double before = Math.hypot(q.get(at), q.get(at + half));
        double after = Math.hypot(rotated.get(at), rotated.get(at + half));
        assertEquals(before, after, before * 8 * precision.unitRoundoff(), "pair " + p);
      }
    }
  }

  @Property
  void positionZeroIsNotRotated(@ForAll AttentionCase c, @ForAll Precision precision) {
    Arithmetic a = precision.arithmetic();
    Tensor q = c.queries(a);
    SameBits.assertSame(q, a.rotate(q, new int[q.dim(0)], THETA));
  }
}
