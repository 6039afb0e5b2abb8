package loupe.tests.ports;

import java.util.SplittableRandom;
import loupe.reference.Arithmetic;
import loupe.reference.DType;
import loupe.reference.FloatFormat;
import loupe.reference.RowBuffer;
import loupe.reference.Span;
import loupe.reference.Tensor;
import loupe.reference.Weight;
import loupe.tests.arbitraries.RandomTensor;

/**
 * Inputs of every operation, the same in each arithmetic: random numbers on the grid of a format,
 * of one size or spread over many powers of two.
 *
 * @param width length of rows, and number of terms of products
 */
public record OperationCase(FloatFormat format, int width, long seed) {
  private static final int ROWS = 3;

  private SplittableRandom random(String what) {
    return new SplittableRandom(seed * 31 + what.hashCode());
  }

  private double[] values(String name, int count, double largest, int spread) {
    SplittableRandom random = random(name);
    double[] out = new double[count];
    for (int i = 0; i < count; i++) {
      double scale = Math.scalb(largest, -random.nextInt(spread + 1));
      out[i] = format.round((2 * random.nextDouble() - 1) * scale);
    }
    return out;
  }

  private int spread() {
    return random("spread").nextInt(3) * 6;
  }

  /** Activations {@code [pos, width]}. */
  Tensor activations(Arithmetic a, String name) {
    double largest = Math.scalb(1.0, random("size").nextInt(7) - 2);
    return a.tensor(values(name, ROWS * width, largest, spread()), ROWS, width);
  }

  /** Arguments of functions that are steep near 0 and flat far away. */
  Tensor arguments(Arithmetic a) {
    double largest = random("largest argument").nextDouble() * 12;
    return a.tensor(values("arguments", ROWS * width, largest, spread()), ROWS, width);
  }

  Weight weight(Arithmetic a, long... shape) {
    int exponent = random("weights").nextInt(4) - 3;
    return a.weight(new RandomTensor("weights", DType.F32, exponent, seed, shape));
  }

  /** A number from {@code low} to {@code high}, or the usual one. */
  double number(String name, double usual, double low, double high) {
    SplittableRandom random = random(name);
    return random.nextBoolean() ? usual : low + random.nextDouble() * (high - low);
  }

  private int small(String name, int bound) {
    return 1 + random(name).nextInt(bound);
  }

  int keyHeads() {
    return small("key heads", 2);
  }

  int group() {
    return small("group", 3);
  }

  int headWidth() {
    return 2 * small("head width", 12);
  }

  int heads() {
    return keyHeads() * group();
  }

  Span span() {
    SplittableRandom random = random("span");
    int window = random.nextBoolean() ? Span.UNLIMITED : 1 + random.nextInt(6);
    return new Span(random.nextInt(20), ROWS, window);
  }

  /** Queries {@code [pos, head, d_head]}. */
  Tensor queries(Arithmetic a) {
    double[] values = values("queries", ROWS * heads() * headWidth(), 3, spread());
    return a.tensor(values, ROWS, heads(), headWidth());
  }

  int[] positions() {
    SplittableRandom random = random("positions");
    int last = random.nextBoolean() ? 20 : 8192;
    return new int[] {random.nextInt(last), random.nextInt(last), random.nextInt(last)};
  }

  RowBuffer rows(Arithmetic a, String name) {
    int keys = span().keys();
    RowBuffer rows = a.rowBuffer(keyHeads(), headWidth());
    double[] values = values(name, keys * keyHeads() * headWidth(), 3, spread());
    rows.append(a.tensor(values, keys, keyHeads(), headWidth()));
    return rows;
  }

  /** Scores {@code [head, pos, key]}. */
  Tensor scores(Arithmetic a) {
    Span span = span();
    double largest = random("largest score").nextDouble() * 50;
    double[] values = values("scores", heads() * ROWS * span.keys(), largest, 3);
    return a.tensor(values, heads(), ROWS, span.keys());
  }

  /** Probabilities {@code [head, pos, key]} on the grid of the format. */
  Tensor pattern(Arithmetic a) {
    Span span = span();
    double[] values = values("pattern", heads() * ROWS * span.keys(), 1, 6);
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.abs(values[i]);
    }
    return a.tensor(values, heads(), ROWS, span.keys());
  }
}
