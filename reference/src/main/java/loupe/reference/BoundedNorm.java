package loupe.reference;

/** RMSNorm and its gain, of {@link Bounded}. */
final class BoundedNorm {
  private BoundedNorm() {}

  /** {@code x / sqrt(mean(x^2) + eps)} along the last axis. */
  static BoundedTensor normalize(PortContract whole, BoundedTensor x, double eps) {
    PortContract contract = whole.island(RoundingPoint.NORM_SQUARE);
    BoundedTensor input = BoundedCasts.at(whole, RoundingPoint.NORM_INPUT, "", x);
    int width = x.rowSize();
    BoundedElements out = new BoundedElements(x.size(), contract, RoundingPoint.NORM_OUTPUT);
    for (int from = 0; from < x.size(); from += width) {
      new Row(contract, input, from, width, eps).set(out);
    }
    return out.tensor(x.shape());
  }

  /** One row: its root mean square, and how far a port's factor of the row may be off. */
  private static final class Row {
    private final PortContract contract;
    private final BoundedTensor x;
    private final int from;
    private final int width;
    private final double root;
    private final double rootInherited;
    private final double factorError;

    Row(PortContract contract, BoundedTensor x, int from, int width, double eps) {
      this.contract = contract;
      this.x = x;
      this.from = from;
      this.width = width;
      double sum = 0;
      double inherited = 0;
      for (int i = from; i < from + width; i++) {
        sum += x.values()[i] * x.values()[i];
        inherited += x.radii()[i] * x.radii()[i];
      }
      if (!Double.isFinite(sum)) {
        throw new NonFiniteException(
            "RMSNorm: the mean square of row " + from / width + " is not finite");
      }
      this.root = Math.sqrt(sum / width + eps);
      // The root mean square of a sum of two rows is at most the sum of theirs.
      this.rootInherited = Math.sqrt(inherited / width);
      this.factorError = factorError(Math.max(0x1p-500, root - rootInherited));
    }

    /**
     * Relative error of {@code 1 / sqrt(mean(x^2) + eps)}: squares, their sum in any order, the
     * mean (a division, or a product with 1/n), eps and its sum, each of which moves the sum of
     * positive numbers by its own relative error; half of that after the root; the root itself.
     */
    private double factorError(double smallestRoot) {
      double u = contract.fine();
      double sum = contract.at(RoundingPoint.NORM_SUM);
      double grown =
          (1 + contract.at(RoundingPoint.NORM_SQUARE))
              * (1 + contract.at(RoundingPoint.NORM_MEAN))
              * (1 + u)
              * (1 + sum)
              * (1 + sum)
              / (1 - Math.min(0.5, (width - 1) * u));
      double tiny =
          contract.tiny(RoundingPoint.NORM_SQUARE)
              + contract.tiny(RoundingPoint.NORM_MEAN)
              + 2 * contract.tiny(RoundingPoint.NORM_SUM);
      double relative = grown - 1 + tiny / (smallestRoot * smallestRoot);
      return (1 + contract.elementary())
              * (1 + contract.extra(RoundingPoint.NORM_ROOT))
              * (1 + contract.extra(RoundingPoint.NORM_RECIPROCAL))
              / Math.sqrt(Math.max(0x1p-40, 1 - relative))
          - 1;
    }

    void set(BoundedElements out) {
      double rounding = contract.fine();
      double tiny = contract.fineTiny();
      double rootTiny = contract.tiny(RoundingPoint.NORM_RECIPROCAL);
      double smallest = root - rootInherited;
      for (int i = from; i < from + width; i++) {
        double value = x.values()[i] / root;
        double inherited =
            smallest > 0
                ? (x.radii()[i] + Math.abs(value) * rootInherited) / smallest
                : Double.POSITIVE_INFINITY;
        // No element of a row is larger than its root mean square times sqrt(width).
        inherited = Math.min(inherited, Math.abs(value) + Math.sqrt(width));
        double magnitude = Math.abs(value) + inherited;
        double common = inherited + magnitude * factorError + magnitude * root * rootTiny;
        out.set(i, value, common + tiny, magnitude * (1 + factorError) * rounding);
      }
    }
  }

  /** {@code xHat * (1 + w)}, or {@code xHat + xHat * w}. */
  static BoundedTensor gain(PortContract whole, BoundedTensor given, Float64Weight w) {
    PortContract contract = whole.island(RoundingPoint.GAIN_OUTPUT);
    String name = w.stored().name();
    BoundedTensor xHat = BoundedCasts.at(whole, RoundingPoint.GAIN_INPUT, name, given);
    double[] weights = w.vector();
    BoundedElements out =
        new BoundedElements(xHat.size(), contract, RoundingPoint.GAIN_OUTPUT, name);
    boolean adds = contract.has(RoundingPoint.GAIN_TERM);
    double term = contract.at(RoundingPoint.GAIN_TERM);
    double rounding = contract.fine();
    double tiny = contract.fineTiny();
    for (int i = 0; i < xHat.size(); i++) {
      double weight = weights[i % weights.length];
      double exact = 1 + weight;
      double gain = adds ? exact : contract.constant(RoundingPoint.GAIN_UNIT, exact);
      double constant = contract.constantError(RoundingPoint.GAIN_UNIT, exact);
      double most = Math.abs(gain) + constant;
      double radius = xHat.radii()[i];
      double drift = xHat.drifts()[i];
      double magnitude = Math.abs(xHat.values()[i]) + radius;
      double common = magnitude * constant + drift * Math.abs(gain);
      double product = magnitude * Math.abs(weight) * term;
      double own =
          (radius - drift) * Math.abs(gain) + product + (magnitude * most + product) * rounding;
      out.set(i, xHat.values()[i] * gain, common + tiny, own);
    }
    return out.tensor(xHat.shape());
  }
}
