package loupe.reference;

/**
 * Rotary position embedding of {@link Bounded}. A port may compute {@code theta^(-2p/h)} by pow, by
 * exp and a logarithm, or step by step as powers of {@code theta^(-2/h)}; in each case with
 * exponent {@code e = 2p/h}, unit roundoff u and elementary functions off by at most {@code k}, the
 * frequency is off by at most {@code (3 u |ln theta| e + max(p, 1) (k + u) + u)}, the angle by one
 * u more, and cosine and sine by what the angle's error does to them and by k.
 */
final class BoundedRotary {
  private final PortContract contract;
  private volatile RotaryTable table;

  BoundedRotary(PortContract contract) {
    this.contract = contract;
  }

  BoundedTensor rotate(BoundedTensor x, int[] positions, double theta) {
    int heads = x.dim(1);
    int h = x.dim(2);
    int last = 0;
    for (int position : positions) {
      last = Math.max(last, position);
    }
    RotaryTable.Angles angles = table(h, theta).upTo(last + 1);
    BoundedElements out = new BoundedElements(x.size());
    for (int p = 0; p < h / 2; p++) {
      double frequency = StrictMath.pow(theta, -2.0 * p / h);
      double relative = angleError(p, h, theta);
      for (int r = 0; r < positions.length; r++) {
        double angle = positions[r] * frequency * relative;
        int entry = positions[r] * (h / 2) + p;
        Turn turn = new Turn(contract, angles.cos()[entry], angles.sin()[entry], angle);
        for (int n = 0; n < heads; n++) {
          int at = (r * heads + n) * h + p;
          turn.set(out, x, at, at + h / 2, -1);
          turn.set(out, x, at + h / 2, at, 1);
        }
      }
    }
    return out.tensor(x.shape());
  }

  private RotaryTable table(int dHead, double theta) {
    RotaryTable now = table;
    if (now == null || !now.isFor(dHead, theta)) {
      now = new RotaryTable(dHead, theta);
      table = now;
    }
    return now;
  }

  /** Relative error of an angle. */
  private double angleError(int p, int h, double theta) {
    double u = contract.fine();
    double exponent = 2.0 * p / h;
    double relative =
        3 * u * Math.abs(StrictMath.log(theta)) * exponent
            + Math.max(p, 1) * (contract.elementary() + u)
            + 2 * u;
    return relative * (1 + relative);
  }

  /** Cosine and sine of one angle, and how far a port's may be off. */
  private static final class Turn {
    private final PortContract contract;
    private final double cos;
    private final double sin;
    private final double cosError;
    private final double sinError;

    Turn(PortContract contract, double cos, double sin, double angleError) {
      this.contract = contract;
      this.cos = cos;
      this.sin = sin;
      double relative = contract.elementary() + contract.extra(RoundingStep.ROTARY_TABLE);
      relative *= 1 + relative;
      double bent = angleError * angleError / 2;
      double cosMoved = Math.abs(sin) * angleError + bent;
      double sinMoved = Math.abs(cos) * angleError + bent;
      double tiny = contract.tiny(RoundingStep.ROTARY_TABLE);
      this.cosError = cosMoved + relative * (Math.abs(cos) + cosMoved) + tiny;
      this.sinError = sinMoved + relative * (Math.abs(sin) + sinMoved) + tiny;
    }

    /** {@code out[at] = x[at] cos + sign * x[other] sin}. */
    void set(BoundedElements out, BoundedTensor x, int at, int other, int sign) {
      double a = x.values()[at];
      double b = x.values()[other];
      double common =
          Math.abs(a) * cosError
              + Math.abs(b) * sinError
              + x.radii()[at] * (Math.abs(cos) + cosError)
              + x.radii()[other] * (Math.abs(sin) + sinError);
      double value = a * cos + sign * b * sin;
      double terms = Math.abs(a * cos) + Math.abs(b * sin) + common;
      double products = terms * contract.at(RoundingStep.ROTARY_PRODUCT);
      double rounding = (Math.abs(value) + common + products) * contract.at(RoundingStep.ROTATED);
      double tiny =
          contract.tiny(RoundingStep.ROTATED) + 2 * contract.tiny(RoundingStep.ROTARY_PRODUCT);
      out.set(at, value, common + tiny, products + rounding);
    }
  }
}
