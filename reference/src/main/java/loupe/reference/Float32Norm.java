package loupe.reference;

import java.util.Arrays;

/** RMSNorm of {@link Float32}, before its gain. */
final class Float32Norm {
  private final FloatKernels kernels;
  private final Float32Products products;
  private final Results results;

  Float32Norm(FloatKernels kernels, Float32Products products, Results results) {
    this.kernels = kernels;
    this.products = products;
    this.results = results;
  }

  /** The mean is the 16-fold sum of squares over float32(n); its root and the quotient round. */
  FloatTensor normalize(FloatTensor x, float eps) {
    float[] a = x.data();
    int width = x.dim(x.rank() - 1);
    float[] out = results.array(a.length);
    int rows = width == 0 ? 0 : a.length / width;
    products.run(rows, a.length, row -> normalizeRow(a, row * width, width, eps, out));
    for (int row = 0; row < rows; row++) {
      // A row that fails is all NaN, so one element tells.
      if (Float.isNaN(out[row * width])) {
        throw new NonFiniteException(
            "RMSNorm: the mean square of row " + row + " is not finite, or 0 with eps 0");
      }
    }
    return new FloatTensor(out, x.shape());
  }

  private void normalizeRow(float[] x, int offset, int width, float eps, float[] out) {
    float mean = kernels.dot(x, offset, x, offset, width) / (float) width;
    float factor = ElementaryFunctions.reciprocalSquareRoot(mean + eps);
    if (!Float.isFinite(mean) || !Float.isFinite(factor)) {
      Arrays.fill(out, offset, offset + width, Float.NaN);
      return;
    }
    for (int i = offset; i < offset + width; i++) {
      out[i] = x[i] * factor;
    }
  }
}
