package loupe.golden.facts;

/**
 * The numbers of {@code torch.manual_seed(s); torch.randn(n)} on a CPU: MT19937 (Matsumoto and
 * Nishimura 1998), seeded by its {@code init_genrand}, and the Box-Muller transform over blocks of
 * 16 (pytorch, aten/src/ATen/native/cpu/DistributionTemplates.h, {@code normal_fill}). Good to a
 * few units of float32: torch computes the logarithm and the cosine in float32.
 */
final class TorchRandom {
  private static final int N = 624;
  private static final int M = 397;
  private static final int BLOCK = 16;
  private static final int HALF = 8;

  private final int[] state = new int[N];
  private int next = N;

  TorchRandom(long seed) {
    state[0] = (int) seed;
    for (int i = 1; i < N; i++) {
      int before = state[i - 1] ^ (state[i - 1] >>> 30);
      state[i] = 1812433253 * before + i;
    }
  }

  private int nextInt() {
    if (next == N) {
      for (int i = 0; i < N; i++) {
        int y = (state[i] & 0x80000000) | (state[(i + 1) % N] & 0x7fffffff);
        state[i] = state[(i + M) % N] ^ (y >>> 1) ^ ((y & 1) == 0 ? 0 : 0x9908b0df);
      }
      next = 0;
    }
    int y = state[next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return y ^ (y >>> 18);
  }

  private double uniform() {
    return (nextInt() & 0xffffff) * 0x1p-24;
  }

  /** {@code n} normal numbers, 16 or more: torch makes fewer in another way. */
  double[] normal(int n) {
    if (n < BLOCK) {
      throw new NotApplicable("torch.randn of fewer than 16 numbers is not implemented");
    }
    double[] out = new double[n];
    for (int i = 0; i < n; i++) {
      out[i] = uniform();
    }
    for (int from = 0; from + BLOCK <= n; from += BLOCK) {
      transform(out, from);
    }
    if (n % BLOCK != 0) {
      for (int i = n - BLOCK; i < n; i++) {
        out[i] = uniform();
      }
      transform(out, n - BLOCK);
    }
    return out;
  }

  private static void transform(double[] out, int from) {
    for (int k = from; k < from + HALF; k++) {
      double radius = Math.sqrt(-2 * StrictMath.log(1 - out[k]));
      double angle = 2 * Math.PI * out[k + HALF];
      out[k] = (float) (radius * StrictMath.cos(angle));
      out[k + HALF] = (float) (radius * StrictMath.sin(angle));
    }
  }
}
