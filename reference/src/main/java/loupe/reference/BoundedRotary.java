package loupe.reference;

/**
 * Rotary position embedding of {@link Bounded}. A port may compute {@code theta^(-2p/h)} by pow, by
 * exp and a logarithm, or step by step as powers of {@code theta^(-2/h)}; in each case with
 * exponent {@code e = 2p/h}, unit roundoff u and elementary functions off by at most {@code k}, the
 * frequency is off by at most {@code (3 u |ln theta| e + max(p, 1) (k + u) + u)}, the angle by one
 * u more, and cosine and sine by what the angle's error does to them and by k.
 */
final class BoundedRotary {
  private final PortContract products;
  private final PortContract contract;
  private final RotaryTables tables = new RotaryTables();

  BoundedRotary(PortContract contract) {
    this.products = contract;
    this.contract = contract.island(RoundingPoint.ROTARY_TABLE);
  }

  BoundedTensor rotate(BoundedTensor x, int[] given, double theta) {
    int[] positions = rounded(given);
    int heads = x.dim(1);
    int h = x.dim(2);
    RotaryTable.Angles angles = tables.of(h, theta, positions);
    BoundedElements out = new BoundedElements(x.size(), products, RoundingPoint.ROTARY_OUTPUT);
    for (int p = 0; p < h / 2; p++) {
      double frequency = StrictMath.pow(theta, -2.0 * p / h);
      double relative = angleError(p, h, theta);
      for (int r = 0; r < positions.length; r++) {
        double angle = positions[r] * frequency * relative;
        int entry = positions[r] * (h / 2) + p;
        Turn turn = new Turn(contract, angles.cos()[entry], angles.sin()[entry], angle);
        for (int n = 0; n < heads; n++) {
          int at = (r * heads + n) * h + p;
          turn.set(out, x, at, at + h / 2, -1, products);
          turn.set(out, x, at + h / 2, at, 1, products);
        }
      }
    }
    return out.tensor(x.shape());
  }

  private int[] rounded(int[] positions) {
    FloatFormat format = contract.format(RoundingPoint.ROTARY_POSITION);
    int[] out = positions.clone();
    for (int r = 0; r < out.length && format != contract.accumulation(); r++) {
      out[r] = (int) format.round(out[r]);
    }
    return out;
  }

  /** Relative error of an angle. */
  private double angleError(int p, int h, double theta) {
    double u = contract.fine();
    double exponent = 2.0 * p / h;
    double logarithm = Math.abs(StrictMath.log(theta));
    // Number of steps from one pair to the next where angles follow from each other.
    double steps = Math.max(p, 1);
    double narrower =
        contract.extra(RoundingPoint.ROTARY_EXPONENT) * logarithm * exponent
            + contract.extra(RoundingPoint.ROTARY_POWER)
            + contract.extra(RoundingPoint.ROTARY_FREQUENCY)
            + contract.extra(RoundingPoint.ROTARY_STEP) * steps
            + contract.extra(RoundingPoint.ROTARY_ANGLE)
                * (contract.has(RoundingPoint.ROTARY_STEP) ? steps : 1);
    double relative =
        3 * u * logarithm * exponent + steps * (contract.elementary() + u) + 2 * u + narrower;
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
      double bent = angleError * angleError / 2;
      double cosMoved = moved(cos, Math.abs(sin) * angleError + bent);
      double sinMoved = moved(sin, Math.abs(cos) * angleError + bent);
      this.cos = entry(cos);
      this.sin = entry(sin);
      this.cosError = entryError(cos, cosMoved);
      this.sinError = entryError(sin, sinMoved);
    }

    /** Error of a function whose argument moved it so far already. */
    private double moved(double exact, double byArgument) {
      return byArgument + contract.elementary() * (Math.abs(exact) + byArgument);
    }

    /** The entry of the table: rounded where a policy says so. */
    private double entry(double exact) {
      return contract.constant(RoundingPoint.ROTARY_TABLE, exact);
    }

    private double entryError(double exact, double moved) {
      FloatFormat format = contract.format(RoundingPoint.ROTARY_TABLE);
      if (contract.isPolicy() && format != contract.accumulation()) {
        return BoundedCasts.radius(format, exact, moved);
      }
      double stored = contract.extra(RoundingPoint.ROTARY_TABLE);
      return moved + stored * (Math.abs(exact) + moved) + contract.tiny(RoundingPoint.ROTARY_TABLE);
    }

    /** {@code out[at] = x[at] cos + sign * x[other] sin}. */
    void set(
        BoundedElements out, BoundedTensor x, int at, int other, int sign, PortContract rounding) {
      double a = x.values()[at];
      double b = x.values()[other];
      double aError = product(rounding, a, x.radii()[at], cos, cosError);
      double bError = product(rounding, b, x.radii()[other], sin, sinError);
      double aCos = rounding.held(RoundingPoint.ROTARY_PRODUCT, a * cos);
      double bSin = rounding.held(RoundingPoint.ROTARY_PRODUCT, b * sin);
      double value = aCos + sign * bSin;
      // Near cosine 1 a product rounds back to x, always the same way: no independent error.
      double common = aError + bError;
      double sum = (Math.abs(value) + common) * rounding.fine();
      out.set(at, value, common + rounding.fineTiny(), sum);
    }

    /** How far a port's product of an element and an entry of the table may be off. */
    private static double product(
        PortContract rounding, double x, double radius, double entry, double entryError) {
      double moved = Math.abs(x) * entryError + radius * (Math.abs(entry) + entryError);
      double fine = (Math.abs(x * entry) + moved) * rounding.fine() + rounding.fineTiny();
      return rounding.heldRadius(RoundingPoint.ROTARY_PRODUCT, x * entry, moved + fine);
    }
  }
}
