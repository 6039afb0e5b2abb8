package loupe.reference;

import java.util.SplittableRandom;

/**
 * How far an engine's sums and functions are off, drawn at random: what {@link Rounded} takes to be
 * exact. One object is one program: how well its sums are ordered, and to which side its functions
 * err, is drawn once. Method: Monte Carlo arithmetic (D. S. Parker, 1997).
 *
 * <p>A sum of n products that is added up one by one in a format of unit roundoff u is off by about
 * {@code 0.3 u sqrt(n)} times the root of its sum of squares, if its partial sums walk at random. A
 * program whose order of sums is better or worse is off by less or more. For one thread.
 */
public final class RandomErrors {
  /** No errors. */
  static final RandomErrors NONE = new RandomErrors(0, 0, 0, null, 0);

  /** Up to so much more or less than a sum in order of its index: in lanes, or sorted. */
  private static final double ORDER = 2;

  /** A rounding is off by 0.4 u, over numbers of any size; partial sums grow like sqrt(k). */
  private static final double ONE_BY_ONE = 0.4 / Math.sqrt(2);

  private final double unit;
  private final double magnified;
  private final double elementaryUlp;
  private final double share;
  private final double side;
  private final SplittableRandom random;

  private RandomErrors(
      double unit, double magnified, double elementaryUlp, SplittableRandom random, double share) {
    this.unit = unit;
    this.magnified = magnified;
    this.elementaryUlp = elementaryUlp;
    this.random = random;
    this.share = share;
    this.side = random == null ? 0 : uniform();
  }

  /**
   * One program that accumulates in this format.
   *
   * @param elementaryUlp how many units in the last place its functions are off at most
   * @param magnifiedBits all errors are {@code 2^bits} times as large
   */
  public static RandomErrors of(
      FloatFormat accumulation, double elementaryUlp, int magnifiedBits, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double share = StrictMath.pow(ORDER, 2 * random.nextDouble() - 1);
    return new RandomErrors(
        accumulation.unitRoundoff(), 1 << magnifiedBits, elementaryUlp, random, share);
  }

  /** From -1 to 1. */
  private double uniform() {
    return 2 * random.nextDouble() - 1;
  }

  /** As good as normal, and the same bits everywhere: twelve uniform numbers have variance 4. */
  private double normal() {
    double sum = 0;
    for (int i = 0; i < 12; i++) {
      sum += uniform();
    }
    return sum / 2;
  }

  /** The unit roundoff of a step: float32 where a program in float64 goes through that. */
  private double unit(FloatFormat at) {
    boolean isWide = at == FloatFormat.F64;
    return magnified * (isWide ? unit : Math.max(unit, FloatFormat.F32.unitRoundoff()));
  }

  /** {@link Float64#project}. */
  Tensor project(Float64 exact, DoubleTensor x, Weight w) {
    Tensor sums = exact.project(x, w);
    if (random != null) {
      Weight squares = exact.weight(new SquaredTensor(w.stored()));
      move((DoubleTensor) sums, exact.project(squared(x), squares), w.columns());
    }
    return sums;
  }

  /** {@link Float64#scores}, not scaled. */
  Tensor scores(Float64 exact, DoubleTensor q, DoubleRows keys, Span span) {
    Tensor sums = exact.scores(q, keys, span, 1);
    if (random != null) {
      move((DoubleTensor) sums, exact.scores(squared(q), keys.squared(), span, 1), q.dim(2));
    }
    return sums;
  }

  /** {@link Float64#mix}. */
  Tensor mix(Float64 exact, DoubleTensor pattern, DoubleRows values, Span span) {
    Tensor sums = exact.mix(pattern, values, span);
    if (random != null) {
      Tensor squares = exact.mix(squared(pattern), values.squared(), span);
      move((DoubleTensor) sums, squares, span.keys());
    }
    return sums;
  }

  private static DoubleTensor squared(DoubleTensor x) {
    double[] out = x.data().clone();
    SquaredTensor.square(out, 0, out.length);
    return new DoubleTensor(out, x.shape());
  }

  /** Moves sums of products, of which the sums of squares are known. */
  private void move(DoubleTensor sums, Tensor squares, int terms) {
    double most = ONE_BY_ONE * unit(FloatFormat.F64) * Math.sqrt(terms) * share;
    double[] values = sums.data();
    for (int i = 0; i < values.length; i++) {
      double square = squares.get(i);
      values[i] += square > 0 ? most * Math.sqrt(square) * normal() : 0;
    }
  }

  /** Moves numbers by a rounding each; modified. */
  void ofRoundings(double[] values, FloatFormat at) {
    for (int i = 0; i < values.length && random != null; i++) {
      values[i] *= 1 + unit(at) * uniform();
    }
  }

  /**
   * Moves GELU(x) by what a tanh of ulps does to {@code x/2 (1 + tanh)}; {@code out} is modified.
   */
  void ofGelu(double[] out, double[] x, FloatFormat at) {
    if (random == null) {
      return;
    }
    ofFunctions(out, 1, at);
    double most = 2 * elementaryUlp * unit(at);
    for (int i = 0; i < out.length; i++) {
      out[i] += 0.5 * x[i] * most * (side + uniform()) / 2;
    }
  }

  /**
   * Moves the frequencies of rotary embeddings, {@code theta^(-2p/h)} by p: as a program does that
   * multiplies one factor p times. What they are off, positions multiply.
   */
  void ofFrequencies(double[] frequencies, FloatFormat at) {
    if (random == null) {
      return;
    }
    double most = 2 * elementaryUlp * unit(at);
    double factor = most * (side + uniform()) / 2;
    for (int p = 0; p < frequencies.length; p++) {
      double own = most * (side + uniform()) / 2;
      frequencies[p] *= 1 + own + p * factor;
    }
  }

  /** Moves what a function gave, rows together and each by itself; modified. */
  void ofFunctions(double[] values, int row, FloatFormat at) {
    if (random == null) {
      return;
    }
    // A unit in the last place is up to two unit roundoffs.
    double most = 2 * elementaryUlp * unit(at);
    for (int from = 0; from < values.length; from += row) {
      double together = most * uniform();
      for (int i = from; i < from + row; i++) {
        values[i] *= 1 + (together + most * (side + uniform())) / 3;
      }
    }
  }
}
