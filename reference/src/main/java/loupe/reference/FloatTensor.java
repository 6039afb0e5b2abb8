package loupe.reference;

import java.util.Arrays;
import java.util.List;

/** A tensor of float32 elements: what {@link Float32} computes with. */
public final class FloatTensor implements Tensor {
  private final float[] data;
  private final int[] shape;

  /**
   * @param data the elements, row-major; shared, not copied
   * @param shape axis lengths; their product is the length of {@code data}
   */
  public FloatTensor(float[] data, int... shape) {
    Shapes.requireSize(data.length, shape);
    this.data = data;
    this.shape = shape;
  }

  /** The elements, row-major. Shared: do not modify. */
  public float[] data() {
    return data;
  }

  @Override
  public int[] shape() {
    return shape;
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public double get(int index) {
    return data[index];
  }

  @Override
  public FloatTensor reshape(int... newShape) {
    return new FloatTensor(data, newShape);
  }

  @Override
  public FloatTensor rows(int from, int to) {
    int row = rowSize();
    return new FloatTensor(
        Arrays.copyOfRange(data, from * row, to * row), Shapes.withRows(shape, to - from));
  }

  static FloatTensor concatFloats(List<Tensor> parts) {
    int[] joined = Shapes.concat(parts);
    float[] out = new float[Shapes.size(joined)];
    int at = 0;
    for (Tensor part : parts) {
      float[] from = ((FloatTensor) part).data;
      System.arraycopy(from, 0, out, at, from.length);
      at += from.length;
    }
    return new FloatTensor(out, joined);
  }
}
