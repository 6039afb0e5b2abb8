package loupe.golden.facts;

import loupe.gemma2.Sampler;
import loupe.reference.DoubleTensor;
import loupe.reference.Tensor;

/** The softmax of one row of logits, in float64. */
final class Distribution {
  private static final double LN2 = StrictMath.log(2);

  private final double[] logits;
  private final double logSum;

  /** Of row {@code row} of {@code [rows, d_vocab]}. */
  Distribution(Tensor rows, int row) {
    this(rows.rows(row, row + 1).toDoubles());
  }

  private Distribution(double[] logits) {
    this.logits = logits;
    double max = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    for (double logit : logits) {
      sum += StrictMath.exp(logit - max);
    }
    this.logSum = max + StrictMath.log(sum);
  }

  /** Logits divided by a temperature. */
  Distribution at(double temperature) {
    double[] scaled = new double[logits.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = logits[i] / temperature;
    }
    return new Distribution(scaled);
  }

  int size() {
    return logits.length;
  }

  double logit(int id) {
    return logits[id];
  }

  double logP(int id) {
    return logits[id] - logSum;
  }

  double p(int id) {
    return StrictMath.exp(logP(id));
  }

  /** The most probable ids, most probable first. */
  int[] top(int k) {
    return Sampler.mostProbable(new DoubleTensor(logits, new int[] {1, logits.length}), 0, k).ids();
  }

  double entropyBits() {
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      double p = p(i);
      sum -= p == 0 ? 0 : p * logP(i);
    }
    return sum / LN2;
  }

  /** KL(this || other) in nats. */
  double divergence(Distribution other) {
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      double p = p(i);
      sum += p == 0 ? 0 : p * (logP(i) - other.logP(i));
    }
    return sum;
  }

  /** Nats in bits. */
  static double bits(double nats) {
    return nats / LN2;
  }
}
