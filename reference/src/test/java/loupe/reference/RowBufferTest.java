package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RowBufferTest {
  @Property
  void aPositionKeepsItsRowWhateverIsAppendedAndForgotten(
      @ForAll @Size(max = 30) List<@IntRange(min = 0, max = 9) Integer> chunks,
      @ForAll @IntRange(min = 1, max = 12) int window) {
    FloatRows floats = new FloatRows(2);
    DoubleRows doubles = new DoubleRows(2);
    int end = 0;
    for (int count : chunks) {
      floats.append(new FloatTensor(toFloats(positions(end, count)), count, 2));
      doubles.append(new DoubleTensor(positions(end, count), count, 2));
      end += count;
      for (RowBuffer rows : List.of(floats, doubles)) {
        rows.forgetBefore(end - window);
        assertEquals(end, rows.endPosition());
        assertEquals(Math.max(0, end - window), rows.firstPosition());
      }
      for (int p = floats.firstPosition(); p < end; p++) {
        assertEquals(p, floats.data()[floats.offset(p)]);
        assertEquals(-p, doubles.data()[doubles.offset(p) + 1]);
      }
    }
  }

  @Test
  void aWindowHoldsItsMemoryWithinAFactor() {
    FloatRows rows = new FloatRows(4);
    for (int i = 0; i < 10_000; i++) {
      rows.append(new FloatTensor(new float[4], 1, 4));
      rows.forgetBefore(i - 31);
    }
    assertTrue(rows.data().length <= 4 * 32 * 4, "floats held: " + rows.data().length);
  }

  @Test
  void truncatingGoesBackToAnEarlierState() {
    DoubleRows rows = new DoubleRows(2);
    rows.append(new DoubleTensor(positions(0, 5), 5, 2));
    rows.truncate(3);
    rows.append(new DoubleTensor(new double[] {8, 8}, 1, 2));
    assertEquals(8, rows.data()[rows.offset(3)]);
    assertEquals(4, rows.endPosition());
  }

  private static double[] positions(int from, int count) {
    double[] data = new double[count * 2];
    for (int i = 0; i < count; i++) {
      data[2 * i] = from + i;
      data[2 * i + 1] = -(from + i);
    }
    return data;
  }

  private static float[] toFloats(double[] values) {
    float[] out = new float[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) values[i];
    }
    return out;
  }
}
