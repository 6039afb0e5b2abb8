package loupe.sae;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import loupe.reference.Arithmetic;
import loupe.reference.Tensor;

/** Applies edits to features, in the order given, in the words of one arithmetic. */
final class FeatureEdits {
  private final Arithmetic arithmetic;
  private final List<FeatureEdit> edits;
  private final long[] fired;

  /** The outcome: features {@code [pos, d_sae]}, and the rows in which one of them changed. */
  record Edited(Tensor features, RowSelection changed) {}

  FeatureEdits(JumpReluSae sae, List<FeatureEdit> edits) {
    this.arithmetic = sae.arithmetic();
    this.edits = List.copyOf(edits);
    this.fired = new long[edits.size()];
    for (FeatureEdit edit : edits) {
      sae.requireFeature(edit.feature());
    }
  }

  /** In how many rows the i-th edit has changed its feature so far. */
  long fired(int i) {
    return fired[i];
  }

  /** The edits that have changed nothing so far. */
  List<FeatureEdit> unfired() {
    return IntStream.range(0, fired.length)
        .filter(i -> fired[i] == 0)
        .mapToObj(edits::get)
        .toList();
  }

  Edited apply(Tensor features) {
    int rows = features.dim(0);
    boolean[] changed = new boolean[rows];
    if (edits.isEmpty()) {
      return new Edited(features, RowSelection.of(changed));
    }
    int width = features.dim(1);
    double[] values = features.toDoubles();
    for (int e = 0; e < edits.size(); e++) {
      FeatureEdit edit = edits.get(e);
      double[] column = new double[rows];
      for (int r = 0; r < rows; r++) {
        column[r] = values[r * width + edit.feature()];
      }
      Tensor edited = edited(edit, arithmetic.tensor(column, rows, 1));
      for (int r = 0; r < rows; r++) {
        if (edited.get(r) != column[r]) {
          values[r * width + edit.feature()] = edited.get(r);
          fired[e]++;
        }
      }
    }
    for (int r = 0; r < rows; r++) {
      for (FeatureEdit edit : edits) {
        int at = r * width + edit.feature();
        changed[r] |= values[at] != features.get(at);
      }
    }
    return new Edited(arithmetic.tensor(values, rows, width), RowSelection.of(changed));
  }

  private Tensor edited(FeatureEdit edit, Tensor column) {
    return switch (edit.kind()) {
      case ABLATE -> constant(column, 0);
      case CLAMP -> constant(column, edit.value());
      case SCALE -> arithmetic.scale(column, edit.value());
      case ADD -> arithmetic.add(column, constant(column, edit.value()));
    };
  }

  private Tensor constant(Tensor like, double value) {
    double[] values = new double[like.size()];
    Arrays.fill(values, value);
    return arithmetic.tensor(values, like.shape());
  }
}
