package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import loupe.gemma2.HookPoints;
import loupe.reference.Hook;
import loupe.reference.Rows;
import loupe.reference.Tensor;

/**
 * Keeps every watched intermediate row by row, under its sequence and position: so whole passes,
 * chunks and batches can be compared. The row of a tensor {@code [head, pos, key]} is what all
 * heads say of the keys up to its position.
 */
final class RowRecorder implements Hook {
  /** Where a row stands. */
  record Place(int sequence, int position) {}

  private final Predicate<String> names;
  private final Map<String, Map<Place, double[]>> recorded = new LinkedHashMap<>();

  RowRecorder(Predicate<String> names) {
    this.names = names;
  }

  /**
   * Records all intermediates; scores and patterns, which an unwatched pass never makes, or not.
   */
  static RowRecorder ofAll(boolean withScores) {
    return new RowRecorder(name -> withScores || !HookPoints.isPerKey(name));
  }

  @Override
  public boolean watches(String name) {
    return names.test(name);
  }

  @Override
  public Tensor at(String name, Tensor value, Rows rows) {
    Map<Place, double[]> places = recorded.computeIfAbsent(name, n -> new LinkedHashMap<>());
    for (int r = 0; r < rows.count(); r++) {
      Place place = new Place(rows.sequences()[r], rows.positions()[r]);
      double[] row =
          HookPoints.isPerKey(name)
              ? overKeys(value, r, place.position)
              : value.rows(r, r + 1).toDoubles();
      assertEquals(null, places.put(place, row), name + " came twice at " + place);
    }
    return value;
  }

  private static double[] overKeys(Tensor value, int r, int position) {
    int heads = value.dim(0);
    int keys = value.dim(2);
    double[] row = new double[heads * (position + 1)];
    for (int n = 0; n < heads; n++) {
      for (int j = 0; j <= position; j++) {
        row[n * (position + 1) + j] = value.get((n * value.dim(1) + r) * keys + j);
      }
    }
    return row;
  }

  /** One row of the tensor of this name. */
  double[] row(String name, int sequence, int position) {
    double[] row = recorded.get(name).get(new Place(sequence, position));
    assertNotNull(row, name + " at position " + position + " of sequence " + sequence);
    return row;
  }

  /** Every row that was recorded here was recorded there too, with the same bits. */
  void assertPartOf(RowRecorder other) {
    for (String name : recorded.keySet()) {
      for (Place place : recorded.get(name).keySet()) {
        assertSameRow(name, other, place.sequence, place);
      }
    }
  }

  /** Sequence 0 here is {@code sequence} there, with the same bits, up to a position. */
  void assertSameAs(RowRecorder other, int sequence, int endPosition) {
    for (String name : recorded.keySet()) {
      for (int position = 0; position < endPosition; position++) {
        assertSameRow(name, other, sequence, new Place(0, position));
      }
    }
  }

  private void assertSameRow(String name, RowRecorder other, int otherSequence, Place place) {
    assertArrayEquals(
        row(name, place.sequence, place.position),
        other.row(name, otherSequence, place.position),
        () -> name + " at " + place);
  }
}
