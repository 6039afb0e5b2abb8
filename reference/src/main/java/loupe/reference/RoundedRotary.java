package loupe.reference;

/**
 * Rotary position embedding of {@link Rounded}. Safe for use by several threads, unless errors are
 * random: these depend on who comes first.
 */
final class RoundedRotary {
  private final RoundingPolicy policy;
  private final RandomErrors errors;
  private volatile Table table = new Table(0, 0, new double[0][], new double[0][]);

  /** Cosines and sines by position: {@code [pos][d_head / 2]}. */
  private record Table(int dHead, double theta, double[][] cos, double[][] sin) {}

  RoundedRotary(RoundingPolicy policy, RandomErrors errors) {
    this.policy = policy;
    this.errors = errors;
  }

  DoubleTensor rotate(DoubleTensor x, int[] positions, double theta) {
    int heads = x.dim(1);
    int h = x.dim(2);
    Table rows = tableFor(h, theta, positions);
    double[] out = new double[x.size()];
    for (int r = 0; r < positions.length; r++) {
      double[] cos = rows.cos[positions[r]];
      double[] sin = rows.sin[positions[r]];
      for (int n = 0; n < heads; n++) {
        rotateHead(x.data(), (r * heads + n) * h, cos, sin, out);
      }
    }
    policy.roundAll(RoundingPoint.ROTARY_OUTPUT, out);
    return new DoubleTensor(out, x.shape());
  }

  private void rotateHead(double[] a, int at, double[] cos, double[] sin, double[] out) {
    int half = cos.length;
    for (int p = at; p < at + half; p++) {
      double c = cos[p - at];
      double s = sin[p - at];
      out[p] = product(a[p], c) - product(a[p + half], s);
      out[p + half] = product(a[p + half], c) + product(a[p], s);
    }
  }

  private double product(double x, double factor) {
    return policy.round(RoundingPoint.ROTARY_PRODUCT, x * factor);
  }

  private Table tableFor(int dHead, double theta, int[] positions) {
    int count = 1;
    for (int position : positions) {
      count = Math.max(count, position + 1);
    }
    if (errors != RandomErrors.NONE) {
      return fill(dHead, theta, count); // Of each call its own.
    }
    Table now = table;
    if (now.dHead != dHead || now.theta != theta || now.cos.length < count) {
      now = fill(dHead, theta, Math.max(64, 2 * count));
      table = now;
    }
    return now;
  }

  private Table fill(int dHead, double theta, int count) {
    int half = dHead / 2;
    double[] frequencies = frequencies(dHead, theta);
    double[][] cos = new double[count][half];
    double[][] sin = new double[count][half];
    for (int position = 0; position < count; position++) {
      double angle = policy.round(RoundingPoint.ROTARY_POSITION, position);
      double start = angle;
      for (int p = 0; p < half; p++) {
        angle = angle(start, angle, p, frequencies[p]);
        cos[position][p] = policy.round(RoundingPoint.ROTARY_TABLE, StrictMath.cos(angle));
        sin[position][p] = policy.round(RoundingPoint.ROTARY_TABLE, StrictMath.sin(angle));
      }
    }
    return new Table(dHead, theta, cos, sin);
  }

  /** From the angle of pair p - 1, where angles follow from each other; else from the position. */
  private double angle(double position, double previous, int p, double frequency) {
    if (policy.has(RoundingPoint.ROTARY_STEP)) {
      return p == 0 ? position : policy.round(RoundingPoint.ROTARY_ANGLE, previous * frequency);
    }
    return policy.round(
        RoundingPoint.ROTARY_ANGLE, divides() ? position / frequency : position * frequency);
  }

  private boolean divides() {
    return policy.has(RoundingPoint.ROTARY_POWER) && !policy.has(RoundingPoint.ROTARY_FREQUENCY);
  }

  /** By pair: the frequency; its reciprocal where positions are divided; or the common factor. */
  private double[] frequencies(int dHead, double theta) {
    double[] out = new double[dHead / 2];
    for (int p = 0; p < out.length; p++) {
      double exponent = policy.round(RoundingPoint.ROTARY_EXPONENT, 2.0 * p / dHead);
      double power = policy.round(RoundingPoint.ROTARY_POWER, StrictMath.pow(theta, exponent));
      if (policy.has(RoundingPoint.ROTARY_STEP)) {
        double step = StrictMath.pow(theta, -2.0 / dHead);
        out[p] = policy.round(RoundingPoint.ROTARY_STEP, step);
      } else {
        out[p] = divides() ? power : policy.round(RoundingPoint.ROTARY_FREQUENCY, 1 / power);
      }
    }
    errors.ofFrequencies(out, policy.format(RoundingPoint.ROTARY_TABLE, ""));
    return out;
  }
}
