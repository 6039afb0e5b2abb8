package loupe.tests.arbitraries;

import loupe.reference.DType;
import loupe.reference.StoredTensor;

/**
 * Another tensor but for one element.
 *
 * @param base a tensor of any weight type
 * @param element flat index of the element that is replaced
 * @param value what stands there; a 16-bit type holds its leading bits, as in a file (so that NaN
 *     and infinity stay what they are)
 */
public record OneElementReplaced(StoredTensor base, long element, double value)
    implements StoredTensor {
  @Override
  public String name() {
    return base.name();
  }

  @Override
  public String origin() {
    return base.origin();
  }

  @Override
  public DType dtype() {
    return base.dtype();
  }

  @Override
  public long[] shape() {
    return base.shape();
  }

  private boolean holds(long elementOffset, int count) {
    return element >= elementOffset && element < elementOffset + count;
  }

  @Override
  public void read(long elementOffset, double[] target, int targetOffset, int count) {
    base.read(elementOffset, target, targetOffset, count);
    if (holds(elementOffset, count)) {
      target[targetOffset + (int) (element - elementOffset)] = value;
    }
  }

  @Override
  public void read(long elementOffset, float[] target, int targetOffset, int count) {
    base.read(elementOffset, target, targetOffset, count);
    if (holds(elementOffset, count)) {
      target[targetOffset + (int) (element - elementOffset)] = (float) value;
    }
  }

  @Override
  public void readBits(long elementOffset, short[] target, int targetOffset, int count) {
    base.readBits(elementOffset, target, targetOffset, count);
    if (holds(elementOffset, count)) {
      int f32 = Float.floatToRawIntBits((float) value);
      target[targetOffset + (int) (element - elementOffset)] = (short) (f32 >>> 16);
    }
  }
}
