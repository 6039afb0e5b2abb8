package loupe.reference;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;

/** {@link Float32} in every way that a test has to try. */
final class AllKernels {
  private AllKernels() {}

  /** Whether this run has the vector module. */
  static boolean vectorModulePromised() {
    return !"false".equals(System.getProperty("loupe.test.vector"));
  }

  static boolean fmaIsEmulated() {
    return !FusedMultiplyAdd.hasInstruction();
  }

  /** The vector kernels; a test that asks for them is left out where there are none. */
  static FloatKernels vector() {
    assumeTrue(vectorModulePromised(), "this run is without the vector module");
    // Nobody would choose them where fused multiply-adds are emulated; the bits are the same.
    return fmaIsEmulated() ? new VectorKernels() : KernelProvider.ofWish("vector").kernels();
  }

  /** With all kernels that this JDK promises, and several numbers of threads. */
  static List<Float32> float32() {
    List<FloatKernels> kernels = new ArrayList<>(List.of(new ScalarKernels()));
    if (vectorModulePromised()) {
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
