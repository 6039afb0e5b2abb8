package loupe.golden.quirk;

import loupe.reference.Arithmetic;
import loupe.reference.RowBuffer;
import loupe.reference.Tensor;

/** Caches whose rows are other than what was put in. */
final class Buffers {
  private Buffers() {}

  /** Other rows for the rows of a cache. */
  interface Change {
    /**
     * @param rows {@code [pos, width]}
     * @param positions of each row
     */
    Tensor of(Tensor rows, int[] positions);
  }

  /** A copy of a cache with other rows at the same positions. */
  static RowBuffer changed(Arithmetic arithmetic, RowBuffer buffer, Change change) {
    int first = buffer.firstPosition();
    int count = buffer.endPosition() - first;
    int[] positions = new int[count];
    for (int i = 0; i < count; i++) {
      positions[i] = first + i;
    }
    RowBuffer copy = arithmetic.rowBuffer(buffer.heads(), buffer.headSize());
    copy.append(arithmetic.tensor(new double[first * buffer.width()], first, buffer.width()));
    copy.append(change.of(buffer.snapshot(), positions));
    copy.forgetBefore(first);
    return copy;
  }
}
