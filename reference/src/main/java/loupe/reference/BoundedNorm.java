package loupe.reference;

/** RMSNorm and its gain, of {@link Bounded}. */
final class BoundedNorm {
  private BoundedNorm() {}

  /** {@code x / sqrt(mean(x^2) + eps)} along the last axis. */
  static BoundedTensor normalize(PortContract contract, BoundedTensor x, double eps) {
    int width = x.rowSize();
    BoundedElements out = new BoundedElements(x.size());
    for (int from = 0; from < x.size(); from += width) {
      new Row(contract, x, from, width, eps).set(out);
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
      double sum = contract.at(RoundingStep.NORM_SUM);
      double grown =
          (1 + contract.at(RoundingStep.NORM_SQUARE))
              * (1 + contract.at(RoundingStep.NORM_MEAN))
              * (1 + u)
              * (1 + sum)
              * (1 + sum)
              / (1 - Math.min(0.5, (width - 1) * u));
      double tiny =
          contract.tiny(RoundingStep.NORM_SQUARE)
              + contract.tiny(RoundingStep.NORM_MEAN)
              + 2 * contract.tiny(RoundingStep.NORM_SUM);
      double relative = grown - 1 + tiny / (smallestRoot * smallestRoot);
      double root = 1 / Math.sqrt(Math.max(0x1p-40, 1 - relative));
      return root * (1 + contract.elementary()) * (1 + contract.extra(RoundingStep.NORM_ROOT)) - 1;
    }

    void set(BoundedElements out) {
      double rounding = contract.at(RoundingStep.NORMALIZED);
      double tiny = contract.tiny(RoundingStep.NORMALIZED);
      double rootTiny = contract.tiny(RoundingStep.NORM_ROOT);
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
  static BoundedTensor gain(PortContract contract, BoundedTensor xHat, double[] w) {
    BoundedElements out = new BoundedElements(xHat.size());
    double rounding = contract.at(RoundingStep.GAINED);
    double tiny = contract.tiny(RoundingStep.GAINED);
    for (int i = 0; i < xHat.size(); i++) {
      double weight = w[i % w.length];
      double gain = 1 + weight;
      double constant = contract.constant(RoundingStep.GAIN_FACTOR, gain);
      double most = Math.abs(gain) + constant;
      double radius = xHat.radii()[i];
      double drift = xHat.drifts()[i];
      double magnitude = Math.abs(xHat.values()[i]) + radius;
      double common = magnitude * constant + drift * Math.abs(gain);
      double product = magnitude * Math.abs(weight) * contract.fine();
      double own =
          (radius - drift) * Math.abs(gain) + product + (magnitude * most + product) * rounding;
      out.set(i, xHat.values()[i] * gain, common + tiny, own);
    }
    return out.tensor(xHat.shape());
  }
}
