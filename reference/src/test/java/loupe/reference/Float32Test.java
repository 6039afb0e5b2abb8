package loupe.reference;

import static loupe.reference.Awkward.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Every operation against the definition, bit for bit, for all kernels and thread counts. */
class Float32Test {
  private static final long SEED = 42;

  private final Random random = new Random(SEED);
  private final List<Float32> all = new ArrayList<>();

  Float32Test() {
    List<FloatKernels> kernels = new ArrayList<>(List.of(new ScalarKernels()));
    if (FloatKernelsTest.vectorModulePromised()) {
      kernels.add(KernelProvider.ofWish("vector").kernels());
    }
    for (FloatKernels k : kernels) {
      for (int threads : new int[] {1, 2, 7}) {
        all.add(new Float32(Workers.of(threads), k));
      }
    }
  }

  private StoredTensor stored(DType type, int rows, int columns) {
    int count = rows * columns;
    if (type == DType.F32) {
      return new HeapTensor("w", Awkward.tensor(random, rows, columns));
    }
    if (type == DType.F64) {
      double[] values = new double[count];
      for (int i = 0; i < count; i++) {
        values[i] = random.nextGaussian();
      }
      return new HeapTensor("w", new DoubleTensor(values, rows, columns));
    }
    short[] bits = new short[count];
    for (int i = 0; i < count; i++) {
      int any = random.nextInt();
      // Exponents all ones would be NaN or infinity.
      boolean special = type == DType.F16 ? (any & 0x7c00) == 0x7c00 : (any & 0x7f80) >= 0x5000;
      bits[i] = (short) (special ? any & 0x8fff : any);
    }
    return new ShortTensor(type, bits, new long[] {rows, columns});
  }

  private static float[] values(StoredTensor stored) {
    float[] out = new float[(int) stored.elementCount()];
    stored.read(0, out, 0, out.length);
    return out;
  }

  @Test
  void productsAreAsDefinedForAllShapesTypesKernelsAndThreads() {
    int[][] shapes = {
      {1, 1, 1},
      {1, 16, 5},
      {2, 17, 33},
      {3, 40, 7},
      {4, 15, 16},
      {5, 16, 17},
      {6, 33, 31},
      {7, 64, 65},
      {8, 1, 63},
      {9, 257, 32},
      {16, 48, 48},
      {31, 65, 97},
      {33, 127, 50},
      {65, 37, 129},
      {1, 2311, 70},
      {5, 2311, 40},
      {36, 4700, 19},
      {13, 11000, 66},
      {2, 300, 1500},
      {0, 5, 6}
    };
    for (int[] shape : shapes) {
      for (DType type : new DType[] {DType.BF16, DType.F16, DType.F32, DType.F64}) {
        FloatTensor x = Awkward.tensor(random, shape[0], shape[1]);
        StoredTensor w = stored(type, shape[2], shape[1]);
        StoredTensor v = stored(type, shape[1], shape[2]);
        FloatTensor projected = Float32Definition.project(x, values(w), shape[2]);
        FloatTensor combined = Float32Definition.combine(x, values(v), shape[2]);
        for (Float32 f : all) {
          String what = java.util.Arrays.toString(shape) + " " + type;
          assertSameBits(projected, f.project(x, f.weight(w)), "project " + what);
          assertSameBits(combined, f.combine(x, f.weight(v)), "combine " + what);
        }
      }
    }
  }

  @Test
  void aBigStreamedWeightGivesTheSameBitsAsTheDefinitionForAnyNumberOfRows() {
    FloatTensor x = Awkward.tensor(random, 18, 606);
    for (DType type : new DType[] {DType.BF16, DType.F16, DType.F32}) {
      StoredTensor heap = stored(type, 700, 606);
      FloatTensor expected = Float32Definition.project(x, values(heap), 700);
      for (StoredTensor w : new StoredTensor[] {heap, DirectTensor.of(heap)}) {
        for (Float32 f : all) {
          for (int rows : new int[] {1, 2, 4, 5, 16, 17, 18}) {
            String what = rows + " rows by " + type + " in " + w.getClass().getSimpleName();
            Tensor actual = f.project(x.rows(18 - rows, 18), f.weight(w));
            assertSameBits(expected.rows(18 - rows, 18), actual, what);
          }
        }
      }
    }
  }

  @Test
  void sparseRowsCombineAsDefined() {
    float[] sparse = new float[9 * 400];
    for (int i = 0; i < 40; i++) {
      sparse[random.nextInt(sparse.length)] = (float) random.nextGaussian();
    }
    FloatTensor x = new FloatTensor(sparse, 9, 400);
    StoredTensor w = stored(DType.F32, 400, 1100);
    FloatTensor expected = Float32Definition.combine(x, values(w), 1100);
    for (Float32 f : all) {
      assertSameBits(expected, f.combine(x, f.weight(w)), "sparse");
    }
  }

  @Test
  void zerosOfXAddNothingEvenWhereTheWeightIsNotFinite() {
    float[] w = new float[20 * 40];
    java.util.Arrays.fill(w, 1f);
    w[3 * 40 + 7] = Float.NaN;
    w[5 * 40 + 8] = Float.POSITIVE_INFINITY;
    float[] x = new float[6 * 20];
    for (int i = 0; i < x.length; i++) {
      x[i] = i % 20 == 3 || i % 20 == 5 ? -0f : i;
    }
    FloatTensor dense = new FloatTensor(x, 6, 20);
    FloatTensor expected = Float32Definition.combine(dense, w, 40);
    StoredTensor stored = new HeapTensor("w", new FloatTensor(w, 20, 40));
    for (Float32 f : all) {
      assertSameBits(expected, f.combine(dense, f.weight(stored)), "dense");
      Tensor one = f.combine(dense.rows(2, 3), f.weight(stored));
      assertSameBits(expected.rows(2, 3), one, "one row");
    }
  }

  @Test
  void rowsAloneEqualRowsInABatch() {
    FloatTensor x = Awkward.tensor(random, 23, 50);
    StoredTensor w = stored(DType.F32, 37, 50);
    for (Float32 f : all) {
      Weight weight = f.weight(w);
      Tensor batch = f.project(x, weight);
      for (int r = 0; r < 23; r++) {
        assertSameBits(batch.rows(r, r + 1), f.project(x.rows(r, r + 1), weight), "row " + r);
      }
    }
  }

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

  private FloatTensor smooth(int... shape) {
    float[] out = new float[Shapes.size(shape)];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) random.nextGaussian();
    }
    return new FloatTensor(out, shape);
  }

  @Test
  void attentionIsAsDefinedApartAndInOneGo() {
    for (int[] c : ATTENTION) {
      Span span = new Span(c[3], c[4], c[5] == 9999 ? Span.UNLIMITED : c[5]);
      FloatTensor q = smooth(c[4], c[0], c[2]);
      FloatTensor k = smooth(span.keys(), c[1] * c[2]);
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
    FloatTensor q = smooth(24, 2, 8);
    FloatTensor k = smooth(24, 8);
    FloatTensor v = smooth(24, 8);
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
  void productsStayWithinTheirBoundFromTheExactResult() {
    FloatTensor x = smooth(6, 2304);
    FloatTensor w = smooth(50, 2304);
    for (Float32 f : all) {
      Tensor y = f.project(x, f.weight(new HeapTensor("w", w)));
      for (int r = 0; r < 6; r++) {
        for (int o = 0; o < 50; o++) {
          double exact = 0;
          double magnitude = 0;
          for (int k = 0; k < 2304; k++) {
            double product = (double) x.data()[r * 2304 + k] * w.data()[o * 2304 + k];
            exact += product;
            magnitude += Math.abs(product);
          }
          double bound = 2304 * 0x1p-24 * magnitude;
          assertTrue(Math.abs(y.get(r * 50 + o) - exact) <= bound);
        }
      }
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
