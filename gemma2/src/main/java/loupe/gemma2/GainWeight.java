package loupe.gemma2;

import loupe.reference.DType;
import loupe.reference.StoredTensor;

/**
 * The weight {@code w} of a norm of which a file holds the gain {@code 1 + w}. It is the gain less
 * 1 in float64, and with that {@code 1 + w} is the gain again, exactly, unless {@link #inexact}
 * says otherwise: a float32 is a multiple of 2^-52 where it is 2^-29 or more, and so is what is
 * left of it. Small, and held in memory.
 */
final class GainWeight implements StoredTensor {
  private final StoredTensor gain;
  private final String name;
  private final double[] w;
  private final int inexact;

  GainWeight(String name, StoredTensor gain) {
    this.gain = gain;
    this.name = name;
    this.w = new double[Math.toIntExact(gain.elementCount())];
    gain.read(0, w, 0, w.length);
    int count = 0;
    for (int i = 0; i < w.length; i++) {
      double g = w[i];
      w[i] = g - 1;
      count += 1 + w[i] == g || g != g ? 0 : 1;
    }
    this.inexact = count;
  }

  /** Elements whose gain is not {@code 1 + w} to the last bit. */
  int inexact() {
    return inexact;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String origin() {
    return gain.origin();
  }

  @Override
  public DType dtype() {
    return DType.F64;
  }

  @Override
  public long[] shape() {
    return gain.shape();
  }

  @Override
  public void read(long elementOffset, double[] target, int targetOffset, int count) {
    System.arraycopy(w, Math.toIntExact(elementOffset), target, targetOffset, count);
  }
}
