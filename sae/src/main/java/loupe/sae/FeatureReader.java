package loupe.sae;

import java.util.ArrayList;
import java.util.List;
import loupe.reference.Hook;
import loupe.reference.Rows;
import loupe.reference.Tensor;

/**
 * Reads features as the forward pass goes by and changes nothing. Keeps them in sparse form, row by
 * row in the order of computation.
 */
public final class FeatureReader implements Hook {
  private final AttachedSae attached;
  private final int top;
  private final RowFilter filter;
  private final List<Reading> readings = new ArrayList<>();

  /**
   * The features of one token.
   *
   * @param sequence number of its sequence in the batch
   * @param position its position in that sequence
   * @param tokenId its id
   * @param active how many features were above 0
   * @param features the strongest of them
   */
  public record Reading(int sequence, int position, int tokenId, int active, Features features) {}

  /**
   * A reader.
   *
   * @param top how many features of each row to keep
   * @param filter which rows to read
   */
  public FeatureReader(AttachedSae attached, int top, RowFilter filter) {
    if (top < 0) {
      throw new IllegalArgumentException("top " + top);
    }
    this.attached = attached;
    this.top = top;
    this.filter = filter;
  }

  /** What was read so far. */
  public List<Reading> readings() {
    return List.copyOf(readings);
  }

  @Override
  public boolean watches(String name) {
    return name.equals(attached.at().input());
  }

  @Override
  public Tensor at(String name, Tensor value, Rows rows) {
    RowSelection selection = RowSelection.of(rows, filter);
    if (!watches(name) || selection.count() == 0) {
      return value;
    }
    Tensor inputs = selection.gather(value);
    int step = attached.sae().rowsAtOnce();
    for (int from = 0; from < selection.count(); from += step) {
      int to = Math.min(from + step, selection.count());
      Tensor features = attached.features(inputs.rows(from, to));
      for (int i = from; i < to; i++) {
        keep(Features.ofRow(features, i - from), rows, selection.row(i));
      }
    }
    return value;
  }

  private void keep(Features all, Rows rows, int r) {
    readings.add(
        new Reading(
            rows.sequences()[r],
            rows.positions()[r],
            rows.tokenIds()[r],
            all.count(),
            all.top(top)));
  }
}
