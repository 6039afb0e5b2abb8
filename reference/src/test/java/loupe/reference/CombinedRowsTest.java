package loupe.reference;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CombinedRowsTest {
  private static final long SEED = 20261127;
  private final Random random = new Random(SEED);

  /** Six or seven rows of a residue: four at once, and some left. Wider than one strip. */
  private static final int IN = 101;

  private static final int WIDTH = (1 << 14) + 617;

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void rowsOfWeightsInMemoryAreAddedUpAsDefined(DType type) {
    FloatTensor x = Awkward.tensor(random, 3, IN);
    x.data()[IN + 5] = 0f;
    assertDefined(x, weight(type), type + ", seed " + SEED);
  }

  @Test
  void sparseRowsAreAddedUpAsDefined() {
    FloatTensor x = new FloatTensor(new float[7 * IN], 7, IN);
    for (int row = 0; row < 6; row++) {
      for (int i = 0; i < 5; i++) {
        x.data()[row * IN + 3 + i * FloatKernels.RESIDUES] = (float) random.nextGaussian();
        x.data()[row * IN + random.nextInt(IN)] = (float) random.nextGaussian();
      }
    }
    assertDefined(x, weight(DType.F32), "seed " + SEED);
  }

  @BeforeEach
  void needVectorModule() {
    assumeTrue(AllKernels.vectorModulePromised(), "this run is without the vector module");
  }

  private DirectTensor weight(DType type) {
    short[] bits = new short[IN * WIDTH];
    for (int i = 0; i < bits.length; i++) {
      // Exponents about 1 in both types of 16 bits: no NaN, no overflow.
      bits[i] = (short) (random.nextInt() & 0x87ff | 0x3800);
    }
    DType stored = type == DType.F32 ? DType.BF16 : type;
    StoredTensor halves = new ShortTensor(stored, bits, new long[] {IN, WIDTH});
    if (type != DType.F32) {
      return DirectTensor.of(halves);
    }
    float[] values = new float[bits.length];
    halves.read(0, values, 0, values.length);
    return DirectTensor.of(new HeapTensor("w", new FloatTensor(values, IN, WIDTH)));
  }

  private static void assertDefined(FloatTensor x, StoredTensor w, String what) {
    float[] values = new float[IN * WIDTH];
    w.read(0, values, 0, values.length);
    FloatTensor expected = Float32Definition.combine(x, values, WIDTH);
    for (FloatKernels kernels : new FloatKernels[] {new ScalarKernels(), new VectorKernels()}) {
      for (int threads : new int[] {1, 3}) {
        try (Workers workers = Workers.of(threads)) {
          Float32 f = new Float32(workers, kernels);
          Tensor actual = f.combine(x, f.weight(w));
          Awkward.assertSameBits(
              expected, actual, kernels.name() + ", " + threads + " threads, " + what);
        }
      }
    }
  }
}
