package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WeightPanelsTest {
  private static final long SEED = 20261127;
  private final Random random = new Random(SEED);

  /** Enough weights that they are streamed, not held; k and columns that fill no panel. */
  @ParameterizedTest
  @CsvSource({
    "BF16, 331, 801",
    "BF16, 640, 512",
    "BF16, 97, 3001",
    "F16, 331, 801",
    "F32, 331, 801"
  })
  void productsByStreamedWeightsAreAsDefinedWhereverTheyLie(DType type, int outputs, int in) {
    float[] values = new float[outputs * in];
    short[] bits = new short[outputs * in];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = (short) (random.nextInt() & 0x87ff | 0x3800);
    }
    DType halves = type == DType.F32 ? DType.BF16 : type;
    StoredTensor onHeap = new ShortTensor(halves, bits, new long[] {outputs, in});
    onHeap.read(0, values, 0, values.length);
    if (type == DType.F32) {
      onHeap = new HeapTensor("w", new FloatTensor(values, outputs, in));
    }
    FloatTensor x = Awkward.tensor(random, 8, in);
    FloatTensor expected = Float32Definition.project(x, values, outputs);
    for (StoredTensor stored : new StoredTensor[] {onHeap, DirectTensor.of(onHeap)}) {
      for (FloatKernels kernels : kernels()) {
        Float32 f = new Float32(Workers.of(1), kernels);
        String what = kernels.name() + ", " + stored.origin() + ", seed " + SEED;
        Awkward.assertSameBits(expected, f.project(x, f.weight(stored)), what);
      }
    }
  }

  @Test
  void aBiasIsAddedAsInSteps() {
    FloatTensor x = Awkward.tensor(random, 9, 130);
    StoredTensor w = new HeapTensor("w", Awkward.tensor(random, 130, 2100));
    StoredTensor b = new HeapTensor("b", Awkward.tensor(random, 2100));
    for (FloatKernels kernels : kernels()) {
      Float32 f = new Float32(Workers.of(2), kernels);
      for (int rows : new int[] {1, 2, 9}) {
        Tensor some = x.rows(0, rows);
        Tensor steps = f.addBias(f.combine(some, f.weight(w)), f.weight(b));
        Tensor once = f.affine(some, f.weight(w), f.weight(b));
        Awkward.assertSameBits(steps, once, kernels.name() + ", " + rows + " rows");
      }
    }
  }

  @Test
  void aSumThatOverflowsWithItsBiasNamesTheBias() {
    float[] ones = new float[5];
    Arrays.fill(ones, 1f);
    StoredTensor w = new HeapTensor("w", new FloatTensor(new float[] {Float.MAX_VALUE}, 1, 1));
    StoredTensor b = new HeapTensor("b_enc", new FloatTensor(new float[] {Float.MAX_VALUE}, 1));
    Float32 f = new Float32(Workers.of(1), new ScalarKernels());
    for (int rows : new int[] {1, 5}) {
      FloatTensor x = new FloatTensor(Arrays.copyOf(ones, rows), rows, 1);
      String message = "";
      try {
        f.affine(x, f.weight(w), f.weight(b));
      } catch (NonFiniteException e) {
        message = e.getMessage();
      }
      assertTrue(message.contains("adding b_enc"), message);
    }
  }

  /** The last of each type fill no run of 16 or 32. */
  @ParameterizedTest
  @CsvSource({
    "BF16, 2304, 200",
    "BF16, 2048, 260",
    "BF16, 1000, 300",
    "BF16, 2335, 150",
    "F32, 2304, 200",
    "F32, 1023, 300",
    "F16, 2310, 150"
  })
  void aPanelHoldsEachWeightAtItsPlaceWhereverItLay(DType type, int rows, int columns) {
    short[] bits = new short[rows * columns * (type == DType.F32 ? 2 : 1)];
    for (int i = 0; i < bits.length; i++) {
      // No NaN: what counts as the same NaN is not what this is about.
      bits[i] = (short) (random.nextInt() & 0xbfff);
    }
    for (boolean turned : new boolean[] {false, true}) {
      int[] shape = turned ? new int[] {columns, rows} : new int[] {rows, columns};
      StoredTensor onHeap =
          type == DType.F32
              ? new HeapTensor("w", new FloatTensor(floats(bits), shape))
              : new ShortTensor(type, bits, new long[] {shape[0], shape[1]});
      for (StoredTensor stored : new StoredTensor[] {onHeap, DirectTensor.of(onHeap)}) {
        for (FloatKernels kernels : kernels()) {
          for (WeightPanels.Layout layout : WeightPanels.Layout.values()) {
            assertPlaces(stored, layout, kernels);
          }
        }
      }
    }
  }

  private static float[] floats(short[] halves) {
    float[] values = new float[halves.length / 2];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.intBitsToFloat(halves[2 * i] << Short.SIZE | halves[2 * i + 1] & 0xffff);
    }
    return values;
  }

  private static void assertPlaces(
      StoredTensor stored, WeightPanels.Layout layout, FloatKernels kernels) {
    boolean byRows = layout == WeightPanels.Layout.OUTPUTS_BY_INPUTS;
    int rows = (int) stored.shape()[0];
    int columns = (int) stored.shape()[1];
    float[] all = new float[rows * columns];
    stored.read(0, all, 0, all.length);
    int outputs = byRows ? rows : columns;
    int in = byRows ? columns : rows;
    WeightPanels panels = new WeightPanels(kernels, new Float32Weight(stored, kernels), layout);
    for (int first = 0; first < outputs; first += panels.columnsAtOnce()) {
      int count = Math.min(panels.columnsAtOnce(), outputs - first);
      PackedProduct.Operand packed = panels.pack(first, count);
      for (int column = first; column < first + count; column++) {
        float[] expected = new float[packed.panels().steps() * FloatKernels.RESIDUES];
        float[] actual = new float[expected.length];
        for (int k = 0; k < expected.length; k++) {
          int at = byRows ? column * in + k : k * outputs + column;
          expected[k] = k < in ? all[at] : 0f;
          actual[k] = at(packed, column - first, k, kernels);
        }
        Awkward.assertSameBits(
            new FloatTensor(expected, expected.length),
            new FloatTensor(actual, actual.length),
            String.format(
                "%s, %s, %s, output %d, seed %d",
                kernels.name(), stored.origin(), layout, column, SEED));
      }
    }
  }

  private static float at(PackedProduct.Operand packed, int column, int k, FloatKernels kernels) {
    int columns = kernels.panelColumns();
    int step = k / FloatKernels.RESIDUES;
    int at =
        packed.offset()
            + column / columns * packed.panels().groupSize()
            + packed.panels().residues()[k % FloatKernels.RESIDUES]
            + packed.panels().stepOffset(step);
    int inPanel = column % columns;
    if (packed.pairs() == null) {
      return packed.data()[at + inPanel];
    }
    int d = kernels.pairDistance();
    int both = packed.pairs()[at + inPanel / (2 * d) * d + inPanel % d];
    return Float.intBitsToFloat(inPanel / d % 2 == 0 ? both << Short.SIZE : both & 0xffff0000);
  }

  private static FloatKernels[] kernels() {
    assumeTrue(AllKernels.vectorModulePromised(), "this run is without the vector module");
    return new FloatKernels[] {new ScalarKernels(), new VectorKernels()};
  }
}
