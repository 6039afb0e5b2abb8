package loupe.reference;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * What the machine can do at best with this JVM: fused multiply-adds of float32 that need no
 * memory, and reading memory that is in no cache. Speeds are quoted as ratios to these, measured in
 * the same minute, since machines differ and are shared.
 */
public final class MachineLimits {
  private static final int STEPS = 1 << 18;
  private static final int TASKS_A_THREAD = 16;

  /** 256 MiB: more than any cache holds. */
  private static final int ELEMENTS = 1 << 26;

  private static final int BLOCK = 1 << 16;

  private final Workers workers;
  private final boolean vector;

  /** Where results go, so that no loop is left out as useless. */
  private final AtomicInteger sink = new AtomicInteger();

  private float[] memory;

  /** The limits of these threads, with these kernels. */
  public MachineLimits(Workers workers, KernelProvider kernels) {
    this.workers = workers;
    this.vector = kernels.name().equals("vector");
  }

  /** 10<sup>9</sup> float32 operations a second, each fused multiply-add counted as two. */
  public double fmaGflops() {
    int tasks = workers.threads() * TASKS_A_THREAD;
    long start = System.nanoTime();
    workers.forEach(tasks, task -> use(vector ? VectorProbe.multiplyAdd(STEPS) : scalarFma()));
    double operations = (double) tasks * STEPS * (vector ? VectorProbe.OPERATIONS : 8);
    return operations / (System.nanoTime() - start);
  }

  private static float scalarFma() {
    float a = 1f;
    float b = 1f;
    float c = 1f;
    float d = 1f;
    for (int step = 0; step < STEPS; step++) {
      a = Math.fma(a, 0.999f, 0.001f);
      b = Math.fma(b, 0.999f, 0.001f);
      c = Math.fma(c, 0.999f, 0.001f);
      d = Math.fma(d, 0.999f, 0.001f);
    }
    return a + b + c + d;
  }

  /** 10<sup>9</sup> bytes a second, read once each from memory in order. */
  public double readGbs() {
    if (memory == null) {
      memory = new float[ELEMENTS];
      // Pages that were never written all show the same zeros.
      for (int i = 0; i < ELEMENTS; i += 1024) {
        memory[i] = i;
      }
    }
    long start = System.nanoTime();
    workers.forEach(ELEMENTS / BLOCK, task -> use(read(memory, task * BLOCK, (task + 1) * BLOCK)));
    return (double) ELEMENTS * Float.BYTES / (System.nanoTime() - start);
  }

  private float read(float[] x, int from, int to) {
    if (vector) {
      return VectorProbe.sum(x, from, to);
    }
    float a = 0f;
    float b = 0f;
    for (int i = from; i + 1 < to; i += 2) {
      a += x[i];
      b += x[i + 1];
    }
    return a + b;
  }

  private void use(float value) {
    if (value == 1e-30f) {
      sink.incrementAndGet();
    }
  }
}
