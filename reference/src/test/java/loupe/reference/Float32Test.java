package loupe.reference;

import static loupe.reference.Awkward.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Every operation against the definition, bit for bit, for all kernels and thread counts. */
class Float32Test {
  private static final long SEED = 42;

  private final Random random = new Random(SEED);
  private final List<Float32> all = AllKernels.float32();

  @Test
  void normalizeAndGainAreAsDefined() {
    for (int width : Awkward.SIZES) {
      FloatTensor x = Awkward.tensor(random, 3, width);
      FloatTensor expected = Float32Definition.normalize(x, 1e-6f);
      FloatTensor w = Awkward.tensor(random, width);
      float[] gained = new float[3 * width];
      for (int i = 0; i < gained.length; i++) {
        gained[i] = x.data()[i] * (1f + w.data()[i % width]);
      }
      for (Float32 f : all) {
        assertSameBits(expected, f.normalize(x, 1e-6), "normalize " + width);
        Tensor actual = f.gain(x, f.weight(new HeapTensor("w", w)));
        assertSameBits(new FloatTensor(gained, 3, width), actual, "gain");
      }
    }
  }

  @Test
  void rotateIsAsDefined() {
    int[] positions = {0, 1, 77, 8191, 5};
    FloatTensor x = Awkward.tensor(random, 5, 3, 16);
    FloatTensor expected = Float32Definition.rotate(x, positions, 10000);
    for (Float32 f : all) {
      assertSameBits(expected, f.rotate(x, positions, 10000), "rotate");
    }
  }

  /** heads, key heads, d_head, first query, queries, window. */
  private static final int[][] ATTENTION = {
    {1, 1, 1, 0, 1, 9999}, {2, 1, 4, 0, 5, 9999}, {4, 2, 8, 0, 37, 9999}, {8, 4, 16, 0, 20, 7},
    {4, 4, 12, 13, 1, 9999}, {2, 1, 33, 30, 40, 17}, {2, 2, 20, 100, 2, 50}, {4, 1, 24, 61, 19, 64},
    {6, 2, 17, 5, 3, 4}, {2, 1, 256, 0, 50, 9999}, {2, 1, 8, 200, 70, 33}, {1, 1, 40, 0, 130, 9999},
    {4, 2, 16, 150, 2, 9999}
  };

  @Test
  void attentionIsAsDefinedApartAndInOneGo() {
    for (int[] c : ATTENTION) {
      Span span = new Span(c[3], c[4], c[5] == 9999 ? Span.UNLIMITED : c[5]);
      FloatTensor q = Awkward.smooth(random, c[4], c[0], c[2]);
      FloatTensor k = Awkward.smooth(random, span.keys(), c[1] * c[2]);
      FloatTensor v = Awkward.tensor(random, span.keys(), c[1] * c[2]);
      FloatTensor s = Float32Definition.scores(q, k, span, 0.3f);
      FloatTensor capped = Float32Definition.softcap(s, 5f);
      FloatTensor p = Float32Definition.softmax(capped, span);
      FloatTensor z = Float32Definition.mix(p, v, span, c[0] / c[1]);
      String what = java.util.Arrays.toString(c);
      for (Float32 f : all) {
        RowBuffer keys = f.rowBuffer(c[1], c[2]);
        keys.append(k);
        keys.forgetBefore(span.firstKey(0));
        RowBuffer values = f.rowBuffer(c[1], c[2]);
        values.append(v);
        values.forgetBefore(span.firstKey(0));
        assertSameBits(s, f.scores(q, keys, span, 0.3f), "scores " + what);
        assertSameBits(capped, f.softcap(s, 5), "softcap " + what);
        assertSameBits(p, f.softmax(capped, span), "softmax " + what);
        assertSameBits(z, f.mix(p, values, span), "mix " + what);
        assertSameBits(z, f.attend(q, keys, values, span, 0.3f, 5), "attend " + what);
        Tensor uncapped = f.mix(f.softmax(s, span), values, span);
        assertSameBits(uncapped, f.attend(q, keys, values, span, 0.3f, 0), "no cap " + what);
      }
    }
  }

  @Test
  void excludedKeysMayBeAnything() {
    Span span = new Span(0, 24, 4);
    FloatTensor q = Awkward.smooth(random, 24, 2, 8);
    FloatTensor k = Awkward.smooth(random, 24, 8);
    FloatTensor v = Awkward.smooth(random, 24, 8);
    FloatTensor bad = new FloatTensor(v.data().clone(), 24, 8);
    bad.data()[3 * 8 + 1] = Float.NaN;
    Span late = span.slice(8, 24);
    for (Float32 f : all) {
      FloatRows keys = new FloatRows(1, 8);
      keys.append(k);
      FloatRows values = new FloatRows(1, 8);
      values.append(v);
      FloatRows spoilt = new FloatRows(1, 8);
      spoilt.append(bad);
      Tensor expected = f.attend(q.rows(8, 24), keys, values, late, 1, 50);
      assertSameBits(expected, f.attend(q.rows(8, 24), keys, spoilt, late, 1, 50), "spoilt");
      assertThrows(
          NonFiniteException.class, () -> f.attend(q, keys, spoilt, span, 1, 50), "seen by some");
    }
  }

  @Test
  void anAdmittedValueThatIsNotANumberShowsEvenWhereItsProbabilityIsZero() {
    Span span = new Span(0, 2, Span.UNLIMITED);
    FloatTensor q = new FloatTensor(new float[] {1, 1}, 2, 1, 1);
    FloatRows keys = new FloatRows(1, 1);
    keys.append(new FloatTensor(new float[] {1000, 0}, 2, 1));
    FloatRows values = new FloatRows(1, 1);
    values.append(new FloatTensor(new float[] {1, Float.NaN}, 2, 1));
    for (Float32 f : all) {
      assertThrows(
          NonFiniteException.class, () -> f.attend(q, keys, values, span, 1, 0), "in one go");
      Tensor pattern = f.softmax(f.scores(q, keys, span, 1), span);
      assertEquals(0, pattern.get(3));
      assertThrows(NonFiniteException.class, () -> f.mix(pattern, values, span), "apart");
    }
  }

  @Test
  void elementwiseOperationsAreAsDefined() {
    FloatTensor x = Awkward.tensor(random, 7, 45);
    FloatTensor y = Awkward.tensor(random, 7, 45);
    FloatTensor w = Awkward.tensor(random, 45);
    int n = x.size();
    float[] sum = new float[n];
    float[] difference = new float[n];
    float[] product = new float[n];
    float[] scaled = new float[n];
    float[] gelu = new float[n];
    float[] biased = new float[n];
    float[] jump = new float[n];
    for (int i = 0; i < n; i++) {
      float a = x.data()[i];
      float b = y.data()[i];
      float t = w.data()[i % 45];
      sum[i] = a + b;
      difference[i] = a - b;
      product[i] = a * b;
      scaled[i] = a * 0.1f;
      gelu[i] = ElementaryFunctions.gelu(a);
      biased[i] = a + t;
      jump[i] = a > t ? a : 0f;
    }
    for (Float32 f : all) {
      Weight weight = f.weight(new HeapTensor("w", w));
      assertSameBits(new FloatTensor(sum, 7, 45), f.add(x, y), "add");
      assertSameBits(new FloatTensor(difference, 7, 45), f.subtract(x, y), "subtract");
      assertSameBits(new FloatTensor(product, 7, 45), f.multiply(x, y), "multiply");
      assertSameBits(new FloatTensor(scaled, 7, 45), f.scale(x, 0.1), "scale");
      assertSameBits(new FloatTensor(gelu, 7, 45), f.gelu(x), "gelu");
      assertSameBits(f.multiply(f.gelu(x), y), f.geglu(x, y), "geglu");
      assertSameBits(new FloatTensor(biased, 7, 45), f.addBias(x, weight), "addBias");
      assertSameBits(new FloatTensor(jump, 7, 45), f.jumpRelu(x, weight), "jumpRelu");
    }
  }

  @Test
  void nonFiniteProductsNameTheWeightOrTheInput() {
    float[] values = new float[40 * 30];
    values[7 * 30 + 2] = Float.NaN;
    FloatTensor ones = new FloatTensor(new float[5 * 30], 5, 30);
    java.util.Arrays.fill(ones.data(), 1f);
    FloatTensor huge = new FloatTensor(ones.data().clone(), 5, 30);
    huge.data()[31] = Float.POSITIVE_INFINITY;
    StoredTensor bad = new HeapTensor("blocks.0.w", new FloatTensor(values, 40, 30));
    StoredTensor good = new HeapTensor("good", new FloatTensor(new float[40 * 30], 40, 30));
    for (Float32 f : all) {
      String weight = message(() -> f.project(ones, f.weight(bad)));
      assertTrue(weight.contains("blocks.0.w") && weight.contains("NaN"), weight);
      assertTrue(weight.contains("element 212"), weight);
      String input = message(() -> f.project(huge, f.weight(good)));
      assertTrue(input.contains("input") && input.contains("row 1"), input);
      String norm = message(() -> f.normalize(huge, 1e-6));
      assertTrue(norm.contains("row 1"), norm);
      message(() -> f.embed(f.weight(bad), new int[] {7}));
    }
  }

  private static String message(Runnable action) {
    return assertThrows(NonFiniteException.class, action::run).getMessage();
  }

  @Test
  void anInfiniteScoreIsSeenBeforeTheCapHidesIt() {
    for (Float32 f : all) {
      for (int queries : new int[] {1, 5}) {
        Span span = new Span(0, queries, Span.UNLIMITED);
        float[] big = new float[queries * 4];
        java.util.Arrays.fill(big, 1e20f);
        FloatTensor q = new FloatTensor(big, queries, 1, 4);
        FloatRows rows = new FloatRows(1, 4);
        rows.append(new FloatTensor(big.clone(), queries, 4));
        message(() -> f.attend(q, rows, rows, span, 1, 50));
        message(() -> f.scores(q, rows, span, 1));
      }
    }
  }

  @Test
  void tensorsAreRoundedToNearestEven() {
    Tensor t = all.get(0).tensor(new double[] {0.1, 1 + 0x1p-24, 1 + 0x1.8p-23}, 3);
    assertEquals(0.1f, t.get(0));
    assertEquals(1f, t.get(1));
    assertEquals(1f + 0x1p-22f, t.get(2));
  }
}
