package loupe.golden;

import loupe.reference.DType;
import loupe.reference.StoredTensor;

/** A tensor by {@link Formula}, in BF16 or F32; computes whatever run of elements is asked for. */
final class FormulaTensor implements StoredTensor {
  private final String name;
  private final DType dtype;
  private final long[] shape;
  private final long base;
  private final Knobs.Knob knob;

  FormulaTensor(String name, DType dtype, long[] shape, long seed, Knobs.Knob knob) {
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.base = Formula.base(name, seed);
    this.knob = knob;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String origin() {
    return name + " by formula";
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
  public void read(long elementOffset, float[] target, int targetOffset, int count) {
    for (int i = 0; i < count; i++) {
      target[targetOffset + i] = element(elementOffset + i);
    }
  }

  private float element(long index) {
    float value = Formula.element(base, index, knob.mean(), knob.scale());
    return dtype == DType.BF16 ? Float.intBitsToFloat(Formula.bfloat16(value) << 16) : value;
  }

  @Override
  public void readBits(long elementOffset, short[] target, int targetOffset, int count) {
    if (dtype != DType.BF16) {
      throw new IllegalStateException(name + " is " + dtype + ", not a 16-bit type");
    }
    double mean = knob.mean();
    double scale = knob.scale();
    for (int i = 0; i < count; i++) {
      float value = Formula.element(base, elementOffset + i, mean, scale);
      target[targetOffset + i] = Formula.bfloat16(value);
    }
  }
}
