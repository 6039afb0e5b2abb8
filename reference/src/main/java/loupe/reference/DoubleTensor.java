package loupe.reference;

import java.util.Arrays;
import java.util.List;

/** A tensor of float64 elements: what {@link Float64} computes with. */
public final class DoubleTensor implements Tensor {
  private final double[] data;
  private final int[] shape;

  /**
   * @param data the elements, row-major; shared, not copied
   * @param shape axis lengths; their product is the length of {@code data}
   */
  public DoubleTensor(double[] data, int... shape) {
    Shapes.requireSize(data.length, shape);
    this.data = data;
    this.shape = shape;
  }

  /** The elements, row-major. Shared: do not modify. */
  public double[] data() {
    return data;
  }

  @Override
  public int[] shape() {
    return shape;
  }

  @Override
  public DType dtype() {
    return DType.F64;
  }

  @Override
  public double get(int index) {
    return data[index];
  }

  @Override
  public DoubleTensor reshape(int... newShape) {
    return new DoubleTensor(data, newShape);
  }

  @Override
  public DoubleTensor rows(int from, int to) {
    int row = rowSize();
    return new DoubleTensor(
        Arrays.copyOfRange(data, from * row, to * row), Shapes.withRows(shape, to - from));
  }

  static DoubleTensor concatDoubles(List<Tensor> parts) {
    int[] joined = Shapes.concat(parts);
    double[] out = new double[Shapes.size(joined)];
    int at = 0;
    for (Tensor part : parts) {
      double[] from = ((DoubleTensor) part).data;
      System.arraycopy(from, 0, out, at, from.length);
      at += from.length;
    }
    return new DoubleTensor(out, joined);
  }
}
