package loupe.tests.ports;

import loupe.reference.Arithmetic;
import loupe.reference.DType;
import loupe.reference.DoubleRows;
import loupe.reference.DoubleTensor;
import loupe.reference.PortContract;
import loupe.reference.RoundingPoint;
import loupe.reference.RowBuffer;
import loupe.reference.Span;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.Weight;

/**
 * A program that keeps a {@link PortContract} and otherwise does what it likes: the order of sums,
 * fused or not, which steps it rounds to storage, which way its elementary functions err, which of
 * several equivalent formulas it uses. All choices follow from a seed. For one thread.
 */
public final class HonestPort implements Arithmetic {
  private final PortNumbers n;
  private final PortAttention attention;
  private final PortFunctions functions;

  public HonestPort(PortContract contract, long seed) {
    this.n = new PortNumbers(contract, seed);
    this.attention = new PortAttention(n);
    this.functions = new PortFunctions(n);
  }

  @Override
  public String name() {
    return "honest port";
  }

  @Override
  public DType dtype() {
    return DType.F64;
  }

  @Override
  public Weight weight(StoredTensor stored) {
    return PortWeight.load(stored, n.storage());
  }

  @Override
  public Tensor tensor(double[] values, int... shape) {
    return new DoubleTensor(values.clone(), shape);
  }

  @Override
  public RowBuffer rowBuffer(int heads, int headSize) {
    return new DoubleRows(heads, headSize);
  }

  private static double[] data(Tensor x) {
    return ((DoubleTensor) x).data();
  }

  private static double[] vector(Weight w) {
    return ((PortWeight) w).values();
  }

  @Override
  public Tensor embed(Weight table, int[] ids) {
    int width = table.columns();
    double[] out = new double[ids.length * width];
    for (int r = 0; r < ids.length; r++) {
      System.arraycopy(vector(table), ids[r] * width, out, r * width, width);
    }
    return new DoubleTensor(out, ids.length, width);
  }

  @Override
  public Tensor embedScaled(Weight table, int[] ids, double factor) {
    return scale(embed(table, ids), factor, RoundingPoint.EMBED_FACTOR, RoundingPoint.EMBED_OUTPUT);
  }

  @Override
  public Tensor scale(Tensor x, double factor) {
    return scale(x, factor, RoundingPoint.SAE, RoundingPoint.SAE);
  }

  private Tensor scale(Tensor x, double factor, RoundingPoint ofFactor, RoundingPoint ofOutput) {
    double[] out = new double[x.size()];
    double constant = n.constant(ofFactor, factor);
    for (int i = 0; i < out.length; i++) {
      out[i] = n.keep(ofOutput, data(x)[i] * constant);
    }
    return new DoubleTensor(out, x.shape());
  }

  @Override
  public Tensor normalize(Tensor x, double eps) {
    int width = x.rowSize();
    double[] out = new double[x.size()];
    for (int from = 0; from < out.length; from += width) {
      normalizeRow(data(x), from, width, eps, out);
    }
    return new DoubleTensor(out, x.shape());
  }

  private void normalizeRow(double[] x, int from, int width, double eps, double[] out) {
    double[] squares = new double[width];
    for (int i = 0; i < width; i++) {
      squares[i] = n.keep(RoundingPoint.NORM_SQUARE, x[from + i] * x[from + i]);
    }
    double sum = n.sum(squares);
    double mean =
        n.keep(RoundingPoint.NORM_MEAN, n.coin() ? sum / width : sum * n.fine(1 / (double) width));
    double sumWithEps = mean + n.constant(RoundingPoint.NORM_SUM, eps);
    double kept = n.keep(RoundingPoint.NORM_SUM, sumWithEps);
    double moved = kept == 0 ? n.fine(sumWithEps) : kept;
    boolean divides = n.coin();
    double root = divides ? n.fine(Math.sqrt(moved)) : n.function(1 / Math.sqrt(moved));
    double factor = divides ? root : n.keep(RoundingPoint.NORM_RECIPROCAL, root);
    for (int i = from; i < from + width; i++) {
      out[i] = n.keep(RoundingPoint.NORM_OUTPUT, divides ? x[i] / factor : x[i] * factor);
    }
  }

  @Override
  public Tensor gain(Tensor xHat, Weight w) {
    double[] a = data(xHat);
    double[] gain = vector(w);
    double[] out = new double[a.length];
    boolean twoTerms = n.coin();
    boolean fused = n.coin();
    for (int i = 0; i < out.length; i++) {
      double weight = gain[i % gain.length];
      double factor = n.keep(RoundingPoint.GAIN_UNIT, 1 + weight);
      out[i] =
          n.keep(
              RoundingPoint.GAIN_OUTPUT,
              twoTerms ? n.multiplyAdd(a[i], weight, a[i], fused) : a[i] * factor);
    }
    return new DoubleTensor(out, xHat.shape());
  }

  @Override
  public Tensor project(Tensor x, Weight w) {
    int in = w.columns();
    int rows = x.dim(0);
    double[] out = new double[rows * w.rows()];
    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < w.rows(); o++) {
        double sum = n.dot(data(x), r * in, vector(w), o * in, in);
        out[r * w.rows() + o] = n.keep(RoundingPoint.PROJECT_OUTPUT, sum);
      }
    }
    return new DoubleTensor(out, rows, w.rows());
  }

  @Override
  public Tensor combine(Tensor x, Weight w) {
    int in = w.rows();
    int rows = x.dim(0);
    double[] out = new double[rows * w.columns()];
    for (int o = 0; o < w.columns(); o++) {
      double[] column = ((PortWeight) w).column(o);
      for (int r = 0; r < rows; r++) {
        double sum = n.dot(data(x), r * in, column, 0, in);
        out[r * w.columns() + o] = n.keep(RoundingPoint.SAE, sum);
      }
    }
    return new DoubleTensor(out, rows, w.columns());
  }

  @Override
  public Tensor rotate(Tensor x, int[] positions, double theta) {
    return functions.rotate((DoubleTensor) x, positions, theta);
  }

  @Override
  public Tensor scores(Tensor q, RowBuffer keys, Span span, double scale) {
    return attention.scores((DoubleTensor) q, (DoubleRows) keys, span, scale);
  }

  @Override
  public Tensor softcap(Tensor x, double cap) {
    return functions.softcap((DoubleTensor) x, cap);
  }

  @Override
  public Tensor softmax(Tensor scores, Span span) {
    return attention.softmax((DoubleTensor) scores, span);
  }

  @Override
  public Tensor mix(Tensor pattern, RowBuffer values, Span span) {
    return attention.mix((DoubleTensor) pattern, (DoubleRows) values, span);
  }

  @Override
  public Tensor attend(
      Tensor q, RowBuffer keys, RowBuffer values, Span span, double scale, double cap) {
    if (n.coin()) {
      return Arithmetic.super.attend(q, keys, values, span, scale, cap);
    }
    Tensor scores = scores(q, keys, span, scale);
    return attention.onePass(
        (DoubleTensor) (cap == 0 ? scores : softcap(scores, cap)), (DoubleRows) values, span);
  }

  @Override
  public Tensor add(Tensor x, Tensor y) {
    return elementwise(RoundingPoint.RESIDUAL, x, y, 1);
  }

  @Override
  public Tensor subtract(Tensor x, Tensor y) {
    return elementwise(RoundingPoint.SAE, x, y, -1);
  }

  private Tensor elementwise(RoundingPoint step, Tensor x, Tensor y, int sign) {
    double[] out = new double[x.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = n.keep(step, data(x)[i] + sign * data(y)[i]);
    }
    return new DoubleTensor(out, x.shape());
  }

  @Override
  public Tensor multiply(Tensor x, Tensor y) {
    double[] out = new double[x.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = n.keep(RoundingPoint.GATED, data(x)[i] * data(y)[i]);
    }
    return new DoubleTensor(out, x.shape());
  }

  @Override
  public Tensor gelu(Tensor x) {
    return functions.gelu((DoubleTensor) x);
  }

  @Override
  public Tensor addBias(Tensor x, Weight b) {
    double[] bias = vector(b);
    double[] out = new double[x.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = n.keep(RoundingPoint.SAE, data(x)[i] + bias[i % bias.length]);
    }
    return new DoubleTensor(out, x.shape());
  }

  @Override
  public Tensor jumpRelu(Tensor u, Weight threshold) {
    double[] theta = vector(threshold);
    double[] out = new double[u.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = data(u)[i] > theta[i % theta.length] ? data(u)[i] : 0;
    }
    return new DoubleTensor(out, u.shape());
  }
}
