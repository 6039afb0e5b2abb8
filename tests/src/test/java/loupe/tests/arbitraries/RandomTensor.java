package loupe.tests.arbitraries;

import loupe.reference.DType;
import loupe.reference.StoredTensor;

/**
 * A stored tensor of any weight type whose elements follow from a seed: {@code ±(1 + m / 2^p) *
 * 2^e} with p the type's mantissa bits, m random, and e random in {@code [exponent - 3, exponent]}.
 * So every bit of the mantissa is used, every element is a normal number of its type, and none is
 * 0. An element depends on the seed, the tensor's name, its row and its column alone.
 */
public final class RandomTensor implements StoredTensor {
  private final String name;
  private final DType dtype;
  private final long[] shape;
  private final int exponent;
  private final long seed;

  /**
   * @param dtype F64, F32, F16 or BF16
   * @param exponent binary exponent of the largest elements, -11 to 15
   */
  public RandomTensor(String name, DType dtype, int exponent, long seed, long... shape) {
    if (!dtype.isWeight() || exponent < -11 || exponent > 15) {
      throw new IllegalArgumentException(name + ": " + dtype + ", exponent " + exponent);
    }
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.exponent = exponent;
    this.seed = seed;
  }

  private static int mantissaBits(DType dtype) {
    return switch (dtype) {
      case F64 -> 52;
      case F32 -> 23;
      case F16 -> 10;
      default -> 7;
    };
  }

  private double element(long index) {
    long random = bits(index);
    int p = mantissaBits(dtype);
    double fraction = 1 + Math.scalb((double) (random >>> (64 - p)), -p);
    double magnitude = Math.scalb(fraction, exponent - (int) (random & 3));
    return (random & 4) == 0 ? magnitude : -magnitude;
  }

  /** 64 random bits for an element (the mixing steps are those of SplittableRandom). */
  private long bits(long index) {
    long width = shape[shape.length - 1];
    long place = (index / width << 32) + index % width;
    return mix(mix(mix(seed) + name.hashCode()) + place);
  }

  private static long mix(long z) {
    z += 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
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
    return dtype;
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }

  @Override
  public void read(long elementOffset, double[] target, int targetOffset, int count) {
    for (int i = 0; i < count; i++) {
      target[targetOffset + i] = element(elementOffset + i);
    }
  }

  @Override
  public void readBits(long elementOffset, short[] target, int targetOffset, int count) {
    if (dtype != DType.F16 && dtype != DType.BF16) {
      throw new IllegalStateException(name + " is " + dtype + ", not a 16-bit type");
    }
    for (int i = 0; i < count; i++) {
      int f32 = Float.floatToRawIntBits((float) element(elementOffset + i));
      target[targetOffset + i] = (short) (dtype == DType.BF16 ? f32 >>> 16 : f16Bits(f32));
    }
  }

  /** The 16 bits of a normal number of F16, from its float32 bits: another bias, fewer bits. */
  private static int f16Bits(int f32) {
    return f32 >>> 16 & 0x8000 | (f32 >>> 13 & 0x3ffff) - (127 - 15 << 10);
  }
}
