package loupe.sae;

import java.util.ArrayList;
import java.util.List;
import loupe.reference.Arithmetic;
import loupe.reference.Hook;
import loupe.reference.Rows;
import loupe.reference.Tensor;

/**
 * Puts an SAE into the forward pass. With {@code f} the features of the activation, {@code f'} the
 * same after the edits, and {@code a} the value at the output site:
 *
 * <ul>
 *   <li>without the error term, {@code a} becomes {@code decode(f')};
 *   <li>with it, {@code a + (decode(f') - decode(f))} in rows where an edit changed a feature; all
 *       other rows stay as they are, bit for bit.
 * </ul>
 *
 * <p>For a transcoder {@code f} is read at its input site and used at its output site later in the
 * same layer. Rows that the filter does not accept are left alone. Remembers what it has read from
 * one site to the other, so one hook serves one forward pass at a time.
 */
public final class SpliceHook implements Hook {
  private final AttachedSae attached;
  private final boolean errorTerm;
  private final FeatureEdits edits;
  private final RowFilter filter;
  private Read pending; // between the two sites of a transcoder
  private long seen;
  private long fired;

  /** The input rows that were selected, flat: {@code [count, d_in]}. */
  private record Read(int rows, RowSelection selection, Tensor inputs) {}

  /** A splice that leaves {@code <bos>} alone: {@link RowFilter#DEFAULT}. */
  public SpliceHook(AttachedSae attached, boolean errorTerm, List<FeatureEdit> edits) {
    this(attached, errorTerm, edits, RowFilter.DEFAULT);
  }

  /**
   * A splice.
   *
   * @param errorTerm whether the SAE's error stays in the activation
   * @param edits changes of features, applied in this order
   * @param filter which rows are replaced, such as {@link RowFilter#allButBos}
   * @throws loupe.reference.InputException if an edit names a feature that the SAE has not
   */
  public SpliceHook(
      AttachedSae attached, boolean errorTerm, List<FeatureEdit> edits, RowFilter filter) {
    this.attached = attached;
    this.errorTerm = errorTerm;
    this.edits = new FeatureEdits(attached.sae(), edits);
    this.filter = filter;
  }

  /** Rows that the filter accepted so far: 0 means that the hook was never called on one. */
  public long seen() {
    return seen;
  }

  /** Rows that were replaced so far. */
  public long fired() {
    return fired;
  }

  /** Rows in which the i-th edit changed its feature so far. */
  public long fired(int edit) {
    return edits.fired(edit);
  }

  /**
   * The edits that have changed no feature in any row so far: the feature was never on, or had the
   * new value already.
   */
  public List<FeatureEdit> unfired() {
    return edits.unfired();
  }

  @Override
  public boolean watches(String name) {
    return name.equals(attached.at().input()) || name.equals(attached.at().output());
  }

  @Override
  public Tensor at(String name, Tensor value, Rows rows) {
    if (name.equals(attached.at().input())) {
      RowSelection selection = RowSelection.of(rows, filter);
      pending = new Read(rows.count(), selection, selection.gather(value));
    }
    if (!name.equals(attached.at().output())) {
      return value;
    }
    if (pending == null || pending.rows != rows.count()) {
      throw new IllegalStateException(name + " without " + attached.at().input() + " before it");
    }
    Read read = pending;
    pending = null;
    seen += read.selection.count();
    return write(value, read);
  }

  private Tensor write(Tensor value, Read read) {
    Tensor before = read.selection.gather(value);
    List<Tensor> after = new ArrayList<>();
    long firedBefore = fired;
    int step = attached.sae().rowsAtOnce();
    for (int from = 0; from < read.selection.count(); from += step) {
      int to = Math.min(from + step, read.selection.count());
      after.add(replaced(read.inputs.rows(from, to), before.rows(from, to)));
    }
    return fired == firedBefore ? value : read.selection.scatter(value, Tensor.concat(after));
  }

  private Tensor replaced(Tensor inputs, Tensor outputs) {
    Tensor features = attached.features(inputs);
    FeatureEdits.Edited edited = edits.apply(features);
    if (!errorTerm) {
      fired += inputs.dim(0);
      return attached.decode(edited.features());
    }
    RowSelection changed = edited.changed();
    if (changed.count() == 0) {
      return outputs;
    }
    fired += changed.count();
    Arithmetic a = attached.sae().arithmetic();
    Tensor with = attached.decode(changed.gather(edited.features()));
    Tensor without = attached.decode(changed.gather(features));
    Tensor sum = a.add(changed.gather(outputs), a.subtract(with, without));
    return changed.scatter(outputs, sum);
  }
}
