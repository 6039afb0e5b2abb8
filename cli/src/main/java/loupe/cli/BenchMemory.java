package loupe.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.Gemma2Weights;
import loupe.reference.DType;
import loupe.reference.FloatTensor;
import loupe.reference.HeapTensor;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/** Weights of random numbers in memory, to measure with: no disk and no page cache has a say. */
final class BenchMemory {
  private static final int SEED = 1;
  private static final float SCALE = 0.02f;

  private BenchMemory() {}

  /** BF16 numbers between -0.02 and 0.02. */
  private static final class Bf16Tensor implements StoredTensor {
    private final String name;
    private final long[] shape;
    private final short[] bits;

    Bf16Tensor(String name, long... shape) {
      this.name = name;
      this.shape = shape;
      this.bits = new short[Math.toIntExact(elementCount())];
      Random random = new Random(SEED);
      // The sign, an exponent near that of the scale, and seven bits of fraction.
      for (int i = 0; i < bits.length; i++) {
        int value = random.nextInt();
        bits[i] = (short) (value & 0x80ff | 0x3c00);
      }
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public String origin() {
      return name + " in memory";
    }

    @Override
    public DType dtype() {
      return DType.BF16;
    }

    @Override
    public long[] shape() {
      return shape.clone();
    }

    @Override
    public void read(long elementOffset, double[] target, int targetOffset, int count) {
      for (int i = 0; i < count; i++) {
        target[targetOffset + i] = Float.intBitsToFloat(bits[(int) elementOffset + i] << 16);
      }
    }

    @Override
    public void readBits(long elementOffset, short[] target, int targetOffset, int count) {
      System.arraycopy(bits, (int) elementOffset, target, targetOffset, count);
    }
  }

  /** A BF16 tensor. */
  static StoredTensor bf16(String name, long... shape) {
    return new Bf16Tensor(name, shape);
  }

  /** An F32 tensor. */
  static StoredTensor f32(String name, int... shape) {
    return new HeapTensor(name, activations(shape));
  }

  /** Numbers as activations are, about 0. */
  static FloatTensor activations(int... shape) {
    int size = 1;
    for (int axis : shape) {
      size *= axis;
    }
    Random random = new Random(SEED);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (random.nextFloat() - 0.5f) * SCALE;
    }
    return new FloatTensor(values, shape);
  }

  /** The weights of a model, BF16. */
  static TensorSource model(Gemma2Config config) {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (Gemma2Weights.NamedShape tensor : Gemma2Weights.shapes(config)) {
      tensors.put(tensor.name(), new Bf16Tensor(tensor.name(), tensor.shape()));
    }
    return source(tensors);
  }

  private static TensorSource source(Map<String, StoredTensor> tensors) {
    return new TensorSource() {
      @Override
      public Set<String> names() {
        return tensors.keySet();
      }

      @Override
      public StoredTensor tensor(String name) {
        return tensors.get(name);
      }

      @Override
      public String origin() {
        return "random weights in memory";
      }
    };
  }
}
