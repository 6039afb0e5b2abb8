package loupe.reference;

import java.util.ArrayList;
import java.util.List;

/** {@link Float32} in every way that a test has to try. */
final class AllKernels {
  private AllKernels() {}

  /** With all kernels that this JDK promises, and several numbers of threads. */
  static List<Float32> float32() {
    List<FloatKernels> kernels = new ArrayList<>(List.of(new ScalarKernels()));
    if (FloatKernelsTest.vectorModulePromised()) {
      kernels.add(KernelProvider.ofWish("vector").kernels());
    }
    List<Float32> all = new ArrayList<>();
    for (FloatKernels k : kernels) {
      for (int threads : new int[] {1, 2, 7}) {
        all.add(new Float32(Workers.of(threads), k));
      }
    }
    return all;
  }
}
