package loupe.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.Gemma2Weights;
import loupe.reference.FloatTensor;
import loupe.reference.HeapBf16;
import loupe.reference.HeapTensor;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/** Weights of random numbers in memory, to measure with: no disk and no page cache has a say. */
final class BenchMemory {
  private static final int SEED = 1;
  private static final float SCALE = 0.02f;

  private BenchMemory() {}

  /** A BF16 tensor of numbers between -0.016 and 0.016. */
  static StoredTensor bf16(String name, long... shape) {
    int size = 1;
    for (long axis : shape) {
      size = Math.multiplyExact(size, Math.toIntExact(axis));
    }
    short[] bits = new short[size];
    Random random = new Random(SEED);
    // A sign, an exponent, and seven bits of fraction.
    for (int i = 0; i < size; i++) {
      bits[i] = (short) (random.nextInt() & 0x80ff | 0x3c00);
    }
    return new HeapBf16(name, bits, shape);
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
      tensors.put(tensor.name(), bf16(tensor.name(), tensor.shape()));
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
