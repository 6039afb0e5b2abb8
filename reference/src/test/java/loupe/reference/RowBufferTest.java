package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RowBufferTest {
  private static final int SIZE = 2;

  @Property
  void aPositionKeepsItsRowWhateverIsAppendedAndForgotten(
      @ForAll @Size(max = 30) List<@IntRange(min = 0, max = 9) Integer> chunks,
      @ForAll @IntRange(min = 1, max = 3) int heads,
      @ForAll @IntRange(min = 1, max = 12) int window) {
    FloatRows floats = new FloatRows(heads, SIZE);
    DoubleRows doubles = new DoubleRows(heads, SIZE);
    int end = 0;
    for (int count : chunks) {
      double[] rows = rows(end, count, heads);
      floats.append(new FloatTensor(toFloats(rows), count, heads, SIZE));
      doubles.append(new DoubleTensor(rows, count, heads, SIZE));
      end += count;
      int first = Math.max(0, end - window);
      for (RowBuffer buffer : List.of(floats, doubles)) {
        buffer.forgetBefore(end - window);
        assertEquals(end, buffer.endPosition());
        assertEquals(first, buffer.firstPosition());
        double[] held = rows(first, end - first, heads);
        assertArrayEquals(held, buffer.snapshot().toDoubles());
      }
      for (int p = first; p < end; p++) {
        for (int head = 0; head < heads; head++) {
          assertEquals(element(p, head), floats.data()[floats.offset(head, p)]);
          assertEquals(-element(p, head), doubles.data()[doubles.offset(head, p) + 1]);
        }
      }
    }
  }

  @Test
  void theRowsOfAHeadLieOneAfterAnother() {
    FloatRows rows = new FloatRows(3, 4);
    rows.append(new FloatTensor(new float[7 * 12], 7, 3, 4));
    for (int head = 0; head < 3; head++) {
      for (int p = 1; p < 7; p++) {
        assertEquals(4, rows.offset(head, p) - rows.offset(head, p - 1));
      }
    }
  }

  @Test
  void aWindowHoldsItsMemoryWithinAFactor() {
    FloatRows rows = new FloatRows(2, 4);
    for (int i = 0; i < 10_000; i++) {
      rows.append(new FloatTensor(new float[8], 1, 2, 4));
      rows.forgetBefore(i - 31);
    }
    assertTrue(rows.data().length <= 4 * 32 * 8, "floats held: " + rows.data().length);
  }

  @Test
  void truncatingGoesBackToAnEarlierState() {
    DoubleRows rows = new DoubleRows(1, SIZE);
    rows.append(new DoubleTensor(rows(0, 5, 1), 5, SIZE));
    rows.truncate(3);
    rows.append(new DoubleTensor(new double[] {8, 8}, 1, SIZE));
    assertEquals(8, rows.data()[rows.offset(0, 3)]);
    assertEquals(4, rows.endPosition());
  }

  @Test
  void squaredRowsHaveTheSamePositions() {
    DoubleRows rows = new DoubleRows(2, SIZE);
    rows.append(new DoubleTensor(rows(0, 9, 2), 9, 2, SIZE));
    rows.forgetBefore(4);
    DoubleRows squared = rows.squared();
    assertEquals(4, squared.firstPosition());
    assertEquals(9, squared.endPosition());
    assertEquals(element(6, 1) * element(6, 1), squared.data()[squared.offset(1, 6)]);
  }

  @Test
  void rowsOfAnotherWidthAreRefused() {
    FloatRows rows = new FloatRows(2, SIZE);
    FloatTensor wide = new FloatTensor(new float[6], 1, 6);
    assertThrows(IllegalArgumentException.class, () -> rows.append(wide));
  }

  /** {@code [pos, head, 2]}: an element that tells position and head, and its negative. */
  private static double[] rows(int from, int count, int heads) {
    double[] data = new double[count * heads * SIZE];
    for (int i = 0; i < count; i++) {
      for (int head = 0; head < heads; head++) {
        int at = (i * heads + head) * SIZE;
        data[at] = element(from + i, head);
        data[at + 1] = -data[at];
      }
    }
    return data;
  }

  private static double element(int position, int head) {
    return position + 1000 * head;
  }

  private static float[] toFloats(double[] values) {
    float[] out = new float[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) values[i];
    }
    return out;
  }
}
