package loupe.reference;

/** A BF16 or F16 matrix in memory. */
record ShortTensor(DType dtype, short[] bits, long[] shape) implements StoredTensor {
  @Override
  public String name() {
    return "w";
  }

  @Override
  public String origin() {
    return "w in memory";
  }

  private float value(int index) {
    return dtype == DType.BF16
        ? Float.intBitsToFloat(bits[index] << 16)
        : (float) half(bits[index]);
  }

  /** The value of a binary16, from its three fields. */
  static double half(short bits) {
    int exponent = bits >> 10 & 31;
    int fraction = bits & 1023;
    double magnitude =
        switch (exponent) {
          case 0 -> fraction * 0x1p-24;
          case 31 -> fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
          default -> (1024 + fraction) * Math.pow(2, exponent - 25);
        };
    return bits < 0 ? -magnitude : magnitude;
  }

  @Override
  public void read(long elementOffset, double[] target, int targetOffset, int count) {
    for (int i = 0; i < count; i++) {
      target[targetOffset + i] = value((int) elementOffset + i);
    }
  }

  @Override
  public void read(long elementOffset, float[] target, int targetOffset, int count) {
    for (int i = 0; i < count; i++) {
      target[targetOffset + i] = value((int) elementOffset + i);
    }
  }

  @Override
  public void readBits(long elementOffset, short[] target, int targetOffset, int count) {
    System.arraycopy(bits, (int) elementOffset, target, targetOffset, count);
  }
}
