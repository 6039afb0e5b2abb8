package loupe.reference;

import java.util.Arrays;

/** Scores and mix of {@link Bounded}; the error of a sum is that of {@link BoundedProducts}. */
final class BoundedAttention {
  private final PortContract contract;

  BoundedAttention(PortContract contract) {
    this.contract = contract;
  }

  BoundedTensor scores(BoundedTensor q, BoundedRows keys, Span span, double scale) {
    boolean scalesQuery = contract.has(RoundingPoint.QUERY_FACTOR);
    BoundedTensor query =
        BoundedCasts.at(contract, RoundingPoint.QUERY_CAST, "", scalesQuery ? scaled(q, scale) : q);
    int heads = q.dim(1);
    int h = q.dim(2);
    int group = heads / keys.heads();
    int queries = span.queries();
    boolean exact = query.isExact() && keys.isExact();
    BoundedElements out =
        new BoundedElements(
            Shapes.size(new int[] {heads, queries, span.keys()}),
            contract,
            RoundingPoint.SCORE_SCALED);
    Score score = new Score(contract, h, scalesQuery ? 1 : scale);
    for (int n = 0; n < heads; n++) {
      for (int r = 0; r < queries; r++) {
        int row = (n * queries + r) * span.keys();
        int at = (r * heads + n) * h;
        score.take(query, at);
        for (int j = span.firstKey(r); j <= span.position(r); j++) {
          int key = keys.values().offset(n / group, j);
          score.dot(query, at, keys, key);
          if (!exact) {
            score.inherit(query, at, keys, key);
          }
          score.set(out, row + j);
        }
      }
    }
    Finite.checkAttention(out.values(), "a score");
    return out.tensor(heads, queries, span.keys());
  }

  /** The query times the scale, where a policy says that it is taken so. */
  private BoundedTensor scaled(BoundedTensor q, double scale) {
    double factor = contract.constant(RoundingPoint.QUERY_FACTOR, scale);
    double constant = contract.constantError(RoundingPoint.QUERY_FACTOR, scale);
    FloatFormat format = contract.format(RoundingPoint.QUERY_SCALED);
    double[] value = new double[q.size()];
    double[] radius = new double[q.size()];
    for (int i = 0; i < value.length; i++) {
      double product = q.values()[i] * factor;
      double moved =
          q.radii()[i] * (factor + constant)
              + Math.abs(q.values()[i]) * constant
              + Math.abs(product) * contract.fine()
              + contract.fineTiny();
      boolean rounds = format != contract.accumulation();
      value[i] = rounds ? format.round(product) : product;
      radius[i] = rounds ? BoundedCasts.radius(format, product, moved) : moved;
    }
    return new BoundedTensor(value, radius, radius, q.shape());
  }

  /** One score: its parts while they are added up, and what becomes of them. */
  private static final class Score {
    private final PortContract contract;
    private final int h;
    private final double scale;
    private final double constantError;
    private final boolean isPowerOfTwo;
    private final double scaledRounding;
    private final double queryTiny;
    private double sum;
    private double absolute;
    private double inherited;
    private double keySize;
    private double queryRounding;

    /**
     * @param exact what the scores are multiplied by
     */
    Score(PortContract contract, int h, double exact) {
      this.contract = contract;
      this.h = h;
      this.scale = scale(contract, exact);
      this.constantError = constantError(contract, exact) / scale;
      this.isPowerOfTwo = Math.scalb(1.0, Math.getExponent(exact)) == exact;
      boolean mayScaleQuery = !contract.isPolicy();
      this.scaledRounding = mayScaleQuery ? contract.extra(RoundingPoint.QUERY_SCALED) : 0;
      this.queryTiny = mayScaleQuery ? contract.tiny(RoundingPoint.QUERY_SCALED) : 0;
    }

    private static double scale(PortContract contract, double exact) {
      return contract.has(RoundingPoint.SCORE_DIVISOR)
          ? 1 / contract.constant(RoundingPoint.SCORE_DIVISOR, 1 / exact)
          : contract.constant(RoundingPoint.SCORE_FACTOR, exact);
    }

    private static double constantError(PortContract contract, double exact) {
      return contract.has(RoundingPoint.SCORE_DIVISOR)
          ? contract.constantError(RoundingPoint.SCORE_DIVISOR, 1 / exact) * exact * exact * 1.01
          : contract.constantError(RoundingPoint.SCORE_FACTOR, exact);
    }

    /** Takes up a query: a power of two scales one that was rounded before without an error. */
    void take(BoundedTensor q, int query) {
      FloatFormat format = contract.format(RoundingPoint.QUERY_SCALED);
      boolean same = isPowerOfTwo;
      for (int k = query; k < query + h && same; k++) {
        same = q.radii()[k] == 0 && format.round(q.values()[k]) == q.values()[k];
      }
      queryRounding = same ? 0 : scaledRounding;
    }

    void dot(BoundedTensor q, int query, BoundedRows keys, int key) {
      double[] a = q.values();
      double[] b = keys.values().data();
      double s = 0;
      double abs = 0;
      double size = 0;
      for (int k = 0; k < h; k++) {
        double product = a[query + k] * b[key + k];
        s += product;
        abs += Math.abs(product);
        size += Math.abs(b[key + k]);
      }
      keySize = size;
      sum = s;
      absolute = abs;
      inherited = 0;
    }

    void inherit(BoundedTensor q, int query, BoundedRows keys, int key) {
      double[] b = keys.values().data();
      double[] radii = keys.radii().data();
      double more = 0;
      for (int k = 0; k < h; k++) {
        double rq = q.radii()[query + k];
        double rk = radii[key + k];
        keySize += rk;
        more += Math.abs(q.values()[query + k]) * rk + Math.abs(b[key + k]) * rq + rq * rk;
      }
      inherited = more;
    }

    void set(BoundedElements out, int index) {
      double terms = absolute + inherited;
      double raw = BoundedProducts.sumError(contract, h, sum, terms);
      double value = contract.held(RoundingPoint.SCORE_DOT, sum);
      double dot = contract.heldRadius(RoundingPoint.SCORE_DOT, sum, inherited + raw);
      double magnitude = Math.abs(value) + dot;
      // What a policy rounds is off by nothing, or by a whole unit that others may share.
      double shared = contract.isPolicy() && value != sum ? dot : Math.min(dot, inherited);
      double common = shared + magnitude * constantError + terms * queryRounding;
      double own = dot - shared + magnitude * contract.fine();
      double tiny = contract.fineTiny() * Math.max(1, scale) + queryTiny * keySize;
      out.set(index, value * scale, common * scale + tiny, own * scale);
    }
  }

  BoundedTensor mix(BoundedTensor given, BoundedRows values, Span span) {
    BoundedTensor pattern = BoundedCasts.at(contract, RoundingPoint.MIX_PATTERN, "", given);
    int heads = pattern.dim(0);
    int group = heads / values.heads();
    int h = values.headSize();
    int queries = span.queries();
    boolean exact = pattern.isExact() && values.isExact();
    BoundedElements out =
        new BoundedElements(queries * heads * h, contract, RoundingPoint.MIX_OUTPUT);
    Mixed mixed = new Mixed(contract, h);
    for (int n = 0; n < heads; n++) {
      for (int r = 0; r < queries; r++) {
        int row = (n * queries + r) * span.keys();
        mixed.clear();
        for (int j = span.firstKey(r); j <= span.position(r); j++) {
          int value = values.values().offset(n / group, j);
          mixed.add(pattern.values()[row + j], values.values().data(), value);
          if (!exact) {
            mixed.inherit(pattern, row + j, values, value);
          }
        }
        mixed.set(out, (r * heads + n) * h, span.position(r) - span.firstKey(r) + 1);
      }
    }
    Finite.checkAttention(out.values(), "a mix of values");
    return out.tensor(queries, heads, h);
  }

  /** One head's mix of values: its parts while they are added up, and what becomes of them. */
  private static final class Mixed {
    private final PortContract contract;
    private final double partial;
    private final double[] sum;
    private final double[] absolute;
    private final double[] inherited;

    Mixed(PortContract contract, int h) {
      this.contract = contract;
      this.partial = contract.extra(RoundingPoint.MIX_PARTIAL);
      this.sum = new double[h];
      this.absolute = new double[h];
      this.inherited = new double[h];
    }

    void clear() {
      Arrays.fill(sum, 0);
      Arrays.fill(absolute, 0);
      Arrays.fill(inherited, 0);
    }

    void add(double p, double[] v, int from) {
      for (int d = 0; d < sum.length; d++) {
        double product = p * v[from + d];
        sum[d] += product;
        absolute[d] += Math.abs(product);
      }
    }

    void inherit(BoundedTensor pattern, int at, BoundedRows values, int from) {
      double p = Math.abs(pattern.values()[at]);
      double rp = pattern.radii()[at];
      double[] v = values.values().data();
      double[] rv = values.radii().data();
      for (int d = 0; d < sum.length; d++) {
        inherited[d] += p * rv[from + d] + rp * (Math.abs(v[from + d]) + rv[from + d]);
      }
    }

    void set(BoundedElements out, int from, int keys) {
      // A key is added, and what was there may be rescaled before: two roundings.
      int roundings = partial == 0 ? 0 : 2 * keys;
      double grown = StrictMath.expm1(roundings * partial);
      double tiny =
          contract.fineTiny() + (1 + grown) * roundings * contract.tiny(RoundingPoint.MIX_PARTIAL);
      for (int d = 0; d < sum.length; d++) {
        double terms = absolute[d] + inherited[d];
        double own = BoundedProducts.sumError(contract, keys, sum[d], terms) + grown * terms;
        out.set(from + d, sum[d], inherited[d] + tiny, own);
      }
    }
  }
}
