package loupe.sae;

import java.util.Arrays;
import loupe.reference.DoubleTensor;
import loupe.reference.FloatTensor;
import loupe.reference.Rows;
import loupe.reference.Tensor;

/** Some rows of a tensor, in order: taken out flat, and put back. */
final class RowSelection {
  private final int[] picked;

  private RowSelection(int[] picked) {
    this.picked = picked;
  }

  static RowSelection of(Rows rows, RowFilter filter) {
    int[] picked = new int[rows.count()];
    int count = 0;
    for (int r = 0; r < picked.length; r++) {
      if (filter.accepts(rows.tokenIds()[r], rows.positions()[r], rows.sequences()[r])) {
        picked[count++] = r;
      }
    }
    return new RowSelection(Arrays.copyOf(picked, count));
  }

  /** Row numbers for which {@code wanted} is true. */
  static RowSelection of(boolean[] wanted) {
    int[] picked = new int[wanted.length];
    int count = 0;
    for (int r = 0; r < wanted.length; r++) {
      if (wanted[r]) {
        picked[count++] = r;
      }
    }
    return new RowSelection(Arrays.copyOf(picked, count));
  }

  int count() {
    return picked.length;
  }

  /** Number of the i-th selected row in the whole tensor. */
  int row(int i) {
    return picked[i];
  }

  /** The selected rows of {@code [pos, ...]}, flat: {@code [count, width]}. */
  Tensor gather(Tensor all) {
    int width = all.rowSize();
    Object from = array(all);
    Object to = emptyLike(all, picked.length * width);
    for (int i = 0; i < picked.length; i++) {
      System.arraycopy(from, picked[i] * width, to, i * width, width);
    }
    return tensor(to, picked.length, width);
  }

  /** A copy of {@code all} in which the selected rows are those of {@code rows}. */
  Tensor scatter(Tensor all, Tensor rows) {
    int width = all.rowSize();
    if (rows.size() != picked.length * width) {
      throw new IllegalArgumentException(
          "%d rows of %d do not take %s"
              .formatted(picked.length, width, Arrays.toString(rows.shape())));
    }
    Object to = emptyLike(all, all.size());
    System.arraycopy(array(all), 0, to, 0, all.size());
    for (int i = 0; i < picked.length; i++) {
      System.arraycopy(array(rows), i * width, to, picked[i] * width, width);
    }
    return tensor(to, all.shape());
  }

  private static Object array(Tensor t) {
    return t instanceof FloatTensor f ? f.data() : ((DoubleTensor) t).data();
  }

  private static Object emptyLike(Tensor t, int size) {
    return t instanceof FloatTensor ? new float[size] : new double[size];
  }

  private static Tensor tensor(Object array, int... shape) {
    return array instanceof float[] floats
        ? new FloatTensor(floats, shape)
        : new DoubleTensor((double[]) array, shape);
  }
}
