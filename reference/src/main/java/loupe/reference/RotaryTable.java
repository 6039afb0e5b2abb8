package loupe.reference;

/**
 * Cosines and sines of rotary position embedding in float64: {@code angle(position, p) = position *
 * theta^(-2p/h)} for {@code p < h/2}. The frequency, the product, cosine and sine are each one
 * operation in float64, the functions those of {@link StrictMath}. Grows with the positions asked
 * for; safe for use by several threads.
 */
final class RotaryTable {
  private final int dHead;
  private final double theta;
  private final double[] frequencies;
  private volatile Angles angles = new Angles(0, new double[0], new double[0]);

  /** cos and sin: {@code [pos, d_head / 2]}. */
  record Angles(int positions, double[] cos, double[] sin) {}

  RotaryTable(int dHead, double theta) {
    if (dHead % 2 != 0) {
      throw new IllegalArgumentException("rotary embedding needs an even d_head, not " + dHead);
    }
    this.dHead = dHead;
    this.theta = theta;
    this.frequencies = new double[dHead / 2];
    for (int p = 0; p < frequencies.length; p++) {
      frequencies[p] = StrictMath.pow(theta, -2.0 * p / dHead);
    }
  }

  boolean isFor(int dHead, double theta) {
    return this.dHead == dHead && this.theta == theta;
  }

  /** A table that holds at least the positions {@code [0, count)}. */
  Angles upTo(int count) {
    Angles now = angles;
    return now.positions >= count ? now : grow(count);
  }

  private synchronized Angles grow(int count) {
    Angles old = angles;
    if (old.positions >= count) {
      return old;
    }
    int positions = Math.max(count, Math.max(64, old.positions * 2));
    int half = frequencies.length;
    double[] cos = new double[positions * half];
    double[] sin = new double[positions * half];
    System.arraycopy(old.cos, 0, cos, 0, old.cos.length);
    System.arraycopy(old.sin, 0, sin, 0, old.sin.length);
    for (int i = old.cos.length; i < cos.length; i++) {
      double angle = i / half * frequencies[i % half];
      cos[i] = StrictMath.cos(angle);
      sin[i] = StrictMath.sin(angle);
    }
    angles = new Angles(positions, cos, sin);
    return angles;
  }
}
